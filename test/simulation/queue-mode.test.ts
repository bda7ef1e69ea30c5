/** A client that sleeps, in a world: what it is asked meanwhile waits for it (LwM2M Transport 1.2.2 §6.5; ETS int-108, int-109). */
import {
  catchError,
  concatMap,
  EMPTY,
  filter,
  firstValueFrom,
  map,
  merge,
  mergeMap,
  Observable,
  of,
  take,
  tap,
  timer,
  type Subscription,
} from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { Lwm2mError } from '../../src/core/error.ts'
import type { Environment } from '../../src/core/environment.ts'
import { lwm2mServer, type RegisteredClient, type Server, type ServerOptions } from '../../src/server.ts'
import { world, type World } from '../../src/simulation/world.ts'
import { handmadeDevice, type HandmadeDevice } from '../contracts/server-device.ts'

interface Run {
  readonly log: string[]
  device: HandmadeDevice | undefined
  server: Server | undefined
  env: Environment | undefined
}
/** A server, and a device that registers in queue mode and hears nothing while `sleeping`. */
const play = (
  made: World,
  use: (client: RegisteredClient, log: (line: string) => void, server: Server) => Observable<unknown>,
  query = 'lt=86400&lwm2m=1.1&b=U&Q',
  options: ServerOptions = {},
): Run => {
  const run: Run = { log: [], device: undefined, server: undefined, env: undefined }
  made.node('server', { address: '10.0.0.99' }).start((env) => {
    const server = lwm2mServer(env, { listen: { address: '10.0.0.99', port: 5683 }, ...options })
    run.server = server
    run.env = env
    const log = (line: string) => run.log.push(`${env.scheduler.now() / 1_000} ${line}`)
    const client = server.client('device')
    const awake$ = client.awake$.pipe(tap((awake) => log(awake ? 'awake' : 'asleep')))
    const registered$ = client.registration$.pipe(
      filter((registration) => registration !== undefined),
      take(1),
      mergeMap(() => use(client, log, server)),
    )
    return merge(awake$, registered$)
  })
  made.node('device').start(
    (env) =>
      new Observable((observer) => {
        run.device = handmadeDevice(env, 'coap://server', 'device', { '/3/0/0': 'maker', '/3/0/1': 'model' })
        observer.add(() => run.device!.stop())
        run.device.register(query).catch((error: unknown) => observer.error(error))
      }),
  )
  return run
}
const update = (run: Run) => {
  const [{ location }] = registrationsOf(run) as [{ location: string }]
  return run.device!.post(`/rd/${location}`)
}
const registrationsOf = ({ server }: Run) => {
  let seen: readonly { readonly location: string }[] = []
  const subscription: Subscription = server!.registered$.subscribe((now) => (seen = now))
  subscription.unsubscribe()
  return seen
}
const asks = (run: Run): readonly string[] =>
  run.device!.requests.map(({ options }) => options.map(({ value }) => new TextDecoder().decode(value)).join('/'))

