/** What each version of Object 5 has, what servers may set, and how packages may come (LwM2M Core §E.6, Resources 5/0/8-5/0/14). */
import { concat, EMPTY, NEVER, throwError, timer } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import { at, node } from '../client/device.ts'
import { cancel, execute, octets, packaged, played, read, uri, write, type Around } from './device.ts'

const image = packaged(octets('image'))
const ids = (operations: readonly ManagementOperation[], options: Around['options']) =>
  Object.keys(played(operations, options === undefined ? {} : { options }).answers.at(-1)?.values ?? {})
const seen = ({ answers }: ReturnType<typeof played>) => answers.map((one) => one?.state ?? one?.code)
/** A Write of several Resources at once. */
const several = (values: Readonly<Record<number, string | number | boolean | Uint8Array>>): ManagementOperation => ({
  type: 'write',
  mode: 'partial',
  path: at('/5/0'),
  nodes: Object.entries(values).map(([id, value]) => node(`/5/0/${Number(id)}`, value)),
})

describe('a version', () => {
  test.each<['1.0' | '1.1' | '1.2', readonly string[]]>([
    ['1.0', ['1', '3', '5', '6', '7', '8/0', '8/2', '8/3', '9']],
    ['1.1', ['1', '3', '5', '6', '7', '8/0', '8/2', '8/3', '9', '11', '12', '13']],
    ['1.2', ['1', '3', '5', '6', '7', '8/0', '8/2', '8/3', '9', '11', '12', '13', '14']],
  ])('%s has what the registry lists [LwM2M Core §E.6]', (objectVersion, expected) => {
    expect(ids([read], () => ({ objectVersion })).sort(byNumber)).toEqual(expected)
  })
  test('1.0 knows no Cancel, and nothing is deferred', () => {
    const options: Around['options'] = () => ({ objectVersion: '1.0', approve: () => NEVER, install: () => NEVER })
    expect(seen(played([image, cancel, execute, read], { options }))).toEqual(['2.04', '4.04', '2.04', '3/0'])
  })
  test('1.1 has no Automatic Upgrade at Download', () => {
    expect(seen(played([write('/5/0/14', true)]))).toEqual(['4.04'])
  })
  test('that there is none is a mistake of the application', () => {
    expect(() => played([], { options: () => ({ objectVersion: '2.0' as '1.0' }) })).toThrow('no version 2.0')
  })
  const byNumber = (one: string, other: string) => Number(one.replace('/', '.')) - Number(other.replace('/', '.'))
})

describe('what a server sets', () => {
  test('is kept, over updates and restarts [LwM2M Core §E.6, Resources 11, 13 and 14]', () => {
    const options: Around['options'] = () => ({ objectVersion: '1.2' })
    const first = played([write('/5/0/11', 2), write('/5/0/13', 600), write('/5/0/14', true), image, read], { options })
    const kept = { 11: 2, 13: 600, 14: true }
    expect(first.answers[4]?.values).toMatchObject(kept)
    expect(played([read], { options, stored: first.stored }).answers[0]?.values).toMatchObject(kept)
  })
  test('is 1 (mandatory) and 0 (nothing is deferred) at first', () => {
    expect(played([read]).answers[0]?.values).toMatchObject({ 11: 1, 13: 0, 12: 0 })
    expect(played([read], { options: () => ({ approve: () => EMPTY }) }).answers[0]?.values).toMatchObject({ 13: 86_400 })
    expect(played([read], { options: () => ({ deferPeriodS: 60 }) }).answers[0]?.values).toMatchObject({ 13: 60 })
  })
  test('must be what it can be: 4.00, and nothing changes', () => {
    for (const severity of [3, -1]) expect(seen(played([write('/5/0/11', severity)]))).toEqual(['4.00'])
    expect(played([write('/5/0/11', 7), read]).answers[1]?.values).toMatchObject({ 11: 1 })
  })
  test('may come with the URI in one Write; a URI and a package may not', () => {
    const both = played([several({ 11: 0, 13: 60, 1: 'coap://files/f' }), read])
    expect(both.answers[1]).toMatchObject({ state: '1/0', uri: 'coap://files/f', values: { 11: 0, 13: 60 } })
    expect(seen(played([several({ 0: octets('image'), 1: 'coap://files/f' }), read]))).toEqual(['4.00', '0/0'])
  })
  test('may let what was downloaded be installed at once: 5/0/14 [LwM2M Core §E.6, Resource 14]', () => {
    const options: Around['options'] = () => ({ objectVersion: '1.2' })
    expect(seen(played([write('/5/0/14', true), image, read], { options }))).toEqual(['2.04', '2.04', '0/1'])
    expect(seen(played([write('/5/0/14', false), image, read], { options }))).toEqual(['2.04', '2.04', '2/0'])
  })
  test('Last State Change Time is when the State became another, not when the Result did [LwM2M Core §E.6, Resource 12]', () => {
    const at2030 = Date.UTC(2030, 0, 1) / 1000
    const { answers } = played([image, read, execute, read], { options: () => ({ install: () => throwError(() => new Error('no')) }) })
    expect([answers[1]?.values?.[12], answers[3]?.values?.[12]]).toEqual([at2030 + 4, at2030 + 8])
    const refused = played([uri('ftp://files/f'), read])
    expect([refused.answers[1]?.state, refused.answers[1]?.values?.[12]]).toEqual(['0/9', 0])
  })
})

