/** Commands for a device that sleeps. */
import { catchError, concatMap, EMPTY, map, merge, tap, timer } from 'rxjs'
import { client, deviceObject, lwm2mServer, Lwm2mError } from '../../src/index.ts'
import { world } from '../../src/simulation/index.ts'

const made = world(4)
const say = (what: string) => console.log(`${Math.round(made.now() / 1000)} s: ${what}`)

made.node('server').start((env) => {
  const server = lwm2mServer(env)
  const meter = server.client('meter')
  // Each is an Observable with an outcome of its own, whenever it is sent. Unsubscribing takes it out of the queue.
  const reads$ = merge(
    meter.read('/3/0/0').pipe(map(({ value }) => `maker: ${value}`)),
    meter.read('/3/0/1').pipe(map(({ value }) => `model: ${value}`)),
    // This one is worth nothing in ten minutes.
    server
      .client('meter', { expiryMs: 600_000 })
      .read('/3/0/3')
      .pipe(
        map(({ value }) => `version: ${value}`),
        catchError((error: unknown) => [error instanceof Lwm2mError ? error.code : String(error)]),
      ),
  )
  const awake$ = meter.awake$.pipe(map((awake) => (awake ? 'it listens' : 'it sleeps')))
  return merge(awake$, timer(1_000_000, env.scheduler).pipe(concatMap(() => reads$))).pipe(tap(say))
})

made.node('meter').start((env) => {
  const objects = [deviceObject({ manufacturer: 'Acme', modelNumber: 'M-1', firmwareVersion: '1.0', reboot: () => EMPTY })]
  return client(env, {
    endpointClientName: 'meter',
    servers: { uri: 'coap://server', lifetimeSeconds: 3_600 },
    queueMode: true,
    objects,
  }).run$
})

made.run(4_000_000)
