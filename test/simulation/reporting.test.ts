/** A client reports to our server, in a world: bodies in blocks, several paths, what was stored, and Sends (LwM2M Core 1.2.2 §6.4). */
import { concatMap, EMPTY, filter, from, interval, map, merge, Observable, of, startWith, Subject, take, tap, timer } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { client, type Client, type ClientOptions } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { samples } from '../../src/client/samples/pipeline.ts'
import type { Environment } from '../../src/core/environment.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Node } from '../../src/model/node.ts'
import { formatPath } from '../../src/model/path.ts'
import { defineObject } from '../../src/model/definition.ts'
import type { Value } from '../../src/model/value.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { formatText } from '../../src/format/text.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { lwm2mServer, type RegisteredClient } from '../../src/server.ts'
import { world } from '../../src/simulation/world.ts'

const log = defineObject({
  id: 3300,
  name: 'Log',
  version: '1.0',
  multiple: false,
  mandatory: false,
  resources: { 1: { name: 'Lines', operations: 'R', multiple: true, mandatory: false, type: 'string' } },
})

const shown = (value: Value) => formatText(value)!

interface Scene {
  readonly server: (server: RegisteredClient) => Observable<unknown>
  readonly device: (device: Client, env: Environment) => Observable<unknown>
  readonly objects?: ClientOptions['objects']
  readonly secured?: boolean
  readonly untilMs?: number
}
const identity = 'device'
const key = new Secret(new TextEncoder().encode('sixteen octets!!'))
/** Secured, a server knows its client wherever it comes from. */
const play = ({ server: use, device: act, objects = [], secured = false, untilMs = 120_000 }: Scene): void => {
  const made = world(7, { crypto })
  made.node('server', { address: '10.0.0.99' }).start((env) => {
    const listen = { address: '10.0.0.99', port: 5683 }
    const secure = { listen: { address: '10.0.0.99', port: 5684 }, credentials: { find: () => of({ key, endpointClientName: 'device' }) } }
    const server = lwm2mServer(env, secured ? { listen, secure } : { listen })
    const found = server.client('device')
    const registered$ = found.registration$.pipe(
      filter((registration) => registration !== undefined),
      take(1),
      concatMap(() => use(found)),
    )
    return merge(server.registrations$, registered$)
  })
  made.node('device').start((env) => {
    const device = client(env, {
      endpointClientName: 'device',
      servers: secured ? { uri: 'coaps://10.0.0.99:5684', psk: { identity, key } } : 'coap://server',
      objects: [deviceObject({ reboot: () => EMPTY }), ...objects],
    })
    return merge(device.run$, act(device, env))
  })
  made.run(untilMs)
}
const at = (seconds: number, work: () => void) => (env: Environment) => timer(seconds * 1000, env.scheduler).pipe(tap(work))

describe('a server that observes', () => {
  test('gets notifications larger than a block whole, one after the other [RFC 7959 §2.6]', () => {
    const lines$ = new Subject<Readonly<Record<number, string>>>()
    const page = (name: string) => Object.fromEntries(Array.from({ length: 60 }, (_, i) => [i, `${name} ${i} ${'x'.repeat(60)}`]))
    const seen: string[] = []
    play({
      objects: [instances(log, { 0: { 1: lines$.pipe(startWith(page('first'))) } })],
      server: (found) =>
        found.observe('/3300/0/1').pipe(tap(({ nodes }) => seen.push(`${nodes.length} ${shown(nodes[0]!.value).slice(0, 5)}`))),
      device: (_, env) => merge(...[1, 30, 60].map((second, i) => at(second, () => lines$.next(page(`page${i}`)))(env))),
    })
    expect(seen).toEqual(['60 first', '60 page0', '60 page1', '60 page2'])
  })
  test('several paths at once hears of all of them, and of what comes to be [LwM2M Core §6.4.4]', () => {
    const seen: string[] = []
    const celsius$ = new Subject<number>()
    play({
      objects: [instances(temperature, { 0: { 5700: celsius$, 5701: 'Cel' } })],
      server: (found) =>
        found
          .observeComposite(['/3303/0/5700', '/3303/0/5701', '/9/9/9'])
          .pipe(tap(({ nodes }) => seen.push(nodes.map(({ path, value }) => `${formatPath(path)}=${shown(value)}`).join(' ')))),
      device: (_, env) => merge(at(5, () => celsius$.next(20))(env), at(15, () => celsius$.next(21))(env)),
    })
    expect(seen).toEqual(['/3303/0/5701=Cel', '/3303/0/5700=20 /3303/0/5701=Cel', '/3303/0/5700=21 /3303/0/5701=Cel'])
  })
  test.each([
    ['that knows its client by its keys', true, ['20', '21@20 22@30 22', '23']],
    // It comes from another port: the server observes anew, and rejects what is about the old observation.
    ['that knows its client by its address', false, ['20', '22', '21@20 22@30 22', '23']],
  ])('%s hears afterwards what happened while the network was away, with its times [LwM2M Core §E.2]', (_, secured, heard) => {
    const seen: string[] = []
    const celsius$ = new Subject<number>()
    const timeOf = ({ value, time }: Node) => `${shown(value)}${time === undefined ? '' : `@${time - 1_893_456_000}`}`
    play({
      secured,
      objects: [instances(temperature, { 0: { 5700: celsius$.pipe(startWith(20)) } })],
      server: (found) =>
        found
          .observe('/3303/0/5700', { accept: 112 })
          .pipe(tap(({ value, samples: past }) => seen.push([...past.map(timeOf), shown(value)].join(' ')))),
      device: (device, env) =>
        merge(
          at(10, () => device.command({ type: 'offline' }))(env),
          at(20, () => celsius$.next(21))(env),
          at(30, () => celsius$.next(22))(env),
          at(40, () => device.command({ type: 'online' }))(env),
          at(60, () => celsius$.next(23))(env),
        ),
    })
    expect(seen).toEqual(heard)
  })
})

describe('a server that is sent to', () => {
  test('hears values with their times, collected by the minute [LwM2M Core §6.4.6]', () => {
    const heard: string[] = []
    const results: string[] = []
    play({
      objects: [instances(temperature, { 0: { 5700: 20 } })],
      server: (found) =>
        found.send$.pipe(
          tap(({ nodes }) => heard.push(nodes.map(({ value, time }) => `${shown(value)}@${(time ?? 0) - 1_893_456_000}`).join(' '))),
        ),
      device: (device, env) =>
        interval(20_000, env.scheduler).pipe(
          take(6),
          map((turn) => 20 + turn),
          samples('/3303/0/5700', { seconds: 60 }, env),
          concatMap((nodes) => device.send(nodes)),
          tap(({ result }) => results.push(result)),
        ),
      untilMs: 140_000,
    })
    expect(heard).toEqual(['20@20 21@40', '22@60 23@80 24@100', '25@120'])
    expect(results).toEqual(['sent', 'sent', 'sent'])
  })
  test('of an account that is not there: the application is told, and the Observable ends', () => {
    const results: string[] = []
    play({
      server: () => of(),
      device: (device, env) =>
        timer(1_000, env.scheduler).pipe(
          concatMap(() => merge(device.send('/3/0/16', { account: 9 }), from(device.send(['/3/0/16'])))),
          tap({ next: ({ result }) => results.push(result), complete: () => results.push('over') }),
        ),
    })
    expect(results).toEqual(['no-account', 'sent', 'over'])
  })
})