test('the arguments of an Execute are for who is asked and for the installer, those of one that is refused for nobody', () => {
  const said: unknown[] = []
  const ordered = (given: Readonly<Record<number, string | null>>): ManagementOperation =>
    ({ ...execute, arguments: given }) as ManagementOperation
  const { answers } = played([ordered({ 1: 'early' }), image, ordered({ 0: 'quiet', 2: null }), read], {
    options: () => ({
      approve: (order) => (said.push(order.arguments), EMPTY),
      install: (_, order) => (said.push(order), EMPTY),
    }),
  })
  expect(answers.map((one) => one?.state ?? one?.code)).toEqual(['4.05', '2.04', '2.04', '0/1'])
  expect(said).toEqual([
    { 0: 'quiet', 2: null },
    { severity: 1, arguments: { 0: 'quiet', 2: null } },
  ])
})

describe('a deferral', () => {
  const asking = (approve: NonNullable<ReturnType<NonNullable<Around['options']>>['approve']>): Around => ({ options: () => ({ approve }) })
  test('lasts until who is asked agrees, and tells them what they are asked about [LwM2M Core §E.6, Resource 3]', () => {
    const orders: unknown[] = []
    const { answers } = played([write('/5/0/11', 0), image, execute, read, read, read], {
      options: ({ scheduler }) => ({
        name: 'n',
        version: '2',
        approve: (order) => {
          orders.push(order)
          return timer(3_000, scheduler)
        },
      }),
    })
    expect(answers.map((one) => one?.state ?? one?.code)).toEqual(['2.04', '2.04', '2.04', '2/11', '0/1', '0/1'])
    expect(orders).toEqual([{ severity: 0, name: 'n', version: '2', arguments: {}, untilUtcMs: Date.UTC(2030, 0, 2) + 8_000 }])
  })
  test('is not seen where they agree at once', () => {
    expect(
      seen(
        played(
          [image, execute, read],
          asking(() => EMPTY),
        ),
      ),
    ).toEqual(['2.04', '2.04', '0/1'])
  })
  test('that is refused leaves State 2 with Result 8, or the one that is said', () => {
    expect(
      seen(
        played(
          [image, execute, read],
          asking(() => throwError(() => new Error('no'))),
        ),
      ),
    ).toEqual(['2.04', '2.04', '2/8'])
    const small = () => throwError(() => new Lwm2mError('firmware', 'low battery', { cause: 2 }))
    expect(seen(played([image, execute, read], asking(small)))).toEqual(['2.04', '2.04', '2/2'])
  })
  test('goes on after a restart, and is over when it would have been [LwM2M Core §E.6, Resource 13]', () => {
    const first = played(
      [write('/5/0/13', 60), image, execute, read],
      asking(() => NEVER),
    )
    expect(first.answers[3]?.state).toBe('2/11')
    const asked: number[] = []
    const second = played([read, ...Array.from({ length: 31 }, () => read)], {
      stored: first.stored,
      options: ({ scheduler }) => ({ approve: () => (asked.push(scheduler.now()), NEVER) }),
    })
    const states = seen(second)
    // The clock of the second life is behind that of the order: then the whole period is counted, and no more. Asked at 62 s.
    expect([asked.length, states[0], states.indexOf('0/1')]).toEqual([1, '2/11', 29])
  })
  test('by the installer is Result 11, too; it is asked again when the period is over', () => {
    let tries = 0
    const { answers } = played([write('/5/0/13', 5), image, execute, read, read, read, read], {
      options: () => ({
        install: () => {
          tries++
          return concat(tries === 1 ? [{ outcome: 'deferred' as const, why: 'in use' }] : EMPTY)
        },
      }),
    })
    expect(answers.map((one) => one?.state ?? one?.code)).toEqual(['2.04', '2.04', '2.04', '2/11', '2/11', '0/1', '0/1'])
    expect(tries).toBe(2)
  })
  test('does not hold up anything else: the package can be cancelled [LwM2M Core §E.6, Resource 10]', () => {
    expect(
      seen(
        played(
          [image, execute, cancel, read, image, read],
          asking(() => NEVER),
        ),
      ),
    ).toEqual(['2.04', '2.04', '2.04', '0/10', '2.04', '2/0'])
  })
})

