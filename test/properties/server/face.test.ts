/** The server's face against a device: composites, what it sends, its alternate path, the versions of its Objects (LwM2M Core §6.3, §6.4). */
import { concatMap, Subject, take, tap } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { client } from '../../../src/client.ts'
import { instances } from '../../../src/client/objects.ts'
import type { PathString } from '../../../src/model/path.ts'
import { temperature } from '../../../src/objects/temperature.ts'
import { lwm2mServer } from '../../../src/server.ts'
import type { CompositeReading } from '../../../src/server/client/client.ts'
import type { SentValues } from '../../../src/server/reporting/sent.ts'
import { world } from '../../../src/simulation/index.ts'
import { c1Device, rig, type RigOptions } from '../../conformance/rig.ts'

const celsius$ = () => new Subject<number>()
const thermometer = (options: RigOptions = {}, value$ = celsius$()) => {
  const it = rig({ objects: [c1Device(), instances(temperature, { 0: { 5700: value$ } })], ...options })
  value$.next(20.5)
  it.pass(1)
  return { it, value$ }
}
const places = ['/3/0/0', '/3303/0/5700', '/3303/7/5700'] as const
const celsiusIn = ({ values }: CompositeReading<(typeof places)[number]>): number | undefined =>
  Object.entries(values).find(([place]) => place === places[1])?.[1] as number | undefined

describe('composites', () => {
  test('a Read-Composite gives each place that is there by its path, and leaves the others out [LwM2M Core §6.3.8]', () => {
    const { values, request } = thermometer().it.do((device) => device.readComposite(places))
    expect(values[0]!.values).toEqual({ '/3/0/0': 'Open Mobile Alliance', '/3303/0/5700': 20.5 })
    expect(request).toMatchObject({ path: '/', contentFormat: 112, message: { code: '0.05' } })
  })

  test('a Write-Composite is done whole or not at all [LwM2M Core §6.3.9]', () => {
    const { it } = thermometer()
    expect(it.do((device) => device.writeComposite({ '/1/0/2': 7, '/1/0/3': 9 })).response?.message.code).toBe('2.04')
    expect(it.do((device) => device.writeComposite({ '/1/0/2': 8, '/3303/7/5700': 1 })).code).toBe('4.04')
    expect(it.do((device) => device.readComposite(['/1/0/2', '/1/0/3'])).values[0]!.values).toEqual({ '/1/0/2': 7, '/1/0/3': 9 })
  })

  test('an Observe-Composite notifies all its places, and is cancelled when nobody listens any more [LwM2M Core §6.4.4, §6.4.5]', () => {
    const { it, value$ } = thermometer()
    const seen = it.watch((device) => device.observeComposite(places))
    it.pass(1)
    value$.next(21.5)
    it.pass(1)
    expect(seen.values.map(({ value }) => [celsiusIn(value), value.nodes.length])).toEqual([
      [20.5, 2],
      [21.5, 2],
    ])
    seen.stop()
    it.pass(1)
    expect(it.wire.filter(({ way, observe }) => way === 'out' && observe === 1)).toMatchObject([{ message: { code: '0.05' } }])
    const before = it.wire.length
    value$.next(22.5)
    it.pass(5)
    expect(it.wire.slice(before)).toEqual([])
  })

  test('an Observe-Composite is made anew when the device registers anew [LwM2M Core §6.4.1]', () => {
    const { it, value$ } = thermometer()
    const seen = it.watch((device) => device.observeComposite(places))
    it.pass(1)
    it.client.command({ type: 'register' })
    it.pass(2)
    value$.next(30)
    it.pass(1)
    expect(it.registers()).toHaveLength(2)
    expect(celsiusIn(seen.values.at(-1)!.value)).toBe(30)
  })
})

describe('composites of more places than fit into a message', () => {
  const many = Array.from({ length: 150 }, (_, instance): PathString => `/3303/${instance}/5700`)
  const full = () => {
    const value$ = celsius$()
    const rows = Object.fromEntries(many.map((_, instance) => [instance, { 5700: value$ }]))
    return thermometer({ objects: [c1Device(), instances(temperature, rows)] }, value$)
  }
  test('are asked for in blocks and answered in blocks [RFC 7959 §3.3, RFC 8132 §2]', () => {
    const { error, values } = full().it.do((device) => device.readComposite(many), 20_000)
    expect(error).toBeUndefined()
    expect(values[0]!.nodes).toHaveLength(150)
  })
  test('are observed: each notification comes whole, and unsubscribing ends it [RFC 7959 §2.6, RFC 7641 §3.1]', () => {
    const { it, value$ } = full()
    const seen = it.watch((device) => device.observeComposite(many))
    it.pass(20)
    value$.next(21)
    it.pass(20)
    expect(seen.errors).toEqual([])
    expect(seen.values.map(({ value }) => [value.nodes.length, value.nodes[149]!.value])).toEqual([
      [150, 20.5],
      [150, 21],
    ])
    seen.stop()
    it.pass(20)
    const before = it.wire.length
    value$.next(22)
    it.pass(60)
    expect(it.wire.slice(before)).toEqual([])
  })
})

