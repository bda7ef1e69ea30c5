/** The OMA Enabler Test Specification, Firmware Update: the cases 751 to 779, our client against our server (ETS INT 1.2 §6.6.6). */
import { BehaviorSubject, defer, EMPTY, throwError, timer, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import { storedIn } from '../../src/firmware/image.ts'
import type { FirmwareBasics } from '../../src/firmware/options.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import { contentFormats } from '../../src/format/format.ts'
import { attributes, codeOf, execute, read, valuesOf, write } from './reading.ts'
import { c1Device, rig, type Rig } from './rig.ts'

const { tlv } = contentFormats
const image = Uint8Array.from({ length: 5_000 }, (_, index) => (index * 2_654_435_761) >>> 24)
const reset = Uint8Array.of(0)

/** Configuration C.8: a device that takes packages by push and by pull; its version changes when one is installed. */
const c8 = (more: (world: Rig['world']) => Partial<FirmwareBasics> = () => ({})) => {
  const version$ = new BehaviorSubject('1.0')
  return rig({
    objectsIn: (world, env) => [
      c1Device({ firmwareVersion: version$ }),
      firmware({
        store: storedIn(env.storage),
        install: () =>
          defer(() => {
            version$.next('2.0')
            return EMPTY
          }),
        reset: () => env.storage.remove('firmware'),
        ...more(world),
      }),
    ],
  })
}
const stateAndResult = (it: Rig) => {
  const { values } = read(it, '/5/0')
  return [values['/5/0/3'], values['/5/0/5']]
}
const push = (it: Rig, bytes: Uint8Array = image) => codeOf(it.do((device) => device.write('/5/0/0', bytes), 5_000))
/** Names an image at a file server of its own. */
const pull = (it: Rig, uri = it.serveFile('/image', image)) => write(it, '/5/0/1', uri)
const failing = (result: number) => throwError(() => new Lwm2mError('firmware', 'as the case wants it', { cause: result }))
/** State and Result of every notification of the Object Instance, each once. */
const followed = (it: Rig) => {
  const seen = it.watch((device) => device.observe('/5/0'))
  return () =>
    seen.values
      .map(({ value }) => valuesOf(value))
      .map((values) => `${Number(values['/5/0/3'])}/${Number(values['/5/0/5'])}`)
      .filter((one, index, all) => one !== all[index - 1])
}

describe('packages', () => {
  test('int-751: State, Result and what is supported are read', () => {
    const { values, code, format } = read(c8(), '/5/0', tlv)
    expect({ code, format, values }).toMatchObject({ code: '2.05', format: tlv, values: { '/5/0/3': 0, '/5/0/5': 0, '/5/0/9': 2 } })
    expect(
      Object.entries(values)
        .filter(([path]) => path.startsWith('/5/0/8/'))
        .map(([, value]) => value),
    ).toEqual(expect.arrayContaining([0, 2]))
  })

  test('int-755: NUL resets, an image is downloaded', () => {
    const it = c8()
    expect(push(it, reset)).toBe('2.04')
    expect(stateAndResult(it)).toEqual([0, 0])
    expect(push(it)).toBe('2.04')
    expect(stateAndResult(it)).toEqual([2, 0])
  })

  test('int-756: an empty URI resets, a URI is downloaded', () => {
    const it = c8()
    expect(write(it, '/5/0/1', '')).toBe('2.04')
    expect(stateAndResult(it)).toEqual([0, 0])
    expect(pull(it)).toBe('2.04')
    it.pass(10)
    expect(stateAndResult(it)).toEqual([2, 0])
  })

  test('int-760: the State is observed', () => {
    const it = c8()
    attributes(it, '/5/0', { pmin: 2, pmax: 10 })
    const states = it.watch((device) => device.observe('/5/0/3'))
    expect(push(it)).toBe('2.04')
    it.pass(12)
    expect(states.values[0]?.value.value).toBe(0)
    expect(states.values.at(-1)?.value.value).toBe(2)
  })
})

describe('updates', () => {
  const installs = (it: Rig, come: () => string | undefined) => {
    const states = followed(it)
    expect(write(it, '/5/0/1', '')).toBe('2.04')
    expect(come()).toBe('2.04')
    it.pass(10)
    expect(stateAndResult(it)).toEqual([2, 0])
    expect(execute(it, '/5/0/2')).toBe('2.04')
    it.pass(5)
    expect(stateAndResult(it)).toEqual([0, 1])
    expect(read(it, '/3/0/3').values).toEqual({ '/3/0/3': '2.0' })
    expect(states()).toEqual(['0/0', '1/0', '2/0', '3/0', '0/1'])
  }

  test('int-770: an image that is pushed is installed', () => {
    const it = c8()
    installs(it, () => push(it))
    const blocks = it.wire.filter(({ way, message }) => way === 'in' && message.code === '2.31')
    expect(blocks.length).toBeGreaterThan(3)
  })

  test('int-771: an image that is pulled is installed', () => {
    const it = c8()
    installs(it, () => pull(it))
  })

  test('int-772: without a package there is nothing to install', () => {
    const it = c8()
    const before = stateAndResult(it)
    expect(execute(it, '/5/0/2')).toBe('4.05')
    expect(stateAndResult(it)).toEqual(before)
  })
})

describe('failures', () => {
  /** The image is refused with the Result, and State is Idle again. */
  const fails = (it: Rig, come: (it: Rig) => unknown, result: number) => {
    const states = followed(it)
    come(it)
    it.pass(200)
    expect(stateAndResult(it)).toEqual([0, result])
    expect(states()).not.toContain('2/0')
  }
  const full = (store: ReturnType<typeof storedIn>, why: Observable<never>) => ({ ...store, sink: { ...store.sink, write: () => why } })

  test('int-773: there is no room in the storage: Result 2', () => {
    fails(
      c8(() => ({ bytesMax: 4_000 })),
      pull,
      2,
    )
  })

  test('int-774: there is no room in memory: Result 3', () => {
    const it = rig({
      objectsIn: (_, env) => [
        c1Device(),
        firmware({ store: full(storedIn(env.storage), failing(3)), install: () => EMPTY, reset: () => EMPTY }),
      ],
    })
    fails(it, pull, 3)
  })

  test('int-775: the connection is lost: Result 4', () => {
    const it = c8()
    fails(
      it,
      () => {
        const uri = it.serveFile('/image', Uint8Array.from({ length: 200_000 }))
        it.cutFileAfter(50)
        expect(write(it, '/5/0/1', uri)).toBe('2.04')
        it.pass(4_000)
      },
      4,
    )
  })

  test('int-776: a damaged package: Result 5', () => {
    fails(
      c8(() => ({ verify: () => failing(5) })),
      pull,
      5,
    )
  })

  test('int-777: a package of another kind: Result 6', () => {
    fails(
      c8(() => ({ verify: () => failing(6) })),
      push,
      6,
    )
  })

  test('int-778: a URI that leads nowhere: Result 7', () => {
    fails(c8(), (it) => expect(pull(it, 'coap://server0/nothing')).toBe('2.04'), 7)
  })

  test('int-779: the installation fails: Result 8, and the version is as before', () => {
    const it = c8((world) => ({ install: () => timer(100, world.scheduler).pipe(() => failing(8)) }))
    expect(push(it)).toBe('2.04')
    expect(stateAndResult(it)).toEqual([2, 0])
    expect(execute(it, '/5/0/2')).toBe('2.04')
    it.pass(5)
    expect(stateAndResult(it)).toEqual([2, 8])
    expect(read(it, '/3/0/3').values).toEqual({ '/3/0/3': '1.0' })
  })
})
