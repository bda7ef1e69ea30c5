/** Notifications while a server cannot be reached: kept with their times and reported afterwards (LwM2M Core 1.2.2 §6.4.2, §7.3.2, §E.2). */
import { describe, expect, test } from 'vitest'
import type { AttributeChanges, ManagementOperation } from '../../src/operation/operation.ts'
import { timeOf } from '../../src/client/stored.ts'
import { at, changed, created, device, failed, fed, node, opened, play, requested, response } from './device.ts'

const value = '/3200/0/1'
const observe = (path = value, attributes?: AttributeChanges): ManagementOperation => ({
  type: 'observe',
  path: at(path),
  accept: 112,
  ...(attributes === undefined ? {} : { attributes }),
})
/** The format that the first answer went in. */
const answeredIn = (contentFormat: number, exchange = 2) => ({
  type: 'responded',
  exchange,
  remote: 'account 0',
  operation: observe(),
  code: '2.05',
  contentFormat,
  last: false,
})
/** Seconds since 1970 when a ladder begins. */
const clock = 1_893_456_000
const said = (...values: readonly (readonly [value: number, time?: number])[]) =>
  response(2, '2.05', { nodes: values.map(([one, time]) => ({ value: one, ...(time === undefined ? {} : { time: clock + time }) })) })
const digits = Object.fromEntries([1, 2, 3, 4, 5].map((digit) => [String(digit), fed(value, digit)]))
const words = {
  y: requested(2, observe()),
  k: answeredIn(112),
  z: said([50]),
  F: { type: 'offline' },
  N: { type: 'online' },
  u: changed,
  ...digits,
}

describe('what could not be sent', () => {
  test('goes when the registration is resumed, in order, each value with its time [LwM2M Core §E.2]', () => {
    play(
      device(),
      { ...words, H: said([1, 7], [2, 8]) },
      { received: '(oc)yk-----ou', submitted: '------F12-N', transmitted: '(OR)z-C---OUH' },
    )
  })
  test('is the newest alone where the format has no times', () => {
    const seen = play(
      device(),
      { ...words, k: answeredIn(11542), H: said([2]) },
      { received: '(oc)yk-----ou', submitted: '------F12-N', transmitted: '(OR)z-C---OUH' },
    )
    expect((seen.transmitted.at(-1)!.value as { outcome: { nodes: readonly object[] } }).outcome.nodes).toEqual([node(value, 2)])
  })
  test('is dropped where the Server Object says so, and the next change counts [LwM2M Core §E.2]', () => {
    play(
      device([{ notificationStoring: false }]),
      { ...words, d: said([3]) },
      { received: '(oc)yk-----ou', submitted: '------F12-N---3', transmitted: '(OR)z-C---OU--d' },
    )
  })
  test('hqmax: at most so many, the oldest go [LwM2M Core §7.3.2]', () => {
    play(
      device(),
      { ...words, y: requested(2, observe(value, { hqmax: 2 })), H: said([2, 8], [3, 9]) },
      { received: '(oc)yk------ou', submitted: '------F123-N', transmitted: '(OR)z-C----OUH' },
    )
  })
  test('hqmax 0: nothing is kept [LwM2M Core §7.3.2]', () => {
    play(
      device(),
      { ...words, y: requested(2, observe(value, { hqmax: 0 })) },
      { received: '(oc)yk-----ou', submitted: '------F12-N', transmitted: '(OR)z-C---OU-' },
    )
  })
  test('the bound of an account: the oldest go', () => {
    play(
      device([{}], { limits: { storedPerAccountMax: 2 } }),
      { ...words, H: said([2, 8], [3, 9]) },
      { received: '(oc)yk------ou', submitted: '------F123-N', transmitted: '(OR)z-C----OUH' },
    )
  })
  test('pmin goes on counting meanwhile', () => {
    // Measured at 7, 8 and 11 s; the first answer was at 4 s, so the next value is taken at 14 s.
    play(
      device(),
      { ...words, y: requested(2, observe(value, { pmin: 10 })), H: said([3, 14]) },
      { received: '(oc)yk-----------ou', submitted: '------F12---3---N', transmitted: '(OR)z-C---------OUH' },
    )
  })
  test('what was observed went: 4.04 when somebody hears it [RFC 7641 §3.2]', () => {
    const gone = { type: 'change', changes: [{ type: 'delete', path: at('/3200/0') }] }
    play(
      device(),
      { ...words, g: gone, E: response(2, '4.04') },
      { received: '(oc)yk-----ou', submitted: '------Fg--N', transmitted: '(OR)z-C---OUE' },
    )
  })
  test('before the clock is set: seconds before the moment of sending (RFC 8428 §4.5.3)', () => {
    expect([
      timeOf({ now: 9_000, wall: 5_000, dice: [] as never }, 4_000),
      timeOf({ now: 9_000, wall: 1e12, dice: [] as never }, 4_000),
    ]).toEqual([-5, 999_999_995])
  })
  test('a new registration has no observations, and nothing of the old one is reported [LwM2M Core §6.4.1]', () => {
    play(
      device(),
      { ...words, t: failed('timeout'), p: opened(), s: created() },
      { received: '(oc)yk-----ot----(ps)', submitted: '------F12-N', transmitted: '(OR)z-C---OU(CXO)R' },
    )
  })
})