describe('Send', () => {
  const sending = (options: RigOptions = {}) => {
    const { it } = thermometer(options)
    it.do((device) => device.write('/1/0/23', false))
    return it
  }
  test('what a device sends comes to whoever listens to it, and to whoever listens to all [LwM2M Core §6.4.6]', () => {
    const it = sending()
    const one: SentValues[] = []
    const all: SentValues[] = []
    it.device.send$.subscribe((sent) => one.push(sent))
    it.server.sends$.subscribe((sent) => all.push(sent))
    it.client.send('/3303/0/5700').subscribe()
    it.pass(1)
    expect(one).toMatchObject([{ endpointClientName: 'urn:oma:ets', nodes: [{ value: 20.5 }] }])
    expect(one[0]!.nodes[0]!.time).toBeCloseTo(one[0]!.receivedAt / 1000, 0)
    expect(all).toEqual(one)
    expect(it.wire.filter(({ path, message }) => path === '/dp' && message.code === '0.02')).toHaveLength(1)
  })

  test('values have the times that the device gave them, in the order of time [RFC 8428 §4.6]', () => {
    const it = sending()
    const sent: SentValues[] = []
    it.device.send$.subscribe((one) => sent.push(one))
    const path = { object: 3303, instance: 0, resource: 5700 }
    it.client
      .send([
        { path, value: 2, time: 1_700_000_060 },
        { path, value: 1, time: 1_700_000_000 },
        { path, value: 3, time: -5 },
      ])
      .subscribe()
    it.pass(1)
    const [first] = sent
    expect(first!.nodes.slice(0, 2)).toMatchObject([
      { value: 1, time: 1_700_000_000 },
      { value: 2, time: 1_700_000_060 },
    ])
    expect(first!.nodes[2]!.time).toBeCloseTo(first!.receivedAt / 1000 - 5, 3)
  })

  test('a Send that is not confirmable comes too [LwM2M Transport §6.8.1]', () => {
    const it = sending()
    const sent: SentValues[] = []
    it.device.send$.subscribe((one) => sent.push(one))
    it.client.send('/3303/0/5700', { confirmable: false }).subscribe()
    it.pass(1)
    expect(sent).toHaveLength(1)
    expect(it.wire.find(({ path }) => path === '/dp')!.message.type).toBe('NON')
  })
})

describe('a device whose data model hangs at an alternate path', () => {
  const at = (alternatePath: string) => thermometer({ client: { alternatePath } })
  test('says so, and is asked there [LwM2M Transport §6.4.1]', () => {
    const { it } = at('/lwm2m')
    expect(it.registers()[0]!.text).toContain('</lwm2m>;rt="oma.lwm2m"')
    const read = it.do((device) => device.read('/3303/0/5700'))
    expect(read).toMatchObject({ values: [{ value: 20.5 }], request: { path: '/lwm2m/3303/0/5700' } })
    const composite = it.do((device) => device.readComposite(places, { format: 110, accept: 110 }))
    expect(composite.request).toMatchObject({ path: '/lwm2m' })
    expect(composite.request!.text).toContain('/lwm2m/3303/0/5700')
    expect(composite.response!.text).toContain('"bn":"/lwm2m/"')
    expect(celsiusIn(composite.values[0]!)).toBe(20.5)
  })
  test('is observed, written and sends there', () => {
    const { it, value$ } = at('/devices/one')
    expect(it.do((device) => device.write('/1/0/23', false)).response?.message.code).toBe('2.04')
    const seen = it.watch((device) => device.observe('/3303/0/5700'))
    const sent: SentValues[] = []
    it.device.send$.subscribe((one) => sent.push(one))
    it.pass(1)
    value$.next(25)
    it.client.send('/3303/0/5700').subscribe()
    it.pass(1)
    expect(seen.values.map(({ value }) => value.value)).toEqual([20.5, 25])
    expect(sent).toMatchObject([{ nodes: [{ path: { object: 3303, instance: 0, resource: 5700 }, value: 25 }] }])
  })
})

describe('a server that is subscribed by what it asks alone', () => {
  test('stays open from one question to the next', () => {
    const made = world(1, { log: false })
    const seen: unknown[] = []
    made.node('server').start((env) =>
      lwm2mServer(env).client$.pipe(
        take(1),
        concatMap((device) => device.read('/3/0/0').pipe(concatMap(() => device.read('/3/0/3')))),
        tap(({ value }) => seen.push(value)),
      ),
    )
    made.node('device').start((env) => client(env, { endpointClientName: 'urn:a', servers: 'coap://server', objects: [c1Device()] }).run$)
    made.run(10_000)
    expect(seen).toEqual(['1.0'])
  })
})
