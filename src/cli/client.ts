/** `lwm2m-rx client`: a simulated thermometer that registers with any server and shows what becomes of it. */
import { Command, InvalidArgumentError } from 'commander'
import { EMPTY, filter, ignoreElements, lastValueFrom, merge, of, share, take, tap, type Observable } from 'rxjs'
import { client, type Client } from '../client.ts'
import { deviceObject, instances } from '../client/objects.ts'
import { sentenceOf } from '../client/notice.ts'
import type { Notice } from '../client/word.ts'
import { Lwm2mError } from '../core/error.ts'
import { storedIn } from '../firmware/image.ts'
import { firmware } from '../firmware/pipeline.ts'
import type { Node } from '../model/node.ts'
import { temperature } from '../objects/temperature.ts'
import { files } from '../platform/files.ts'
import { live } from '../platform/live.ts'
import { octets } from './bar.ts'
import { leave, onSignal } from './exit.ts'
import { provisionedBy } from './provision.ts'
import { checkKeyFor, pskOf, withPsk, type PskFlags } from './psk.ts'
import { thermometer } from './sensor.ts'
import { story, type Story } from './story.ts'
import { tracedAll } from './trace.ts'

interface Flags extends PskFlags {
  readonly server: readonly string[]
  readonly endpoint: string
  readonly lifetime: number
  readonly bootstrap?: boolean
  readonly queueMode?: boolean
  readonly provision?: string
  readonly store?: string
  readonly folder: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** The command. */
export const clientCommand = (): Command =>
  withPsk(
    new Command('client')
      .description('A device with a simulated thermometer (3303), Device (3) and Firmware Update (5): registers with any LwM2M server')
      .option('-s, --server <uri...>', 'coap://HOST[:PORT], coaps://… or coap+tcp://…, one or more; not needed with --provision', [])
      .requiredOption('-e, --endpoint <name>', 'endpoint client name')
      .option('-b, --bootstrap', 'the server is a bootstrap server: it says whom to register with'),
    'our',
  )
    .option('-l, --lifetime <seconds>', 'lifetime of the registration; 0 is for ever', seconds, 300)
    .option('-q, --queue-mode', 'the device sleeps when nothing is said, and the server keeps what it wants until it wakes')
    .option('--provision <file>', 'factory bootstrap: the Object Instances in this file (SenML JSON) take the place of what is there')
    .option('--store <folder>', 'registration, what servers changed, observations and keys survive in this folder; begun again, it goes on')
    .option('--folder <folder>', 'where firmware is stored', 'lwm2m-rx')
    .option('--json', 'one JSON object a line')
    .option('-v, --verbose', 'print every message')
    .action(run)

const run = async ({
  server,
  endpoint,
  lifetime,
  bootstrap = false,
  queueMode = false,
  folder,
  json,
  verbose,
  ...flags
}: Flags): Promise<void> => {
  const plain = live({ folder })
  const env = verbose === true ? { ...plain, transports: tracedAll(plain.transports) } : plain
  const log = story(json === true)
  try {
    const psk = pskOf(flags)
    if (server.length === 0 && flags.provision === undefined)
      throw new Lwm2mError('invalid', 'nobody to register with', { hint: '--server URI, or --provision FILE' })
    const nodes = flags.provision === undefined ? undefined : provisionedBy(flags.provision)
    for (const uri of server) checkKeyFor(uri, psk)
    const device = client(env, {
      endpointClientName: endpoint,
      servers: server.map((uri) => ({
        uri,
        ...(bootstrap ? { bootstrap } : { lifetimeSeconds: lifetime }),
        ...(psk !== undefined && uri.startsWith('coaps:') ? { psk } : {}),
      })),
      queueMode,
      ...(flags.store === undefined ? {} : { persist: { storage: files(flags.store) } }),
      objects: [
        deviceObject({
          manufacturer: 'lwm2m-rx',
          modelNumber: 'simulated',
          serialNumber: endpoint,
          firmwareVersion: '1.0',
          reboot: () => EMPTY,
        }),
        instances(temperature, { 0: { 5700: thermometer(env.scheduler), 5701: 'Cel' } }),
        firmware({
          store: storedIn(env.storage),
          install: ({ size, sha256 }) => {
            log.say('installed', `firmware of ${octets(size)} installed, sha256:${sha256}`, { bytes: size, sha256 })
            return EMPTY
          },
          reset: () => env.storage.remove('firmware'),
        }),
      ],
    })
    onSignal(() => lastValueFrom(device.stop(), { defaultValue: undefined }))
    const notice$ = device.notice$.pipe(
      tap((notice) => tell(log, notice, { now: env.scheduler.now(), wall: env.wall() })),
      share(),
    )
    await lastValueFrom(merge(notice$, provisioned(device, notice$, nodes, flags.store !== undefined)), { defaultValue: undefined })
  } catch (error) {
    leave(error)
  }
}

/** Provisions a device that has nothing in its store: what a store holds was provisioned already, or came later. */
const provisioned = (
  device: Client,
  notice$: Observable<Notice>,
  nodes: readonly Node[] | undefined,
  hasStore: boolean,
): Observable<never> => {
  if (nodes === undefined) return EMPTY
  const loaded$ = notice$.pipe(
    filter((notice) => notice.type === 'store'),
    filter(({ what }) => what === 'restored' || what === 'reconfigured' || what === 'empty'),
    take(1),
    filter(({ what }) => what !== 'restored'),
  )
  const nothing$: Observable<unknown> = hasStore ? loaded$ : of(undefined)
  return nothing$.pipe(
    tap(() => device.command({ type: 'provision', nodes })),
    ignoreElements(),
  )
}

const tell = (log: Story, notice: Notice, clock: { readonly now: number; readonly wall: number }): void => {
  switch (notice.type) {
    case 'account': {
      const { account, state, reason, detail, location, next } = notice
      return log.say('state', sentenceOf(notice, clock), {
        account,
        state,
        reason,
        detail,
        location,
        ...(next === undefined ? {} : { next: { action: next.action, inMs: next.dueAt - clock.now } }),
      })
    }
    case 'command-refused': {
      const { command, account, reason, detail = '' } = notice
      return log.say('command-refused', `${command} refused: ${reason}${detail === '' ? '' : `, ${detail}`}`, {
        command,
        ...(account === undefined ? {} : { account }),
        reason,
        detail,
      })
    }
    case 'store': {
      const { what, detail } = notice
      return log.say('store', `store: ${what}${detail === '' ? '' : ` (${detail})`}`, { what, detail })
    }
    case 'operation': {
      const { account, operation, path, code } = notice
      return log.say('operation', `account ${account}: ${operation} ${path} -> ${code}`, { account, operation, path, code })
    }
    case 'refused':
      return log.say('refused', `own change of ${notice.path} refused: ${notice.refusal.refused}`, {
        path: notice.path,
        refused: notice.refusal.refused,
      })
    case 'fault':
      return log.say('fault', `${notice.path}: ${String(notice.error)}`, { path: notice.path, error: String(notice.error) })
    case 'stopped':
      return log.say('stopped', 'stopped')
  }
}

const seconds = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number of seconds is needed.')
  return Number(text)
}
