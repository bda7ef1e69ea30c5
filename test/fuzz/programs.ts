/** What the long run does with one seed. Each throws when something is wrong. */
import fc from 'fast-check'
import { EMPTY, interval, map, merge, mergeMap, of, retry, timer } from 'rxjs'
import { client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { coapEndpoint } from '../../src/coap.ts'
import type { Response } from '../../src/exchange/exchange.ts'
import { decode } from '../../src/message/decode.ts'
import { encode } from '../../src/message/encode.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { lwm2mServer } from '../../src/server.ts'
import { misfortunes, world } from '../../src/simulation/index.ts'
import { arbitraries } from '../../src/testing/index.ts'
import { faults } from '../simulation/fault-lab/faults.ts'
import { play } from '../simulation/fault-lab/lab.ts'
import { verdict } from '../simulation/fault-lab/verdict.ts'

/** Whatever decodes, encodes to what decodes to the same. */
const codec = (seed: number): void =>
  fc.assert(
    fc.property(arbitraries.mutatedDatagrams, (datagram) => {
      const message = decode(datagram)
      if (message.type === 'malformed') return true
      return JSON.stringify(decode(encode(message))) === JSON.stringify(message)
    }),
    { seed, numRuns: 2_000 },
  )

/** Junk from many remotes ends no endpoint, and it still answers. */
const junk = (seed: number): void => {
  const it = world(seed, { log: false })
  const answer: Response = { code: '2.05', options: [], payload: Uint8Array.of(1) }
  it.node('server', { address: '10.9.9.9' }).start(
    (env) => coapEndpoint(env, { socket: { listen: { port: 5683 } }, handler: () => of(answer) }).up$,
  )
  const datagrams = fc.sample(arbitraries.mutatedDatagrams, { seed, numRuns: 500 })
  let answered = false
  it.node('client').start((env) => {
    const street = env.transports.udp({})
    const sent$ = merge(
      ...datagrams.map(({ bytes }, n) =>
        timer(n * 10, env.scheduler).pipe(map(() => ({ type: 'datagram' as const, remote: 'coap://10.9.9.9:5683', bytes }))),
      ),
    )
    return sent$.pipe(street)
  })
  it.node('asker').start((env) =>
    timer(6_000, env.scheduler).pipe(
      mergeMap(() =>
        coapEndpoint(env).ask({
          remote: 'coap://10.9.9.9:5683',
          code: '0.01',
          options: [],
          payload: new Uint8Array(0),
          confirmable: true,
          purpose: 'request',
        }),
      ),
      map(({ code }) => (answered = code === '2.05')),
    ),
  )
  it.run(120_000)
  if (!answered) throw new Error('the server does not answer any more')
}

/** Devices and a server in a bad world: registered and heard in the end. */
const fleet = (seed: number): void => {
  const it = world(seed, { log: false, faults: { loss: 0.2, duplication: 0.1, reorder: 0.1, minMs: 20, maxMs: 800 } })
  const heard = new Map<string, number>()
  const server = it.node('server', { address: '10.9.9.9' })
  server.start((env) => {
    const at = { address: '10.9.9.9', port: 5683 }
    const made = lwm2mServer(env, { listen: at, tcp: at })
    return made.client$.pipe(
      mergeMap((one) =>
        one.observe('/3303/0/5700').pipe(
          retry({ delay: () => timer(30_000, env.scheduler) }),
          map(() => heard.set(one.endpointClientName, it.now())),
        ),
      ),
    )
  })
  const names = ['a', 'b', 'c', 'd']
  const devices = names.map((name, n) => {
    const node = it.node(name, n % 2 === 0 ? {} : { nat: { timeoutMs: 60_000 } })
    node.start(
      (env) =>
        client(env, {
          endpointClientName: name,
          servers: {
            uri: n < 2 ? 'coap://server' : 'coap+tcp://server',
            lifetimeSeconds: 300,
            retryTimerSeconds: 20,
            sequenceCount: 100,
            sequenceDelaySeconds: 60,
          },
          objects: [
            deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }),
            instances(temperature, { 0: { 5700: interval(60_000, env.scheduler) } }),
          ],
        }).run$,
    )
    return node
  })
  misfortunes(it, [...devices, server], { untilMs: 3_600_000, crashesPerHour: 4, partitionsPerHour: 5, rebindsPerHour: 8 })
  it.at(3_600_000, () => it.network.faults({ minMs: 20, maxMs: 60 }))
  it.run(7_200_000)
  for (const name of names)
    if ((heard.get(name) ?? 0) < 7_200_000 - 180_000) throw new Error(`nothing was heard of ${name} since ${heard.get(name) ?? 'ever'}`)
}

/** Every kind of fault of the fault lab, every way. */
const faultLab = (seed: number): void => {
  for (const fault of faults)
    for (const way of fault.ways) {
      const wrong = verdict(fault, way, play(fault, way, seed))
      if (wrong !== undefined) throw new Error(`${fault.name}, ${way}: ${wrong}`)
    }
}

export const programs: Readonly<Record<string, (seed: number) => void>> = { codec, junk, fleet, faultLab }