describe('a package may come', () => {
  const values = (options: Around['options'], around: Partial<Around> = {}) => {
    const { answers } = played([read], { ...around, ...(options === undefined ? {} : { options }) })
    const held = answers[0]?.values ?? {}
    return {
      9: held[9],
      8: Object.keys(held)
        .filter((id) => id.startsWith('8/'))
        .map((id) => held[id]),
    }
  }
  test('over what the device has: 5/0/8 and 5/0/9 say so, and coaps is not there without keys [LwM2M Core §E.6, Resources 8 and 9]', () => {
    expect(values(undefined)).toEqual({ 9: 2, 8: [0, 2, 3] })
    expect(values(undefined, { server: 'coaps://server' })).toEqual({ 9: 2, 8: [0, 1, 2, 3] })
    expect(values(() => ({ delivery: 'pull' }))).toEqual({ 9: 0, 8: [0, 2, 3] })
    expect(values(() => ({ delivery: 'push' }))).toEqual({ 9: 1, 8: [] })
    expect(values(() => ({ download: false }))).toEqual({ 9: 1, 8: [] })
    expect(values(() => ({ download: { http: false } }))).toEqual({ 9: 2, 8: [0] })
    expect(values(() => ({ download: { coap: false } }))).toEqual({ 9: 2, 8: [2, 3] })
    expect(values(() => ({ transports: ['dtls'] }), { server: 'coaps://server' })).toEqual({ 9: 2, 8: [1, 2, 3] })
  })
  test('only so: what is not offered is refused with Result 9 [LwM2M Core §E.6, Resource 5]', () => {
    const refused = (options: Around['options'], text: string, around: Partial<Around> = {}) =>
      seen(played([uri(text), read], { ...around, ...(options === undefined ? {} : { options }) }))
    expect(refused(() => ({ download: { http: false } }), 'https://files/f')).toEqual(['4.00', '0/9'])
    expect(refused(() => ({ download: { coap: false } }), 'coap://files/f')).toEqual(['4.00', '0/9'])
    expect(refused(() => ({ download: false }), 'coap://files/f')).toEqual(['4.00', '0/9'])
    expect(refused(undefined, 'coap+tcp://files/f')).toEqual(['4.00', '0/9'])
    expect(refused(undefined, 'coaps://files/f')).toEqual(['4.00', '0/9'])
    expect(refused(undefined, 'coaps://files/f', { server: 'coaps://server' })).toEqual(['4.00', '0/9'])
    expect(refused(undefined, 'coaps://server/f', { server: 'coaps://server' })).toEqual(['2.04', '1/0'])
  })
  test('and its name and version are cut to 255 octets of whole characters', () => {
    const { answers } = played([image, read], {
      options: () => ({ name: 'ü'.repeat(200), verify: () => EMPTY }),
    })
    expect(answers[1]?.values?.[6]).toBe('ü'.repeat(127))
  })
})
