/** Observe and Notify: pmin, pmax, gt, lt, st at every level (LwM2M Core 1.2.2 §7.3.2, §6.4; RFC 7641). */
import { describe, expect, test } from 'vitest'
import type { AttributeChanges, ManagementOperation } from '../../src/operation/operation.ts'
import { at, created, device, failed, fed, node, opened, play, requested, response } from './device.ts'

const observe = (path: string, attributes?: AttributeChanges): ManagementOperation => ({
  type: 'observe',
  path: at(path),
  ...(attributes === undefined ? {} : { attributes }),
})
const attach = (path: string, attributes: AttributeChanges): ManagementOperation => ({
  type: 'write-attributes',
  path: at(path),
  attributes,
})
const value = '/3200/0/1'
const on = '/3200/0/6'
/** The observation is request 2, an attached attribute request 1. A digit is that value fed or notified. */
const digits = (path: string, all: readonly number[]) => Object.fromEntries(all.map((digit) => [String(digit), fed(path, digit)]))
const n = (digit: number) => response(2, '2.05', { nodes: [{ value: digit }] })
const notes = { a: n(1), b: n(2), d: n(3), e: n(4), f: n(5), g: n(9), z: n(50) }

/** With these attributes, and the values fed from 8 s on, one a second, the first observed being 50 at 6 s. */
const watch = (attributes: AttributeChanges, submitted: string, transmitted: string, lifetime = {}) =>
  play(
    device([{ ...lifetime }]),
    {
      w: requested(1, attach(value, attributes)),
      y: requested(2, observe(value)),
      r: response(1, '2.04'),
      ...notes,
      ...digits(value, [1, 2, 3, 4, 5, 9]),
    },
    { received: '(oc)w-y', submitted: `--------${submitted}`, transmitted: `(OR)r-z-${transmitted}` },
  )

describe('a notification', () => {
  test('goes out at once when the value changed, and not when it did not [LwM2M Core §6.4.3]', () => {
    watch({}, '1122', 'a-b-')
  })
  test('carries the Resource that changed, or everything at the observed path', () => {
    const seen = play(
      device(),
      { y: requested(2, observe('/3303')), f: fed('/3303/0/5700', 7) },
      { received: '(oc)y', submitted: '-----f', transmitted: '*' },
    )
    expect(seen.transmitted.at(-1)!.value).toMatchObject({
      exchange: 2,
      last: false,
      outcome: { code: '2.05', nodes: [node('/3303/0/5700', 7), node('/3303/0/5701', 'Cel')] },
    })
  })
  test.each(['/3200', '/3200/0', '/3200/0/2', '/3200/0/2/1'])('%s: the change of a Resource Instance is noticed there', (path) => {
    const seen = play(
      device(),
      { y: requested(2, observe(path)), f: fed('/3200/0/2', { 0: 7, 1: 99 }) },
      { received: '(oc)y', submitted: '-----f', transmitted: '*' },
    )
    expect(seen.transmitted.filter(({ value: word }) => response(2, '2.05')(word)).length).toBe(2)
  })
  test('does not go to those who observe something else', () => {
    play(
      device(),
      { y: requested(2, observe('/3200/1')), x: response(2, '2.05'), f: fed('/3200/0/1', 1) },
      { received: '(oc)y', submitted: '-----f', transmitted: '(OR)x-' },
    )
  })
  test('goes out once for everything that one Write changed [LwM2M Core §6.4.3]', () => {
    const w: ManagementOperation = {
      type: 'write',
      mode: 'partial',
      path: at('/3200/0'),
      nodes: [node('/3200/0/0', 'x'), node('/3200/0/1', 1)],
    }
    play(
      device(),
      { y: requested(2, observe('/3200/0')), w: requested(3, w), x: response(2, '2.05'), r: response(3, '2.04') },
      { received: '(oc)y-w', transmitted: '(OR)x-(rx)' },
    )
  })
})

