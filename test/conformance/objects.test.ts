/** The OMA Enabler Test Specification, core and additional Objects: the cases 651 to 735 and 801 to 2001, our client against our server (ETS INT 1.2 §6.6, §6.7). */
import { BehaviorSubject, EMPTY, interval, map, of } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { instances } from '../../src/client/objects.ts'
import { contentFormats } from '../../src/format/format.ts'
import { apnConnectionProfile } from '../../src/objects/apn-connection-profile.ts'
import { bearerSelection } from '../../src/objects/bearer-selection.ts'
import { binaryAppDataContainer } from '../../src/objects/binary-app-data-container.ts'
import { cellularConnectivity, versions as cellularVersions } from '../../src/objects/cellular-connectivity.ts'
import { connectivityMonitoring } from '../../src/objects/connectivity-monitoring.ts'
import { connectivityStatistics } from '../../src/objects/connectivity-statistics.ts'
import { eventLog } from '../../src/objects/event-log.ts'
import { location } from '../../src/objects/location.ts'
import { wlanConnectivity } from '../../src/objects/wlan-connectivity.ts'
import { device } from '../../src/objects/device.ts'
import { definitions } from '../../src/model/definition.ts'
import type { PathString } from '../../src/model/path.ts'
import { attributes, codeOf, discover, execute, gaps, last, read, within, write } from './reading.ts'
import { c1Device, rig, type Rig, type RigOptions } from './rig.ts'

const { tlv } = contentFormats
const observed = (it: Rig, path: PathString, seconds = 60) => {
  const seen = it.watch((device) => device.observe(path))
  it.pass(seconds)
  return seen
}
/** A value that changes each second. */
const changing = (world: Rig['world'], from = 0) => interval(1_000, world.scheduler).pipe(map((n) => from + n))

describe('Device', () => {
  /** Configuration C.6: all that a Device may have. */
  const c6 = () => rig({ objects: [c1Device({ resources: { 13: 1_893_456_000, 14: '+00:00', 15: 'Etc/UTC' } })] })

  test('int-651: time, offset and timezone are written, in part and as a whole', () => {
    const it = c6()
    const done = it.do((device) =>
      device.write('/3/0', { 13: 1_367_491_215, 14: '+02:00', 15: 'Europe/Paris' }, { mode: 'partial', format: tlv }),
    )
    expect(Buffer.from(done.request!.message.payload).toString('hex')).toBe('c40d5182428fc60e2b30323a3030c80f0c4575726f70652f5061726973')
    expect(codeOf(done)).toBe('2.04')
    expect(read(it, '/3/0').values).toMatchObject({ '/3/0/13': 1_367_491_215, '/3/0/14': '+02:00', '/3/0/15': 'Europe/Paris' })
    expect(write(it, '/3/0', { 13: 1_893_456_000, 14: '+00:00', 15: 'Etc/UTC' }, { format: tlv })).toBe('2.04')
    expect(read(it, '/3/0').values).toMatchObject({ '/3/0/13': 1_893_456_000, '/3/0/14': '+00:00', '/3/0/15': 'Etc/UTC' })
  })

  test('int-652: the firmware version is read', () => {
    expect(read(c6(), '/3/0/3')).toMatchObject({ code: '2.05', values: { '/3/0/3': '1.0' } })
  })

  test('int-680: there is one Device: Create is refused', () => {
    expect(codeOf(rig().do((device) => device.create('/3', { 0: 'another' })))).toBe('4.05')
  })

  test('int-685: there is always a Device: Delete is refused', () => {
    const it = rig()
    expect(codeOf(it.do((device) => device.delete('/3/0')))).toBe('4.05')
    expect(read(it, '/3/0').code).toBe('2.05')
  })
})