describe('a client in queue mode', () => {
  test('is asked nothing once it sleeps, and everything, one after the other, when it updates [LwM2M Transport §6.5]', async () => {
    const made = world(1)
    const run = play(made, (client, log, { client: of }) =>
      timer(600_000, made.scheduler).pipe(
        concatMap(() =>
          merge(
            client.read('/3/0/0').pipe(tap(({ value }) => log(`read ${value}`))),
            client.read('/3/0/1').pipe(tap(({ value }) => log(`read ${value}`))),
            of('device', { expiryMs: 60_000 })
              .read('/3/0/0')
              .pipe(catchError((error: unknown) => (log((error as Lwm2mError).code), EMPTY))),
          ),
        ),
      ),
    )
    made.at(7_200_000, () => void update(run))
    await made.settle(7_199_999)
    expect(asks(run)).toEqual([])
    await made.settle(7_300_000)
    expect(asks(run)).toEqual(['3/0/0', '3/0/1'])
    expect(run.log).toEqual([
      '0 asleep',
      '0 awake',
      '93 asleep',
      '660 expired',
      '7200 awake',
      '7200 read maker',
      '7200 read model',
      '7293 asleep',
    ])
  })

  test('is asked at once while it is awake, and a message of any kind keeps it so', async () => {
    const made = world(2)
    const run = play(made, (client, log) =>
      timer(90_000, made.scheduler).pipe(
        concatMap(() => client.read('/3/0/0')),
        tap(({ value }) => log(`read ${value}`)),
      ),
    )
    await made.settle(300_000)
    expect(run.log).toEqual(['0 asleep', '0 awake', '90 read maker', '183 asleep'])
  })

  test('is awake by its notifications: what waits goes out behind one', async () => {
    const made = world(3)
    const run = play(made, (client, log) =>
      merge(
        client.observe('/3/0/0').pipe(tap(({ value }) => log(`notified ${value}`))),
        timer(600_000, made.scheduler).pipe(
          concatMap(() => client.read('/3/0/1')),
          tap(({ value }) => log(`read ${value}`)),
        ),
      ),
    )
    made.at(3_600_000, () => run.device!.resources.get('/3/0/0')!.next('maker, later'))
    await made.settle(3_700_000)
    expect(run.log.slice(2)).toEqual([
      '0 notified maker',
      '93 asleep',
      '3600 notified maker, later',
      '3600 awake',
      '3600 read model',
      '3693 asleep',
    ])
  })

  test('that de-registers has what waits fail with aborted', async () => {
    const made = world(4)
    const run = play(
      made,
      (client, log) =>
        timer(600_000, made.scheduler).pipe(
          concatMap(() => client.read('/3/0/0')),
          map(({ value }) => value),
          tap({ error: (error: unknown) => log((error as Lwm2mError).code) }),
        ),
      'lt=1000&lwm2m=1.1&b=U&Q',
    )
    await expect(made.settle(2_000_000)).rejects.toThrow(/not registered any more/)
    expect(run.log).toEqual(['0 asleep', '0 awake', '93 asleep', '1000 aborted', '1000 asleep'].slice(0, run.log.length))
  })

  test.each(['lt=86400&lwm2m=1.0&b=UQ', 'lt=86400&lwm2m=1.2&b=U&Q'])(
    'says so in its own version: %s [LwM2M Core §6.2.1]',
    async (query) => {
      const made = world(5)
      const run = play(made, () => of(), query)
      await made.settle(100_000)
      expect(run.log).toEqual(['0 asleep', '0 awake', '93 asleep'])
    },
  )

  test('never has more than one thing to answer, whatever is asked when, and nothing is lost', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const made = world(seed, { faults: { loss: 0.1, duplication: 0.1, minMs: 10, maxMs: 900 } })
      let [outstanding, most, answered] = [0, 0, 0]
      const run = play(made, (client) =>
        merge(
          ...Array.from({ length: 12 }, (_, index) =>
            timer(200_000 + ((index * 7_919 * seed) % 30) * 100, made.scheduler).pipe(
              concatMap(() => client.read(index % 2 === 0 ? '/3/0/0' : '/3/0/1')),
              tap(() => answered++),
            ),
          ),
        ),
      )
      made.turn$.subscribe(({ machine, effects, event, node }) => {
        if (node !== 'server' || machine !== 'queues') return
        const words = effects as readonly { readonly type: string }[]
        if ((event as { type: string }).type === 'settled') outstanding--
        outstanding += words.filter(({ type }) => type === 'release').length
        most = Math.max(most, outstanding)
      })
      made.at(400_000, () => void firstValueFrom(of(0)).then(() => update(run)))
      await made.settle(1_500_000)
      expect({ seed, answered, most }).toEqual({ seed, answered: 12, most: 1 })
    }
  })
})
