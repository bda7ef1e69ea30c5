/** The OMA Enabler Test Specification, device management: the cases 201 to 290, our client against our server (ETS INT 1.2 §6.3). */
import { EMPTY } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { contentFormats } from '../../src/format/format.ts'
import type { PathString } from '../../src/model/path.ts'
import { instances } from '../../src/client/objects.ts'
import { portfolio } from '../../src/objects/portfolio.ts'
import { attributes, discover, read, valuesOf, write } from './reading.ts'
import { c1Device, rig, type Rig, type RigOptions } from './rig.ts'

const { text, cbor, tlv, json, senmlJson, senmlCbor } = contentFormats

/** The Server Object Instance as Configuration C.3 has it. */
const c3Values = { '/1/0/0': 1, '/1/0/1': 86_400, '/1/0/2': 1, '/1/0/3': 10, '/1/0/5': 86_400, '/1/0/6': false, '/1/0/7': 'U' }
const c3 = (more: RigOptions = {}) => {
  const it = rig({ account: { defaultPminSeconds: 1, defaultPmaxSeconds: 10 }, ...more })
  expect([write(it, '/1/0/5', 86_400), write(it, '/1/0/6', false)]).toEqual(['2.04', '2.04'])
  return it
}
const c1Values = {
  '/3/0/0': 'Open Mobile Alliance',
  '/3/0/1': 'Lightweight M2M Client',
  '/3/0/2': '345000123',
  '/3/0/3': '1.0',
  '/3/0/11/0': 0,
  '/3/0/16': 'U',
}

/** Configuration C.12: a Portfolio with four identities. */
const identities = ['Host Device ID #1', 'Host Device Manufacturer #1', 'Host Device Model #1', 'Host Device Software Version #1']
const withPortfolio = (first: readonly string[] | undefined = identities) =>
  rig({ objects: [c1Device(), instances(portfolio, first === undefined ? {} : { 0: { 0: Object.fromEntries(first.entries()) } })] })

describe('reading', () => {
  test('int-201: the Resources of a device are read as plain text', () => {
    const it = rig()
    for (const path of ['/3/0/0', '/3/0/1', '/3/0/2'] as const) {
      const { values, response } = it.do((device) => device.read(path, { accept: text }))
      expect(values[0]?.value).toBe(c1Values[path])
      expect(response).toMatchObject({ message: { code: '2.05' }, contentFormat: text, text: c1Values[path] })
    }
  })

  test('int-203: an Object Instance is read as TLV', () => {
    expect(read(rig(), '/3/0', tlv)).toMatchObject({ code: '2.05', format: tlv, values: c1Values })
  })

  test('int-204: an Object Instance is read as JSON', () => {
    expect(read(rig(), '/3/0', json)).toMatchObject({ code: '2.05', format: json, values: c1Values })
  })

  test('int-211: Resources are read as CBOR', () => {
    const it = c3()
    for (const [path, value] of [
      ['/1/0/0', 1],
      ['/1/0/6', false],
      ['/1/0/7', 'U'],
    ] as const)
      expect(read(it, path, cbor)).toMatchObject({ code: '2.05', format: cbor, values: { [path]: value } })
  })

  test('int-222: an Object is read with all its Instances', () => {
    const it = rig()
    expect(read(it, '/3').values).toEqual(c1Values)
    expect(read(it, '/1')).toMatchObject({ code: '2.05', values: { '/1/0/0': 1, '/1/0/1': 86_400, '/1/0/7': 'U' } })
  })

  test('int-223: an Object Instance is read with all its Resources', () => {
    const it = rig()
    expect(read(it, '/3/0').values).toEqual(c1Values)
    expect(read(it, '/1/0')).toMatchObject({ code: '2.05', values: { '/1/0/0': 1, '/1/0/1': 86_400, '/1/0/7': 'U' } })
  })

  test('int-224: Resources are read one by one', () => {
    const it = rig()
    for (const [path, value] of [
      ['/1/0/0', 1],
      ['/1/0/1', 86_400],
      ['/1/0/6', true],
      ['/1/0/7', 'U'],
      ['/3/0/16', 'U'],
    ] as const)
      expect(read(it, path)).toMatchObject({ code: '2.05', values: { [path]: value } })
  })

  test('int-225: a Resource Instance is read alone', () => {
    expect(read(rig({ objects: [c1Device({ errorCode: { 0: 0, 1: 5 } })] }), '/3/0/11/1')).toMatchObject({
      code: '2.05',
      values: { '/3/0/11/1': 5 },
    })
  })

  test('int-231: Object, Instance, Resource and Resource Instance are read as SenML JSON', () => readEverywhere(senmlJson))
  test('int-232: Object, Instance, Resource and Resource Instance are read as SenML CBOR', () => readEverywhere(senmlCbor))

  test('int-237: a Read without Accept is answered in a format that the server understands', () => {
    const it = rig()
    for (const [path, value] of [
      ['/1', { '/1/0/0': 1 }],
      ['/3', c1Values],
    ] as const) {
      const { code, format, values } = read(it, path)
      expect({ code, values }).toMatchObject({ code: '2.05', values: value })
      expect(format).toBeGreaterThan(0)
    }
  })
})
const readEverywhere = (format: number) => {
  const it = rig()
  expect(read(it, '/1', format)).toMatchObject({ code: '2.05', format, values: { '/1/0/0': 1, '/1/0/1': 86_400 } })
  expect(read(it, '/3/0', format)).toMatchObject({ code: '2.05', format, values: c1Values })
  expect(read(it, '/3/0/16', format)).toMatchObject({ code: '2.05', format, values: { '/3/0/16': 'U' } })
  expect(read(it, '/3/0/11/0', format)).toMatchObject({ code: '2.05', format, values: { '/3/0/11/0': 0 } })
}

