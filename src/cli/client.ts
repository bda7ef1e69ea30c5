/** `lwm2m-rx client`: a simulated thermometer that registers with any server and shows what becomes of it. */
import { Command, InvalidArgumentError } from 'commander'
import { EMPTY, lastValueFrom, tap } from 'rxjs'
import { client } from '../client.ts'
import { deviceObject, instances } from '../client/objects.ts'
import type { Notice } from '../client/word.ts'
import { storedIn } from '../firmware/image.ts'
import { firmware } from '../firmware/pipeline.ts'
import { temperature } from '../objects/temperature.ts'
import { live } from '../platform/live.ts'
import { octets } from './bar.ts'
import { leave, onSignal } from './exit.ts'
import { checkKeyFor, pskOf, withPsk, type PskFlags } from './psk.ts'
import { thermometer } from './sensor.ts'
import { story, type Story } from './story.ts'
import { tracedAll } from './trace.ts'

interface Flags extends PskFlags {
  readonly server: readonly string[]
  readonly endpoint: string
  readonly lifetime: number
  readonly bootstrap?: boolean
  readonly folder: string
  readonly json?: boolean
  readonly verbose?: boolean
}

/** The command. */
export const clientCommand = (): Command =>
  withPsk(
    new Command('client')
      .description('A device with a simulated thermometer (3303), Device (3) and Firmware Update (5): registers with any LwM2M server')
      .requiredOption('-s, --server <uri...>', 'coap://HOST[:PORT], coaps://… or coap+tcp://…, one or more')
      .requiredOption('-e, --endpoint <name>', 'endpoint client name')
      .option('-b, --bootstrap', 'the server is a bootstrap server: it says whom to register with'),
    'our',
  )
    .option('-l, --lifetime <seconds>', 'lifetime of the registration; 0 is for ever', seconds, 300)
    .option('--folder <folder>', 'where firmware is stored', 'lwm2m-rx')
    .option('--json', 'one JSON object a line')
    .option('-v, --verbose', 'print every message')
    .action(run)

const run = async ({ server, endpoint, lifetime, bootstrap = false, folder, json, verbose, ...flags }: Flags): Promise<void> => {
  const plain = live({ folder })
  const env = verbose === true ? { ...plain, transports: tracedAll(plain.transports) } : plain
  const log = story(json === true)
  try {
    const psk = pskOf(flags)
    for (const uri of server) checkKeyFor(uri, psk)
    const device = client(env, {
      endpointClientName: endpoint,
      servers: server.map((uri) => ({
        uri,
        ...(bootstrap ? { bootstrap } : { lifetimeSeconds: lifetime }),
        ...(psk !== undefined && uri.startsWith('coaps:') ? { psk } : {}),
      })),
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
    await lastValueFrom(device.notice$.pipe(tap((notice) => tell(log, notice, env.scheduler.now()))), { defaultValue: undefined })
  } catch (error) {
    leave(error)
  }
}

const tell = (log: Story, notice: Notice, now: number): void => {
  switch (notice.type) {
    case 'account': {
      const { account, state, reason, detail, location, next } = notice
      const plan = next === undefined ? '' : `; next: ${next.action} in ${((next.dueAt - now) / 1000).toFixed(0)} s`
      return log.say(
        'state',
        `account ${account}: ${state} (${reason}${detail === '' ? '' : ` ${detail}`})${location === '' ? '' : ` /${location}`}${plan}`,
        {
          account,
          state,
          reason,
          detail,
          location,
          ...(next === undefined ? {} : { next: { action: next.action, inMs: next.dueAt - now } }),
        },
      )
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