describe('Connectivity Monitoring', () => {
  /** Configuration C.5. */
  const c5 = () =>
    rig({
      objectsIn: (world) => [
        c1Device(),
        instances(connectivityMonitoring, {
          0: {
            0: 6,
            1: { 0: 6, 1: 21 },
            2: changing(world, -90),
            3: 30,
            4: { 0: '192.0.2.10', 1: '2001:db8::10' },
            5: { 0: '192.0.2.1' },
            6: 5,
            7: { 0: 'internet' },
            8: 1234,
            9: 1,
            10: 262,
          },
        }),
      ],
    })

  test('int-701: bearers, signal and addresses are read', () => {
    const it = c5()
    it.pass(2)
    expect(read(it, '/4/0')).toMatchObject({
      code: '2.05',
      values: {
        '/4/0/0': 6,
        '/4/0/1/0': 6,
        '/4/0/1/1': 21,
        '/4/0/4/0': '192.0.2.10',
        '/4/0/4/1': '2001:db8::10',
        '/4/0/9': 1,
        '/4/0/10': 262,
      },
    })
    expect(read(it, '/4/0/2').values['/4/0/2']).toBeLessThan(-80)
  })

  test('int-710: it is observed between pmin and pmax', () => {
    const it = c5()
    it.pass(2)
    attributes(it, '/4/0', { pmin: 2, pmax: 10 })
    within(gaps(observed(it, '/4/0')), 2, 10)
  })
})

describe('Location', () => {
  /** Configuration C.7. */
  const c7 = () =>
    rig({
      objectsIn: (world) => [
        c1Device(),
        instances(location, {
          0: { 0: 43.5723, 1: 153.2176, 2: 140, 3: 100, 4: Uint8Array.of(0x30), 5: changing(world, 1_367_491_215), 6: 3 },
        }),
      ],
    })

  test('int-801: the place is read', () => {
    const it = c7()
    it.pass(2)
    expect(read(it, '/6/0')).toMatchObject({
      code: '2.05',
      values: { '/6/0/0': 43.5723, '/6/0/1': 153.2176, '/6/0/4': Uint8Array.of(0x30) },
    })
    expect(read(it, '/6/0').values['/6/0/5']).toBeGreaterThanOrEqual(1_367_491_215)
  })

  test('int-810: the place is observed between pmin and pmax', () => {
    const it = c7()
    it.pass(2)
    attributes(it, '/6/0', { pmin: 2, pmax: 10 })
    const seen = observed(it, '/6/0')
    within(gaps(seen), 2, 10)
    expect(last(seen)['/6/0/5']).toBeGreaterThan(1_367_491_230)
  })
})

describe('Connectivity Statistics', () => {
  /** Configuration C.9: counters that run from Start to Stop. */
  const c9 = () =>
    rig({
      objectsIn: (world) => {
        const counted = new BehaviorSubject(0)
        const tick = interval(1_000, world.scheduler)
        let counting: { unsubscribe: () => void } | undefined
        const stop = () => {
          counting?.unsubscribe()
          counting = undefined
          return EMPTY
        }
        const start = () => {
          stop()
          counted.next(0)
          counting = tick.subscribe((n) => counted.next(n + 1))
          return EMPTY
        }
        return [
          c1Device(),
          instances(connectivityStatistics, { 0: { 0: 0, 1: 0, 2: counted, 3: counted, 4: 0, 5: 0, 6: start, 7: stop, 8: 0 } }),
        ]
      },
    })

  test('int-901: what is counted between Start and Stop is read', () => {
    const it = c9()
    expect(execute(it, '/7/0/6')).toBe('2.04')
    it.pass(5)
    expect(execute(it, '/7/0/7')).toBe('2.04')
    const counted = read(it, '/7/0').values
    expect(counted['/7/0/2']).toBeGreaterThanOrEqual(5)
    it.pass(5)
    expect(read(it, '/7/0').values).toEqual(counted)
  })

  test('int-905: the collection period is written', () => {
    const it = c9()
    expect(read(it, '/7/0').values).toMatchObject({ '/7/0/8': 0 })
    expect(write(it, '/7/0/8', 60)).toBe('2.04')
    expect(read(it, '/7/0').values).toMatchObject({ '/7/0/8': 60 })
  })

  test('int-910: counters are observed while they run', () => {
    const it = c9()
    attributes(it, '/7/0', { pmin: 2, pmax: 10 })
    expect(write(it, '/7/0/8', 0)).toBe('2.04')
    const seen = it.watch((device) => device.observe('/7/0'))
    expect(execute(it, '/7/0/6')).toBe('2.04')
    it.pass(30)
    within(gaps(seen), 2, 10)
    expect(last(seen)['/7/0/2']).toBeGreaterThan(20)
    expect(execute(it, '/7/0/7')).toBe('2.04')
    seen.stop()
    it.pass(1)
    const silent = it.wire.length
    it.pass(30)
    expect(it.wire.slice(silent).filter(({ observe }) => observe !== undefined)).toEqual([])
  })
})