describe('writing', () => {
  test('int-205: Resources are written as plain text', () => {
    const it = c3()
    for (const [path, value] of [
      ['/1/0/2', 101],
      ['/1/0/3', 1010],
      ['/1/0/5', 2000],
    ] as const)
      expect(write(it, path, value, { format: text })).toBe('2.04')
    expect(read(it, '/1/0', tlv).values).toMatchObject({ '/1/0/2': 101, '/1/0/3': 1010, '/1/0/5': 2000 })
    for (const [path, value] of [
      ['/1/0/2', 1],
      ['/1/0/3', 10],
      ['/1/0/5', 86_400],
    ] as const)
      expect(write(it, path, value, { format: text })).toBe('2.04')
    expect(read(it, '/1/0', tlv).values).toMatchObject(c3Values)
  })

  test('int-212: Resources are written as CBOR', () => {
    const it = c3()
    for (const [path, value] of [
      ['/1/0/2', 101],
      ['/1/0/3', 1010],
      ['/1/0/6', true],
    ] as const)
      expect(write(it, path, value, { format: cbor })).toBe('2.04')
    expect(read(it, '/1/0').values).toMatchObject({ '/1/0/2': 101, '/1/0/3': 1010, '/1/0/6': true })
  })

  test('int-215: an Object Instance is written as TLV, in part and as a whole', () => {
    const it = c3()
    const done = it.do((device) => device.write('/1/0', { 2: 101, 3: 1010, 5: 2000, 6: true, 7: 'U' }, { mode: 'partial', format: tlv }))
    expect(done.request).toMatchObject({ path: '/1/0', contentFormat: tlv, message: { code: '0.02' } })
    expect(Buffer.from(done.request!.message.payload).toString('hex')).toBe('c10265c20303f2c20507d0c10601c10755')
    expect(done.response?.message.code).toBe('2.04')
    expect(read(it, '/1/0').values).toMatchObject({ '/1/0/2': 101, '/1/0/3': 1010, '/1/0/5': 2000, '/1/0/6': true, '/1/0/7': 'U' })
    expect(write(it, '/1/0', { 1: 86_400, 2: 1, 3: 10, 5: 86_400, 6: false, 7: 'U' }, { format: tlv })).toBe('2.04')
    expect(read(it, '/1/0').values).toMatchObject(c3Values)
  })

  test('int-220: an Object Instance is written as JSON, in part and as a whole', () => {
    const it = c3()
    expect(write(it, '/1/0', { 2: 101, 3: 1010, 5: 2000, 6: true, 7: 'U' }, { mode: 'partial', format: json })).toBe('2.04')
    expect(read(it, '/1/0').values).toMatchObject({ '/1/0/2': 101, '/1/0/3': 1010, '/1/0/5': 2000, '/1/0/6': true })
    expect(write(it, '/1/0', { 1: 86_400, 2: 1, 3: 10, 5: 86_400, 6: false, 7: 'U' }, { format: json })).toBe('2.04')
    expect(read(it, '/1/0').values).toMatchObject(c3Values)
  })

  test('int-221: servers are kept from the Security Object', () => {
    const it = rig()
    expect(read(it, '/0').code).toBe('4.01')
    expect(write(it, '/0/0/0', 'coap://elsewhere')).toBe('4.01')
    expect(it.do((device) => device.writeAttributes('/0', { pmin: 30, pmax: 45 })).code).toBe('4.01')
  })

  test('int-226: a partial Write of an Object Instance is one message; a new lifetime is told to the server', () => {
    const it = rig()
    const before = it.updates().length
    expect(write(it, '/1/0', { 1: 61, 6: true }, { mode: 'partial' })).toBe('2.04')
    expect(it.wire.filter(({ way, path, message }) => way === 'out' && path === '/1/0' && message.code === '0.02')).toHaveLength(1)
    expect(
      it
        .updates()
        .slice(before)
        .map(({ query }) => query),
    ).toEqual([['lt=61']])
    expect(read(it, '/1/0').values).toMatchObject({ '/1/0/1': 61, '/1/0/6': true })
    expect(write(it, '/1/0', { 1: 86_400, 6: false }, { mode: 'partial' })).toBe('2.04')
  })

  test('int-227: a Write replaces a Resource; a new lifetime is told to the server each time', () => {
    const it = rig()
    const before = it.updates().length
    expect(write(it, '/1/0/1', 63)).toBe('2.04')
    expect(read(it, '/1/0/1').values).toEqual({ '/1/0/1': 63 })
    expect(write(it, '/1/0/1', 86_400)).toBe('2.04')
    expect(
      it
        .updates()
        .slice(before)
        .map(({ query }) => query),
    ).toEqual([['lt=63'], ['lt=86400']])
  })

  test('int-228: a Resource Instance is written alone', () => {
    const it = withPortfolio()
    expect(write(it, '/16/0/0/1', 'test')).toBe('2.04')
    expect(read(it, '/16/0/0/1').values).toEqual({ '/16/0/0/1': 'test' })
    expect(read(it, '/16/0/0/0').values).toEqual({ '/16/0/0/0': identities[0] })
  })

  test('int-233: Instance, Resource Instance and Resource are written as SenML CBOR', () => writeEverywhere(senmlCbor))
  test('int-234: Instance, Resource Instance and Resource are written as SenML JSON', () => writeEverywhere(senmlJson))

  test('int-256: what cannot be written stays as it is', () => {
    const it = rig()
    expect(write(it, '/1/0/0', 123)).toBe('4.05')
    expect(read(it, '/1/0/0').values).toEqual({ '/1/0/0': 1 })
  })
})
const writeEverywhere = (format: number) => {
  const it = withPortfolio()
  expect(write(it, '/1/0', { 1: 61, 6: true }, { mode: 'partial', format })).toBe('2.04')
  expect(it.updates().at(-1)?.query).toEqual(['lt=61'])
  expect(read(it, '/1').values).toMatchObject({ '/1/0/1': 61, '/1/0/6': true })
  expect(write(it, '/16/0/0/0', 'test_value', { format })).toBe('2.04')
  expect(read(it, '/16').values).toMatchObject({ '/16/0/0/0': 'test_value', '/16/0/0/1': identities[1] })
  expect(write(it, '/1/0/1', 63, { format })).toBe('2.04')
  expect(read(it, '/1/0/1').values).toEqual({ '/1/0/1': 63 })
}

