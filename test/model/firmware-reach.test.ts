/** Where a package can be pulled from, in a world with names, addresses and servers (LwM2M Core §E.6, Resources 5/0/1 and 5/0/5). */
import { EMPTY } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { storedIn } from '../../src/firmware/image.ts'
import type { FirmwareBasics, FirmwarePulled } from '../../src/firmware/options.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import { codeOf, execute, read, write } from '../conformance/reading.ts'
import { c1Device, rig, type Rig } from '../conformance/rig.ts'

const image = Uint8Array.from({ length: 40_000 }, (_, index) => (index * 2_654_435_761) >>> 24)
const device = (more: Partial<FirmwareBasics> & FirmwarePulled = {}) =>
  rig({
    objectsIn: (_, env) => [
      c1Device(),
      firmware({
        store: storedIn(env.storage),
        install: () => EMPTY,
        reset: () => env.storage.remove('firmware'),
        ...more,
      }),
    ],
  })
const stateAndResult = (it: Rig) => {
  const { values } = read(it, '/5/0')
  return [values['/5/0/3'], values['/5/0/5']]
}

describe('a package', () => {
  test.each(['coap', 'http'])(
    'at a name that nobody knows (%s) is at an invalid URI: Result 7, once the retries are over [LwM2M Core §E.6]',
    (scheme) => {
      const it = device()
      expect(write(it, '/5/0/1', `${scheme}://nowhere.example/f`)).toBe('2.04')
      it.pass(600)
      expect(stateAndResult(it)).toEqual([0, 7])
    },
  )
  test('at a place that does not answer is a lost connection: Result 4 [LwM2M Core §E.6]', () => {
    const it = device()
    expect(write(it, '/5/0/1', 'coap://10.77.77.77/f')).toBe('2.04')
    it.pass(1_800)
    expect(stateAndResult(it)).toEqual([0, 4])
  })
  test('that is cancelled while it is pulled leaves nothing, and the next one is whole [LwM2M Core §E.6, Resource 10]', () => {
    const it = device()
    const uri = it.serveFile(
      '/f',
      Uint8Array.from({ length: 400_000 }, (_, index) => image[index % 40_000]!),
    )
    expect(write(it, '/5/0/1', uri)).toBe('2.04')
    expect(stateAndResult(it)[0]).toBe(1)
    expect(execute(it, '/5/0/10')).toBe('2.04')
    expect(stateAndResult(it)).toEqual([0, 10])
    expect(write(it, '/5/0/1', uri)).toBe('2.04')
    it.pass(60)
    expect(stateAndResult(it)).toEqual([2, 0])
    expect(execute(it, '/5/0/2')).toBe('2.04')
    it.pass(5)
    expect(stateAndResult(it)).toEqual([0, 1])
  })
  test('whose push is broken off and begun again at once is taken from its first block [LwM2M Core §E.6]', () => {
    const it = device()
    const first = it.do((one) => one.write('/5/0/0', image), 120)
    expect(first.code).toBeUndefined()
    expect(stateAndResult(it)[0]).toBe(1)
    expect(codeOf(it.do((one) => one.write('/5/0/0', image), 60_000))).toBe('2.04')
    expect(stateAndResult(it)).toEqual([2, 0])
  })
})
