/** `lwm2m-rx demo`: a server and a device on loopback; the device registers, is observed, and gets new firmware while it goes on working. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import {
  defaultIfEmpty,
  defer,
  filter,
  firstValueFrom,
  map,
  merge,
  mergeMap,
  of,
  race,
  Subscription,
  take,
  tap,
  throwError,
  timer,
  type Observable,
} from 'rxjs'
import type { AccountOptions } from '../client/account-options.ts'
import type { Environment } from '../core/environment.ts'
import { Lwm2mError } from '../core/error.ts'
import { journal, named } from '../core/journal.ts'
import { live } from '../platform/live.ts'
import { lwm2mServer, type Server } from '../server.ts'
import type { RegisteredClient } from '../server/client/client.ts'
import type { Image } from '../server/image/image.ts'
import { bar, octets, type Bar } from './bar.ts'
import { bootstrapping, knowing, madeKey } from './demo-bootstrap.ts'
import { endpoint, thermometerDevice } from './demo-device.ts'
import { witness } from './demo-witness.ts'
import { leave, onSignal } from './exit.ts'
import { imageOfFile, madeImage } from './image.ts'
import { story, type Story } from './story.ts'
import { showValue } from './values.ts'

interface Flags {
  readonly firmware?: string
  readonly size: number
  readonly json?: boolean
  readonly mode: 'pull' | 'push'
  readonly protocol: 'coap' | 'http'
  readonly secure?: boolean
}
const limitMs = 60_000

/** The command. */
export const demoCommand = (): Command =>
  new Command('demo')
    .description('A server and a device on loopback: registration, observation, and a firmware update while they go on')
    .option('--firmware <file>', 'the firmware file; without it one is made')
    .option('--size <MiB>', 'size of the file that is made', mebibytes, 4)
    .option('--mode <mode>', 'pull: the device downloads; push: the server writes', oneOf('pull', 'push'), 'pull')
    .option('--protocol <protocol>', 'how the device downloads: coap or http', oneOf('coap', 'http'), 'coap')
    .option('--secure', 'over DTLS 1.2, with a key that a bootstrap server hands out')
    .option('--json', 'one JSON object a line')
    .action(demo)

const demo = async (flags: Flags): Promise<void> => {
  if (flags.secure === true && flags.mode === 'pull' && flags.protocol === 'http')
    return leave(
      new Lwm2mError('invalid', '--secure and --protocol http: HTTP would not be secured', { hint: 'leave out --protocol http' }),
    )
  const folder = await mkdtemp(join(tmpdir(), 'lwm2m-rx-'))
  const all = new Subscription()
  const clean = () => {
    all.unsubscribe()
    return rm(folder, { recursive: true, force: true })
  }
  onSignal(clean)
  const image =
    flags.firmware === undefined ? madeImage(flags.size << 20) : await imageOfFile(flags.firmware).catch((error: unknown) => leave(error))
  if (image === undefined) {
    await clean()
    return
  }
  const progress = bar('firmware', flags.json !== true && process.stderr.isTTY)
  try {
    const late$ = timer(limitMs).pipe(mergeMap(() => throwError(() => new Lwm2mError('timeout', `not done within ${limitMs / 1000} s`))))
    await firstValueFrom(
      race(
        defer(() => play(flags, image, folder, progress, all)),
        late$,
      ),
    )
    await clean()
    process.stdout.write(flags.json === true ? `${JSON.stringify({ event: 'installed', sha256: image.sha256, endpoint })}\n` : '')
    process.stdout.write(`installed sha256:${image.sha256} on ${endpoint}\n`)
  } catch (error) {
    progress.stop()
    leave(error)
    await clean()
  }
}