describe('several servers', () => {
  /** Configuration C.14: two servers, both with full rights on the Device. */
  const c14 = () => rig({ servers: 2, client: { access: { rights: { '/3': { owner: 1, 1: 'RWED', 2: 'RWED' } } } } })

  test('int-950: a client registers with each of its servers', () => {
    const it = c14()
    for (const side of it.servers) {
      expect(side.registers()).toHaveLength(1)
      expect(side.registers()[0]?.text).not.toMatch(/<\/(0|21|23)[/>]/)
      expect(side.events.map(({ type }) => type)).toEqual(['registered'])
    }
  })

  test('int-951: attributes belong to the server that wrote them', () => {
    const [one, two] = c14().servers as readonly [Rig['servers'][number], Rig['servers'][number]]
    attributes(one, '/3/0', { pmin: 2, pmax: 10 })
    attributes(two, '/3/0', { pmin: 15, pmax: 50 })
    expect(discover(one, '/3/0')).toMatch(/^<\/3\/0>;pmin=2;pmax=10,<\/3\/0\/0>,<\/3\/0\/1>,<\/3\/0\/2>/)
    expect(discover(two, '/3/0')).toMatch(/^<\/3\/0>;pmin=15;pmax=50,<\/3\/0\/0>,<\/3\/0\/1>,<\/3\/0\/2>/)
  })
})

/** The Resources for power saving modes are 12 and 13 in the registry; the specification of the tests counts one further, and keeps 6, which version 1.1 moved away. */
describe('Cellular Connectivity', () => {
  const timers = { 4: 3_600, 5: 600, 8: Uint8Array.of(0x20), 9: Uint8Array.of(0x51) }
  const of11 = { ...timers, 11: { 0: { object: 11, instance: 0 } }, 12: 3, 13: 1 }
  const old = instances(cellularVersions[0]!, { 0: { ...timers, 6: 40 } })
  const with10 = (object = instances(cellularConnectivity, { 0: of11 }), more: RigOptions = {}) =>
    rig({ objects: [c1Device(), object], ...more })

  test('int-1200: timers are read as TLV', () => {
    const it = with10(old, { server: { context: { definitions: definitions([device, cellularVersions[0]!]) } } })
    expect(read(it, '/10/0', tlv)).toMatchObject({ code: '2.05', format: tlv, values: { '/10/0/4': 3_600, '/10/0/5': 600, '/10/0/6': 40 } })
  })

  test('int-1201: version 1.1 is registered, discovered and read', () => {
    const it = with10()
    expect(it.registers()[0]?.text).toMatch(/<\/10>;ver="?1\.1"?/)
    expect(discover(it, '/10')).toBe('</10>;ver=1.1,</10/0>,</10/0/4>,</10/0/5>,</10/0/8>,</10/0/9>,</10/0/11>;dim=1,</10/0/12>,</10/0/13>')
    expect(read(it, '/10/0', tlv).values).toMatchObject({ '/10/0/12': 3, '/10/0/13': 1, '/10/0/11/0': { object: 11, instance: 0 } })
  })

  test('int-1202: the power saving mode is written', () => {
    const it = with10()
    expect(read(it, '/10/0/12').values).toEqual({ '/10/0/12': 3 })
    const done = it.do((device) => device.write('/10/0', { 13: 2 }, { mode: 'partial', format: tlv }))
    expect(Buffer.from(done.request!.message.payload).toString('hex')).toBe('c10d02')
    expect(codeOf(done)).toBe('2.04')
    expect(read(it, '/10/0/13').values).toEqual({ '/10/0/13': 2 })
  })

  test('int-1203: power saving modes are observed', () => {
    const it = with10()
    attributes(it, '/10/0/12', { pmin: 5, pmax: 15 })
    attributes(it, '/10/0/13', { pmin: 10, pmax: 20 })
    const [supported, active] = [it.watch((device) => device.observe('/10/0/12')), it.watch((device) => device.observe('/10/0/13'))]
    it.pass(70)
    within(gaps(supported), 5, 15)
    within(gaps(active), 10, 20)
  })

  test('int-1204: timers are observed', () => {
    const it = with10(old)
    const timings = [
      ['/10/0/4', 5, 15],
      ['/10/0/5', 10, 20],
      ['/10/0/8', 5, 15],
      ['/10/0/9', 10, 20],
    ] as const
    for (const [path, pmin, pmax] of timings) attributes(it, path, { pmin, pmax })
    const seen = timings.map(([path]) => it.watch((device) => device.observe(path)))
    it.pass(70)
    timings.forEach(([, pmin, pmax], index) => within(gaps(seen[index]!), pmin, pmax))
  })

  test('int-1250: a second APN is created, told with the next Update, and enabled', () => {
    const apns = instances(apnConnectionProfile, { 0: { 0: 'first', 3: true, 4: 0 } })
    const profiles$ = new BehaviorSubject<Readonly<Record<number, { object: number; instance: number }>>>({
      0: { object: 11, instance: 0 },
    })
    const watched = {
      ...apns,
      written: () => profiles$.next({ 0: { object: 11, instance: 0 }, 1: { object: 11, instance: 1 } }),
    }
    const it = rig({ objects: [c1Device(), instances(cellularConnectivity, { 0: { ...of11, 11: profiles$ } }), watched] })
    const done = it.do((device) => device.create('/11/1', { 0: 'second', 3: false, 4: 0 }))
    expect(codeOf(done)).toBe('2.01')
    expect(execute(it, '/1/0/8')).toBe('2.04')
    expect(it.updates().some(({ text }) => text.includes('</11/1>'))).toBe(true)
    expect(write(it, '/11/1/3', true)).toBe('2.04')
    expect(read(it, '/10/0/11', tlv).values).toEqual({
      '/10/0/11/0': { object: 11, instance: 0 },
      '/10/0/11/1': { object: 11, instance: 1 },
    })
  })

  test('int-1350: a client whose bearer changes comes from another address, and stays registered', () => {
    const it = rig({
      nat: true,
      objectsIn: () => {
        const move = () => {
          it.move()
          return EMPTY
        }
        return [
          c1Device(),
          old,
          instances(wlanConnectivity, { 0: { 0: 'wlan0', 1: false, 3: 2, 4: '020000000001', 8: 0, 14: 0, 15: 1 } }),
          { ...instances(bearerSelection, {}), accept: () => of(undefined), written: move },
        ]
      },
    })
    const before = it.events[0]!.registration
    expect(codeOf(it.do((device) => device.create('/13/0', { 0: { 0: 6 } })))).toBe('2.01')
    it.pass(2)
    const now = it.events.at(-1)!.registration
    expect(now.location).toBe(before.location)
    expect(now.remote).not.toBe(before.remote)
    expect(read(it, '/12/0').code).toBe('2.05')
  })
})