describe('at once', () => {
  const composite = (it: Rig, paths: readonly PathString[], format: number = senmlCbor) => {
    const done = it.do((device) => device.readComposite(paths, { accept: format, format }))
    return { ...done, values: valuesOf(done.values[0]), code: done.response?.message.code, format: done.response?.contentFormat }
  }

  test('int-229: several places are read at once', () => {
    const { values, code, format } = composite(rig(), ['/3', '/1/0', '/1/0/1', '/3/0/11/0'])
    expect({ code, format, values }).toMatchObject({ code: '2.05', format: senmlCbor, values: { ...c1Values, '/1/0/1': 86_400 } })
  })

  test('int-230: Objects are written together, in one request', () => {
    const it = withPortfolio()
    const names = ['aa', 'bb', 'cc', 'dd']
    const done = it.do((device) => device.writeComposite({ '/1/0/1': 61, '/1/0/6': true, '/16/0/0': Object.fromEntries(names.entries()) }))
    expect(done.request?.message.code).toBe('0.07')
    expect(done.response?.message.code).toBe('2.04')
    expect(it.updates().at(-1)?.query).toEqual(['lt=61'])
    expect(read(it, '/1/0').values).toMatchObject({ '/1/0/1': 61, '/1/0/6': true })
    expect(read(it, '/16').values).toEqual({ '/16/0/0/0': 'aa', '/16/0/0/1': 'bb', '/16/0/0/2': 'cc', '/16/0/0/3': 'dd' })
  })

  test('int-235: the root is read without Security', () => {
    const { values, code } = composite(rig(), ['/'])
    expect({ code, values }).toMatchObject({ code: '2.05', values: { ...c1Values, '/1/0/0': 1 } })
    expect(Object.keys(values).filter((path) => /^\/(0|21|23)\//.test(path))).toEqual([])
  })

  test('int-236: what is not there is passed over', () => {
    const { values, code } = composite(rig(), ['/1/0', '/1/0/1', '/3/0/11/0', '/3339/0/5522', '/3353/0/6030'])
    expect({ code, values }).toMatchObject({ code: '2.05', values: { '/1/0/1': 86_400, '/3/0/11/0': 0 } })
    expect(Object.keys(values).filter((path) => path.startsWith('/33'))).toEqual([])
  })

  test('int-257: Server and Device are written together', () => {
    const it = c3({ objects: [c1Device({ resources: { 13: 1_367_491_215 } })] })
    const done = it.do((device) => device.writeComposite({ '/1/0/2': 101, '/1/0/6': true, '/3/0/13': 0 }, { format: senmlJson }))
    expect(done.response?.message.code).toBe('2.04')
    expect(read(it, '/1').values).toMatchObject({ '/1/0/2': 101, '/1/0/6': true })
    expect(read(it, '/3').values).toMatchObject({ '/3/0/13': 0 })
  })

  test('int-280: exactly the places that are asked for are read', () => {
    for (const format of [senmlCbor, senmlJson]) {
      const { values, code } = composite(rig(), ['/3/0/16', '/3/0/11/0', '/1/0'], format)
      expect({ code, values }).toMatchObject({
        code: '2.05',
        values: { '/3/0/11/0': 0, '/3/0/16': 'U', '/1/0/0': 1, '/1/0/1': 86_400, '/1/0/7': 'U' },
      })
      expect(
        Object.keys(values)
          .filter((path) => path.startsWith('/3/'))
          .sort(),
      ).toEqual(['/3/0/11/0', '/3/0/16'])
    }
  })

  test('int-281: what executes is passed over', () => {
    expect(composite(rig(), ['/1/0/1', '/1/0/7', '/1/0/8']).values).toEqual({ '/1/0/1': 86_400, '/1/0/7': 'U' })
  })
})

test('int-241: a device that is told to reboot registers again', () => {
  const reboot = () => {
    it.rebootAfter(2_000)
    return EMPTY
  }
  const it = rig({ objects: [c1Device({ reboot })] })
  expect(it.do((device) => device.execute('/3/0/4')).response?.message.code).toBe('2.04')
  expect(it.registers()).toHaveLength(1)
  it.pass(10)
  expect(it.registers()).toHaveLength(2)
  expect(it.events.map(({ type }) => type)).toEqual(['registered', 'replaced', 'registered'])
})

describe('discovering', () => {
  /** Configuration C.4: two batteries. */
  const c4 = () => c3({ objects: [c1Device({ batteryLevel: 0, resources: { 6: { 0: 1, 1: 2 }, 7: { 0: 0, 1: 0 }, 8: { 0: 0, 1: 0 } } })] })
  const resources = (more = '') =>
    `</3/0>,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,</3/0/6>;dim=2,</3/0/7>;dim=2${more},</3/0/8>;dim=2,</3/0/9>,</3/0/11>;dim=1,</3/0/16>`

  test('int-260: attributes are discovered where they are, and inherited ones at the Resource that is asked for', () => {
    const it = c4()
    expect(discover(it, '/3/0')).toBe(resources())
    attributes(it, '/3', { pmin: 10, pmax: 200 })
    attributes(it, '/3/0/7', { lt: 1, gt: 6, st: 1 })
    expect(discover(it, '/3/0')).toContain('</3/0/7>;dim=2;gt=6;lt=1;st=1')
    expect(discover(it, '/3/0/7')).toMatch(/^<\/3\/0\/7>;(dim=2;pmin=10;pmax=200|pmin=10;pmax=200;dim=2);gt=6;lt=1;st=1/)
  })

  test('int-261: attributes stand at four levels', () => {
    const it = rig()
    expect(discover(it, '/3/0/11')).toBe('</3/0/11>;dim=1,</3/0/11/0>')
    attributes(it, '/3', { pmin: 10, pmax: 200 })
    attributes(it, '/3/0', { pmax: 320 })
    attributes(it, '/3/0/11/0', { pmax: 100, epmin: 1, epmax: 20 })
    expect(discover(it, '/3/0/11')).toBe('</3/0/11>;dim=1;pmin=10;pmax=320,</3/0/11/0>;pmax=100;epmin=1;epmax=20')
  })

  test('int-264: Discover of depth 1 goes down to the Object Instances', () => {
    const it = c4()
    expect(discover(it, '/3', 1)).toBe('</3>;ver=1.1;pmin=1;pmax=10,</3/0>')
    attributes(it, '/3/0', { pmax: 200 })
    expect(discover(it, '/3', 1)).toBe('</3>;ver=1.1;pmin=1;pmax=10,</3/0>;pmax=200')
  })

  test('int-266: Discover of depth 2 shows Resources, of depth 3 their Instances', () => {
    const it = c4()
    expect(discover(it, '/3', 2)).toBe(`</3>;ver=1.1;pmin=1;pmax=10,${resources()}`)
    attributes(it, '/3', { pmin: 10, pmax: 200 })
    attributes(it, '/3/0/7/1', { gt: 8 })
    const deep = discover(it, '/3', 3)
    expect(deep).toContain('</3>;ver=1.1;pmin=10;pmax=200,</3/0>,')
    expect(deep).toContain('</3/0/6>;dim=2,</3/0/6/0>,</3/0/6/1>,</3/0/7>;dim=2,</3/0/7/0>,</3/0/7/1>;gt=8,')
  })
})

describe('Portfolio', () => {
  test('int-1630: an Instance is created, discovered and read', () => {
    const it = withPortfolio()
    expect(it.do((device) => device.discover('/16/0')).response?.text).toContain('</16/0/0>;dim=4')
    const done = it.do((device) => device.create('/16/1', { 0: { 0: 'Host Device ID #2', 1: 'Host Device Model #2' } }, { format: tlv }))
    expect(done.response?.message.code).toBe('2.01')
    expect(done.values).toEqual(['/16/1'])
    expect(it.do((device) => device.discover('/16/1')).response?.text).toContain('</16/1/0>;dim=2')
    expect(read(it, '/16', tlv).values).toEqual({
      ...Object.fromEntries(identities.map((name, index) => [`/16/0/0/${index}`, name])),
      '/16/1/0/0': 'Host Device ID #2',
      '/16/1/0/1': 'Host Device Model #2',
    })
  })

  test('int-1635: all Instances are deleted; the Object stays', () => {
    const it = withPortfolio()
    expect(it.do((device) => device.delete('/16/0')).response?.message.code).toBe('2.02')
    expect(it.do((device) => device.discover('/16')).response?.text).toBe('</16>')
  })
})