/** The whole story; emits once when it has been told. */
const play = (
  flags: Flags,
  image: Image & { readonly sha256: string },
  folder: string,
  progress: Bar,
  all: Subscription,
): Observable<unknown> => {
  const log = story(flags.json === true)
  const turns = journal()
  const psk = flags.secure === true ? madeKey() : undefined
  const env = (node: string): Environment => live({ folder: join(folder, node), journal: named(turns, node) })
  all.add(turns.turn$.subscribe(witness(log)))
  const server = lwm2mServer(env('server'), {
    listen: { address: '127.0.0.1', port: 0 },
    http: { address: '127.0.0.1', port: 0 },
    ...(psk === undefined ? {} : { secure: { listen: { address: '127.0.0.1', port: 0 }, credentials: knowing(psk) } }),
  })
  all.add(
    server.registrations$.subscribe(({ type, registration: { remote, version, lifetimeSeconds } }) =>
      log.say(type, `server: ${endpoint} ${type} from ${remote}, LwM2M ${version}, lifetime ${lifetimeSeconds} s`, {
        remote,
        version,
        lifetimeSeconds,
      }),
    ),
  )
  if (psk !== undefined)
    log.say('secure', 'DTLS 1.2 with a pre-shared key: what server and device say to each other is encrypted and authenticated')
  return (psk === undefined ? server.listening$ : server.listeningSecure$).pipe(
    take(1),
    tap(({ scheme, address, port }) =>
      log.say('listening', `server: ${scheme}://${address}:${port}`, { uri: `${scheme}://${address}:${port}` }),
    ),
    mergeMap(({ scheme, port }) => {
      const uri = `${scheme}://127.0.0.1:${port}`
      return psk === undefined
        ? of<AccountOptions>({ uri, lifetimeSeconds: 600 })
        : bootstrapping(env('bootstrap server'), { uri, psk }, log, all)
    }),
    mergeMap((account) => {
      const { device, run$ } = thermometerDevice(env('device'), account, image, log)
      all.add(inBackground(run$))
      const peer = server.client(endpoint)
      return registered(server, log).pipe(
        mergeMap(() => {
          all.add(watched(peer, log))
          return updated(peer, image, flags, log, progress, () => device.command({ type: 'update' }), server)
        }),
        take(1),
        mergeMap((done) => device.stop().pipe(defaultIfEmpty(done))),
      )
    }),
    take(1),
  )
}

/** What goes on beside the story; its failure is said. */
const inBackground = (work$: Observable<unknown>): Subscription => work$.subscribe({ error: (error: unknown) => leave(error) })

const registered = (server: Server, log: Story): Observable<unknown> =>
  server.client(endpoint).registration$.pipe(
    filter((registration) => registration !== undefined),
    take(1),
    tap(() => log.say('registered-in', `Register -> 2.01 ${(log.elapsedMs() / 1000).toFixed(3)} s after the start`)),
  )

/** The temperature, as the server hears of it. */
const watched = (peer: RegisteredClient, log: Story): Subscription =>
  peer.observe('/3303/0/5700').subscribe({
    next: ({ value }) => log.say('notified', `server: /3303/0/5700 = ${showValue(value)} °C`, { path: '/3303/0/5700', value }),
    error: (error: unknown) => leave(error),
  })

/** The update, and in its midst a Read and an Update. */
const updated = (
  peer: RegisteredClient,
  image: Image,
  { mode, protocol }: Flags,
  log: Story,
  progress: Bar,
  sendUpdate: () => void,
  server: Server,
): Observable<unknown> => {
  let asked = false
  const midst = () => {
    asked = true
    const begun = log.elapsedMs()
    sendUpdate()
    return merge(
      peer.read('/3/0/0').pipe(
        tap(({ value }) =>
          log.say('read', `server: Read /3/0/0 while State is 1: "${showValue(value)}" in ${(log.elapsedMs() - begun).toFixed(1)} ms`, {
            path: '/3/0/0',
            value,
            state: 1,
            latencyMs: log.elapsedMs() - begun,
          }),
        ),
      ),
      server.registrations$.pipe(
        filter(({ type }) => type === 'updated'),
        take(1),
        tap(() =>
          log.say('update', `device: Update while State is 1 -> 2.04 in ${(log.elapsedMs() - begun).toFixed(1)} ms`, {
            state: 1,
            latencyMs: log.elapsedMs() - begun,
          }),
        ),
      ),
    )
  }
  return peer.updateFirmware(image, { mode, protocol }).pipe(
    tap(({ bytes, total }) => progress.set(bytes, total)),
    mergeMap((step) => (step.state === 1 && !asked ? midst().pipe(map(() => step)) : [step])),
    filter(({ phase }) => phase === 'updated'),
    tap(({ result, elapsedMs, bytes }) => {
      progress.stop()
      log.say('updated', `server: firmware updated, result ${result}: ${octets(bytes)} in ${(elapsedMs / 1000).toFixed(2)} s`, {
        result,
        bytes,
        elapsedMs,
      })
    }),
  )
}

const mebibytes = (text: string): number => {
  const value = Number(text)
  if (!(value >= 1 && value <= 1024)) throw new InvalidArgumentError('1 to 1024 is needed.')
  return Math.floor(value)
}
const oneOf =
  (...words: readonly string[]) =>
  (text: string): string => {
    if (!words.includes(text)) throw new InvalidArgumentError(`${words.join(' or ')} is needed.`)
    return text
  }