describe('BinaryAppDataContainer', () => {
  const meter = new TextEncoder().encode('{"meter":1234}')
  const c15 = () =>
    rig({ objects: [c1Device(), instances(binaryAppDataContainer, { 0: { 0: { 0: meter } }, 1: { 0: { 0: new Uint8Array() } } })] })

  test('int-1900: application data are observed', () => {
    const it = c15()
    expect(discover(it, '/19')).toMatch(/^<\/19>(;ver="?[\d.]+"?)?,<\/19\/0>,<\/19\/0\/0>/)
    attributes(it, '/19/0/0', { pmin: 300, pmax: 3_600 })
    const seen = observed(it, '/19/0/0', 8_000)
    expect(last(seen)).toEqual({ '/19/0/0/0': meter })
    within(gaps(seen), 300, 3_600)
  })

  test('int-1901: application data are written', () => {
    const it = c15()
    expect(write(it, '/19/1/0', { 0: meter })).toBe('2.04')
    expect(read(it, '/19/1/0').values).toEqual({ '/19/1/0/0': meter })
  })
})

describe('Event Log', () => {
  const c16 = () =>
    rig({ objects: [c1Device(), instances(eventLog, { 0: { 4010: 0, 4011: () => EMPTY, 4013: 3, 4014: Uint8Array.of(1, 2, 3) } })] })

  test('int-2000: a log is started: LogStart executes, although the specification of the tests writes it', () => {
    const it = c16()
    expect(write(it, '/20/0/4011', '0,100')).toBe('4.05')
    expect(codeOf(it.do((device) => device.execute('/20/0/4011', { 0: '0', 1: '100' })))).toBe('2.04')
  })

  test('int-2001: a log is read as TLV', () => {
    expect(read(c16(), '/20/0', tlv)).toMatchObject({
      code: '2.05',
      format: tlv,
      values: { '/20/0/4010': 0, '/20/0/4013': 3, '/20/0/4014': Uint8Array.of(1, 2, 3) },
    })
  })
})
