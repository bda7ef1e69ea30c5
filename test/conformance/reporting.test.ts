/** The OMA Enabler Test Specification, information reporting: the cases 301 to 313, our client against our server (ETS INT 1.2 §6.4). */
import { interval, map } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { instances } from '../../src/client/objects.ts'
import { contentFormats } from '../../src/format/format.ts'
import type { PathString } from '../../src/model/path.ts'
import { portfolio } from '../../src/objects/portfolio.ts'
import { attributes, gaps, last, valuesOf, within, write } from './reading.ts'
import { c1Device, rig, type Rig } from './rig.ts'

/** Configuration C.4 with batteries whose voltage and current change each second. */
const c4 = () =>
  rig({
    objectsIn: ({ scheduler }) => {
      const each$ = (scale: number) => interval(1_000, scheduler).pipe(map((n) => ({ 0: scale * n, 1: scale * n + 1 })))
      return [c1Device({ batteryLevel: 0, resources: { 6: { 0: 1, 1: 2 }, 7: each$(10), 8: each$(100) } })]
    },
    account: { defaultPminSeconds: 1, defaultPmaxSeconds: 10 },
  })
describe('observations', () => {
  /** Voltage between 5 s and 15 s, current between 10 s and 20 s. */
  const observed = () => {
    const it = c4()
    it.pass(2)
    attributes(it, '/3/0/7', { pmin: 5, pmax: 15 })
    attributes(it, '/3/0/8', { pmin: 10, pmax: 20 })
    return { it, voltage: it.watch((device) => device.observe('/3/0/7')), current: it.watch((device) => device.observe('/3/0/8')) }
  }

  test('int-301: what is observed is notified within its periods', () => {
    const { it, voltage, current } = observed()
    it.pass(100)
    within(gaps(voltage), 5, 15)
    within(gaps(current), 10, 20)
    expect(Object.keys(last(voltage))).toEqual(['/3/0/7/0', '/3/0/7/1'])
  })

  test('int-302: a Reset ends an observation, and that one only', () => {
    const { it, voltage, current } = observed()
    it.pass(30)
    const told = it.wire.length
    voltage.stop()
    it.pass(60)
    const after = it.wire
      .slice(told)
      .filter(({ way, observe, message }) => way === 'in' && observe !== undefined && message.code === '2.05')
    // At most one more, which is what is answered with Reset, or none where the server cancels at once.
    expect(after.filter(({ message }) => message.token === tokenOf(it, '/3/0/7')).length).toBeLessThanOrEqual(1)
    expect(after.filter(({ message }) => message.token === tokenOf(it, '/3/0/8')).length).toBeGreaterThan(3)
    current.stop()
    it.pass(60)
    const silent = it.wire.length
    it.pass(60)
    expect(it.wire.slice(silent).filter(({ observe }) => observe !== undefined)).toEqual([])
  })

  test('int-303: Observe 1 ends an observation', () => {
    const { it, voltage, current } = observed()
    it.pass(30)
    for (const stream of [voltage, current]) stream.stop()
    it.pass(1)
    expect(
      it.wire.filter(({ way, observe, message }) => way === 'out' && observe === 1 && message.code === '0.01').map(({ path }) => path),
    ).toEqual(['/3/0/7', '/3/0/8'])
    const silent = it.wire.length
    it.pass(60)
    expect(it.wire.slice(silent).filter(({ observe }) => observe !== undefined)).toEqual([])
  })

  test('int-312: Observe brings attributes of its own', () => {
    const it = c4()
    const voltage = it.watch((device) => device.observe('/3/0/7', { attributes: { pmin: 5, pmax: 15 } }))
    it.pass(60)
    expect(it.wire.find(({ observe, way }) => way === 'out' && observe === 0)?.query).toEqual(['pmin=5', 'pmax=15'])
    within(gaps(voltage), 5, 15)
  })

  test('int-313: attributes of Observe come before those that were written', () => {
    const it = rig({ objects: [c1Device({ resources: { 7: { 0: 3_700, 1: 3_800 } } })] })
    attributes(it, '/3/0/7', { pmin: 5, pmax: 60 })
    const voltage = it.watch((device) => device.observe('/3/0/7', { attributes: { pmin: 5, pmax: 10 } }))
    it.pass(60)
    within(gaps(voltage), 5, 10)
    expect(gaps(voltage)).toHaveLength(5)
  })
})
const tokenOf = (it: Rig, path: PathString) =>
  it.wire.find((one) => one.way === 'out' && one.observe === 0 && one.path === path)?.message.token