describe('pmin and pmax', () => {
  test('a change within pmin waits for its end, and the newest value is sent [LwM2M Core §7.3.2]', () => {
    // The first answer is at 6 s, so 11 s is the earliest.
    watch({ pmin: 5 }, '123-45', '---d----f')
  })
  test('a value that went back within pmin is not sent', () => {
    play(
      device(),
      {
        w: requested(1, attach(value, { pmin: 5 })),
        y: requested(2, observe(value)),
        r: response(1, '2.04'),
        z: n(50),
        1: fed(value, 1),
        2: fed(value, 50),
      },
      { received: '(oc)w-y', submitted: '--------12', transmitted: '(OR)r-z 10s -' },
    )
  })
  test('at pmax the value is sent though nothing changed, and again [LwM2M Core §7.3.2]', () => {
    watch({ pmax: 3 }, '------', '-z--z--z')
  })
  test('pmax below pmin is not there [LwM2M Core §7.3.2]', () => {
    watch({ pmin: 4, pmax: 2 }, '-----', '-----')
  })
  test('the Server Object has the defaults [LwM2M Core §E.2]', () => {
    watch({}, '12', '---b', { defaultPminSeconds: 5 })
    watch({}, '-', '-z--z', { defaultPmaxSeconds: 3 })
  })
  test('a default that a server changes counts from then on [LwM2M Core §E.2]', () => {
    const pmax: ManagementOperation = { type: 'write', mode: 'replace', path: at('/1/0/3'), nodes: [node('/1/0/3', 3)] }
    play(
      device(),
      { y: requested(2, observe(value)), w: requested(1, pmax), r: response(1, '2.04'), z: n(50) },
      { received: '(oc)y-w', transmitted: '(OR)z-rz--z' },
    )
  })
  test('an attached attribute goes before the default', () => {
    watch({ pmin: 0 }, '12', 'ab', { defaultPminSeconds: 5 })
  })
  test('a Resource has what is attached to its Object Instance, and that what is attached to its Object [LwM2M Core §7.3.2]', () => {
    const play1 = (path: string) =>
      play(
        device(),
        {
          w: requested(1, attach(path, { pmin: 5 })),
          y: requested(2, observe(value)),
          r: response(1, '2.04'),
          z: n(50),
          a: n(1),
          1: fed(value, 1),
        },
        { received: '(oc)w-y', submitted: '--------1', transmitted: '(OR)r-z----a' },
      )
    play1('/3200')
    play1('/3200/0')
  })
  test('what is attached to a Resource does not count for who observes its Object Instance [LwM2M Core §7.3.2]', () => {
    play(
      device(),
      {
        w: requested(1, attach(value, { pmin: 5 })),
        y: requested(2, observe('/3200/0')),
        r: response(1, '2.04'),
        z: response(2, '2.05'),
        1: fed(value, 1),
      },
      { received: '(oc)w-y', submitted: '--------1', transmitted: '(OR)r-z-z' },
    )
  })
  test('attributes that are attached later count from then on', () => {
    play(
      device(),
      { y: requested(2, observe(value)), w: requested(1, attach(value, { pmax: 3 })), r: response(1, '2.04'), z: n(50) },
      { received: '(oc)y-w', transmitted: '(OR)z-rz--z' },
    )
  })
})

describe('gt, lt and st', () => {
  test('gt: only when it is crossed, either way [LwM2M Core §7.3.2]', () => {
    // 50 is above 4; then 3 crosses, 2 and 1 do not, 5 crosses.
    watch({ gt: 4 }, '32159', 'd--f-')
  })
  test('lt: only when it is crossed, either way [LwM2M Core §7.3.2]', () => {
    watch({ lt: 4 }, '95321', '--d--')
  })
  test('st: when it has moved by so much since the last notification [LwM2M Core §7.3.2]', () => {
    watch({ st: 2 }, '12345', 'a-d-f')
  })
  test('the value that crossed is the value that is sent, even if it has gone back when pmin ends', () => {
    // 3 crosses, 5 crosses back: each is notified, five seconds apart, as it was.
    watch({ gt: 4, pmin: 5 }, '35', '---d----f')
  })
})

