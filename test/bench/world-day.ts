/** A virtual day of 1,000 clients and a server: lifetime 600 s, a notification every 300 s, 1 % loss; and the least that its messages can cost. */
import { generate, parse } from 'coap-packet'
import { EMPTY, interval, map, merge, mergeMap, retry, startWith, tap, timer } from 'rxjs'
import { client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { lwm2mServer } from '../../src/server.ts'
import { world } from '../../src/simulation/index.ts'

/** What a day came to. */
export interface Day {
  readonly seconds: number
  readonly exchanges: number
  readonly registered: number
}

export const worldDay = (clients = 1_000, hours = 24, seed = 1): Day => {
  const begun = performance.now()
  const it = world(seed, { log: false, faults: { loss: 0.01, minMs: 10, maxMs: 100 } })
  let notifications = 0
  let updates = 0
  const registered = new Set<string>()
  const server = it.node('server')
  server.start((env) => {
    const made = lwm2mServer(env, { listen: { port: 5683 } })
    return made.registrations$.pipe(
      tap(({ type }) => type === 'updated' && updates++),
      mergeMap(({ type, registration: { endpointClientName: name } }) => {
        if (type !== 'registered' || registered.has(name)) return EMPTY
        registered.add(name)
        return made
          .client(name)
          .observe('/3303/0/5700')
          .pipe(
            retry({ delay: () => timer(10_000, env.scheduler) }),
            tap(() => notifications++),
          )
      }),
    )
  })
  for (let i = 0; i < clients; i++)
    it.node(`client-${i}`).start((env) =>
      timer(i * 100, env.scheduler).pipe(
        mergeMap(() => {
          const celsius$ = interval(300_000, env.scheduler).pipe(
            startWith(0),
            map((n) => 20 + ((n * 7 + i) % 50) / 10),
          )
          const device = client(env, {
            endpointClientName: `client-${i}`,
            servers: { uri: 'coap://server:5683', lifetimeSeconds: 600 },
            objects: [deviceObject({ manufacturer: 'simulated', reboot: () => EMPTY }), instances(temperature, { 0: { 5700: celsius$ } })],
          })
          return merge(device.notice$)
        }),
      ),
    )
  it.run(hours * 3_600_000)
  return {
    seconds: (performance.now() - begun) / 1000,
    exchanges: notifications + updates + 2 * registered.size,
    registered: registered.size,
  }
}

/** Seconds for coap-packet alone to write and read as many requests and answers. */
export const bareDay = (exchanges: number): number => {
  const begun = performance.now()
  const token = Buffer.alloc(8)
  for (let i = 0; i < exchanges; i++) {
    const { messageId } = parse(
      generate({
        code: '2.05',
        confirmable: true,
        messageId: i & 0xffff,
        token,
        options: [{ name: 'Observe', value: Buffer.of(i & 255) }],
        payload: Buffer.from('21.5'),
      }),
    )
    parse(generate({ code: '0.00', ack: true, messageId }))
  }
  return (performance.now() - begun) / 1000
}