describe('composite observations', () => {
  const three = ['/1/0/1', '/3/0/11/0', '/3/0/16'] as const
  const all = { '/1/0/1': 86_400, '/3/0/11/0': 0, '/3/0/16': 'U' }

  test('int-304: several places are one observation', () => {
    const it = rig()
    attributes(it, '/1/0/1', { pmin: 30, pmax: 45 })
    const seen = it.watch((device) => device.observeComposite(three))
    it.pass(1)
    expect(last(seen)).toEqual(all)
    it.pass(45)
    within(gaps(seen), 30, 45)
    expect(last(seen)).toEqual(all)
    const notification = it.wire
      .filter(({ way, observe, message }) => way === 'in' && observe !== undefined && message.code === '2.05')
      .at(-1)
    expect([contentFormats.senmlCbor, contentFormats.senmlJson, contentFormats.lwm2mCbor]).toContain(notification?.contentFormat)
  })

  test('int-305: a composite observation ends with the same list of places', () => {
    const it = rig()
    const seen = it.watch((device) => device.observeComposite(three, { attributes: { pmax: 5 } }))
    it.pass(12)
    seen.stop()
    it.pass(1)
    const [begun, ended] = it.wire.filter(({ way, message }) => way === 'out' && message.code === '0.05')
    expect([begun?.observe, ended?.observe]).toEqual([0, 1])
    expect(ended?.message.payload).toEqual(begun?.message.payload)
    const silent = it.wire.length
    it.pass(60)
    expect(it.wire.slice(silent).filter(({ observe }) => observe !== undefined)).toEqual([])
  })

  const withPortfolio = () => rig({ objects: [c1Device(), instances(portfolio, {})] })
  const create = (it: Rig, path: PathString, names: readonly string[]) =>
    expect(it.do((device) => device.create(path, { 0: Object.fromEntries(names.entries()) }), 10).response?.message.code).toBe('2.01')
  const letters = ['aa', 'bb', 'cc', 'dd']
  const digits = ['11', '22', '33', '44']
  const held = (instance: number, names: readonly string[]) =>
    Object.fromEntries(names.map((name, index) => [`/16/${instance}/0/${index}`, name]))

  test('int-308: what is created appears in the next notification', () => {
    const it = withPortfolio()
    create(it, '/16/0', letters)
    attributes(it, '/16/0', { pmin: 30, pmax: 45 })
    const seen = it.watch((device) => device.observeComposite(['/16/0', '/16/1']))
    it.pass(46)
    expect(seen.values).toHaveLength(2)
    within(gaps(seen), 30, 45)
    expect(last(seen)).toEqual(held(0, letters))
    create(it, '/16/1', digits)
    it.pass(46)
    within(gaps(seen), 30, 45)
    expect(last(seen)).toEqual({ ...held(0, letters), ...held(1, digits) })
  })

  test('int-309: what is deleted is missing in the next notification', () => {
    const it = withPortfolio()
    create(it, '/16/0', letters)
    create(it, '/16/1', digits)
    attributes(it, '/16/0', { pmin: 30, pmax: 45 })
    const seen = it.watch((device) => device.observeComposite(['/16/0', '/16/1']))
    it.pass(46)
    expect(last(seen)).toEqual({ ...held(0, letters), ...held(1, digits) })
    expect(it.do((device) => device.delete('/16/1'), 10).response?.message.code).toBe('2.02')
    it.pass(46)
    within(gaps(seen), 30, 45)
    expect(last(seen)).toEqual(held(0, letters))
  })

  test('int-310: a change of attributes counts at once for what is observed', () => {
    const it = rig()
    const seen = it.watch((device) => device.observeComposite(['/1/0/1', '/3/0']))
    it.pass(20)
    expect(seen.values).toHaveLength(1)
    attributes(it, '/3', { pmax: 5 })
    it.pass(31)
    within(gaps(seen).slice(1), 5, 5)
    expect(gaps(seen).length).toBeGreaterThanOrEqual(6)
  })
})

describe('Send', () => {
  const { senmlCbor, senmlJson, lwm2mCbor } = contentFormats
  const sends = (it: Rig) => it.wire.filter(({ way, path, message }) => way === 'in' && path === '/dp' && message.code === '0.02')
  const answerTo = (it: Rig, { message }: Rig['wire'][number]) =>
    it.wire.find((one) => one.way === 'out' && one.message.token === message.token && one.message.code.startsWith('2'))?.message.code
  const send = (it: Rig, paths: readonly PathString[]) => {
    const results: string[] = []
    it.client.send(paths).subscribe(({ result }) => results.push(result))
    it.pass(1)
    return results
  }

  test('int-306: a client sends what it has registered, and the server takes it', () => {
    const it = rig()
    const seen = it.watch((device) => device.send$)
    expect(send(it, ['/3/0/0', '/3/0/16'])).toEqual(['sent'])
    expect(sends(it)).toHaveLength(1)
    expect([senmlCbor, senmlJson, lwm2mCbor]).toContain(sends(it)[0]?.contentFormat)
    expect(answerTo(it, sends(it)[0]!)).toBe('2.04')
    expect(seen.values.map(({ value }) => valuesOf(value))).toEqual([{ '/3/0/0': 'Open Mobile Alliance', '/3/0/16': 'U' }])
    expect(send(it, ['/3303/0/5700'])).toEqual(['not-registered'])
    expect(sends(it)).toHaveLength(1)
  })

  test('int-307: Mute Send keeps a client from sending until it is taken back', () => {
    const it = rig()
    expect(send(it, ['/3/0/0'])).toEqual(['sent'])
    expect(write(it, '/1/0/23', true)).toBe('2.04')
    expect(send(it, ['/3/0/0'])).toEqual(['muted'])
    expect(sends(it)).toHaveLength(1)
    expect(write(it, '/1/0/23', false)).toBe('2.04')
    expect(send(it, ['/3/0/0'])).toEqual(['sent'])
    expect(sends(it)).toHaveLength(2)
  })

  test('int-311: chosen Resources arrive with their values', () => {
    const it = rig()
    const seen = it.watch((device) => device.send$)
    expect(send(it, ['/1/0/1', '/3/0/11/0'])).toEqual(['sent'])
    expect(valuesOf(seen.values[0]?.value)).toEqual({ '/1/0/1': 86_400, '/3/0/11/0': 0 })
  })
})