describe('attributes in the Observe request', () => {
  test('go before those attached, for this observation alone (LwM2M 1.2) [LwM2M Core §7.3.2]', () => {
    play(
      device(),
      {
        w: requested(1, attach(value, { pmin: 60 })),
        y: requested(2, observe(value, { pmin: 5 })),
        r: response(1, '2.04'),
        z: n(50),
        a: n(1),
        1: fed(value, 1),
      },
      { received: '(oc)w-y', submitted: '--------1', transmitted: '(OR)r-z----a' },
    )
  })
  test('edge: only the transition that was asked for', () => {
    const bool = (truth: boolean) => response(2, '2.05', { nodes: [{ value: truth }] })
    play(
      device(),
      { y: requested(2, observe(on, { edge: 1 })), F: bool(false), T: bool(true), t: fed(on, true), f: fed(on, false) },
      { received: '(oc)y', submitted: '------tftf', transmitted: '(OR)F-T-T-' },
    )
  })
  test('con: whether notifications are confirmable', () => {
    const seen = play(
      device(),
      { y: requested(2, observe(value, { con: 1 })), 1: fed(value, 1) },
      { received: '(oc)y', submitted: '-----1', transmitted: '*' },
    )
    expect(seen.transmitted.at(-1)!.value).toMatchObject({ confirmable: true })
  })
})

describe('the end of an observation', () => {
  const x = { type: 'cancelled', exchange: 2, remote: 'account 0' }
  test('the server cancelled, or rejected a notification [RFC 7641 §3.6]', () => {
    play(
      device(),
      { y: requested(2, observe(value)), x, z: n(50), ...digits(value, [1]) },
      { received: '(oc)y-x', submitted: '--------1', transmitted: '(OR)z---' },
    )
  })
  test('what was observed is gone: 4.04, for the last time [RFC 7641 §3.2]', () => {
    const seen = play(
      device(),
      {
        y: requested(2, observe(value)),
        q: requested(3, { type: 'delete', path: at('/3200/0') }),
        z: n(50),
        g: response(2, '4.04'),
        r: response(3, '2.02'),
      },
      { received: '(oc)y-q', transmitted: '*' },
    )
    expect(seen.transmitted.some(({ value: word }) => response(2, '4.04')(word) && (word as { last: boolean }).last)).toBe(true)
  })
  test('a new registration begins without observations [LwM2M Core §6.4]', () => {
    play(
      device([{ lifetimeSeconds: 60 }]),
      { y: requested(2, observe(value)), t: failed('timeout'), p: opened(), s: created(), z: n(50), ...digits(value, [1]) },
      { received: '(oc)y 26s t----(ps)', submitted: '41s 1', transmitted: '(OR)z 25s U(CXO)R 4s -' },
    )
  })
  test('attributes outlast the registration', () => {
    play(
      device([{ lifetimeSeconds: 60 }]),
      {
        w: requested(1, attach(value, { pmin: 5 })),
        r: response(1, '2.04'),
        y: requested(2, observe(value)),
        t: failed('timeout'),
        z: n(50),
        a: n(1),
        ...digits(value, [1]),
      },
      { received: '(oc)w 26s t---(oc)--y', submitted: '44s 1', transmitted: '(OR)r 25s U(CO)R 5s z----a' },
    )
  })
})

test('a second observation of the same path is one of its own', () => {
  play(
    device(),
    { y: requested(2, observe(value)), q: requested(3, observe(value)), z: n(50), s: response(3, '2.05'), a: n(1), ...digits(value, [1]) },
    { received: '(oc)yq', submitted: '-------1', transmitted: '(OR)zs-(as)' },
  )
})

test('without room for one more the answer is that of a Read [RFC 7641 §4.1]', () => {
  const seen = play(
    device([{}], { limits: { observationsMax: 1 } }),
    { y: requested(2, observe(value)), q: requested(3, observe(on)) },
    { received: '(oc)yq', transmitted: '*' },
  )
  expect(seen.transmitted.slice(-2).map(({ value: word }) => (word as { last: boolean }).last)).toEqual([false, true])
})
