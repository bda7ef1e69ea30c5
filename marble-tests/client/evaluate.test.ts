/** epmin and epmax: how often what is read on demand is read for an observation (LwM2M Core 1.2.2 §7.3.2). One character is one second. */
import { NEVER } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { instances } from '../../src/client/objects.ts'
import type { Value } from '../../src/model/value.ts'
import type { AttributeChanges, ManagementOperation } from '../../src/operation/operation.ts'
import { like } from '../../src/testing/index.ts'
import { at, device, everything, fed, objects, play, requested, response } from './device.ts'

const value = '/3200/0/1'
const other = '/3200/0/2'
const sensor = () => device([{}], { has: [objects[0]!, instances(everything, { 0: { 1: { read: () => NEVER }, 2: { 0: 7 } } })] })
const observe = (attributes?: AttributeChanges, path = value): ManagementOperation => ({
  type: 'observe',
  path: at(path),
  ...(attributes === undefined ? {} : { attributes }),
})
/** The application reads: the transactions of a ladder are numbered from 1. */
const reads = (transaction: number, one: Value) => ({ type: 'decided', transaction, path: value, code: '2.05', value: one })
const n = (one: number) => response(2, '2.05', { nodes: [{ value: one }] })
/** What is asked of the application, and when, in whole seconds. */
const wantedAt = (attributes: AttributeChanges | undefined, lanes: { received: string; submitted: string }, untilMs = 30_000) => {
  const seen = play(
    sensor(),
    {
      y: requested(2, observe(attributes)),
      R: requested(9, { type: 'read', path: at(value) }),
      1: reads(1, 1),
      2: reads(2, 2),
      3: reads(3, 3),
      4: reads(4, 4),
      5: reads(5, 5),
    },
    { ...lanes, transmitted: '*', delivered: '*' },
    { untilMs },
  )
  return {
    wanted: seen.delivered.filter(({ value: word }) => like({ type: 'want' })(word)).map(({ at: instant }) => instant / 1000),
    notified: seen.transmitted.filter(({ value: word }) => like({ type: 'respond', exchange: 2 })(word)).length,
  }
}

describe('a Resource that is read on demand', () => {
  test('is read once for the Observe, and not again by itself', () => {
    expect(wantedAt(undefined, { received: '(oc)y', submitted: '-----1' })).toEqual({ wanted: [4], notified: 1 })
  })
  test('epmax: is read at least so often, and reported when it changed [LwM2M Core §7.3.2]', () => {
    // The first reading is there at 5 s; each answer comes a second after its question.
    expect(wantedAt({ epmax: 5 }, { received: '(oc)y', submitted: '-----1-----2-----3' }, 20_000)).toEqual({
      wanted: [4, 10, 16],
      notified: 3,
    })
  })
  test('pmax reads it, too', () => {
    expect(wantedAt({ pmax: 8 }, { received: '(oc)y', submitted: '-----1--------2' }, 20_000)).toEqual({ wanted: [4, 13], notified: 2 })
  })
  test('epmin: a reading that is younger is good enough at pmax [LwM2M Core §7.3.2]', () => {
    expect(wantedAt({ pmax: 3, epmin: 7 }, { received: '(oc)y', submitted: '-----1' }, 10_500)).toEqual({ wanted: [4], notified: 2 })
  })
  test('epmin: what somebody else reads meanwhile is looked at when it has passed [LwM2M Core §7.3.2]', () => {
    // Read by the server at 7 s: not looked at before 5 + 10 s; then it is read anew.
    const seen = wantedAt({ epmin: 10 }, { received: '(oc)y--R', submitted: '-----1--2-------3' })
    expect(seen).toEqual({ wanted: [4, 7, 15], notified: 2 })
  })
  test('without epmin it is looked at at once', () => {
    expect(wantedAt(undefined, { received: '(oc)y--R', submitted: '-----1--2' })).toEqual({ wanted: [4, 7], notified: 2 })
  })
})

test('epmin is nothing to what the application feeds by itself [LwM2M Core §7.3.2]', () => {
  play(
    device(),
    { y: requested(2, observe({ epmin: 60 })), z: n(50), a: n(1), 1: fed(value, 1) },
    { received: '(oc)y', submitted: '------1', transmitted: '(OR)z-a' },
  )
})

describe('a Resource with several Resource Instances', () => {
  const riOf = (...all: readonly number[]) => response(2, '2.05', { nodes: all.map((one) => ({ value: one })) })
  test('is judged for each of them: one that crosses is enough [LwM2M Core §7.3.2]', () => {
    play(
      device(),
      {
        y: requested(2, observe({ gt: 10 }, other)),
        z: riOf(7, 8),
        1: fed(other, { 0: 9, 1: 9 }),
        2: fed(other, { 0: 9, 1: 11 }),
        3: fed(other, { 0: 10, 1: 12 }),
        4: fed(other, { 0: 11, 1: 13 }),
        a: riOf(9, 11),
        b: riOf(11, 13),
      },
      { received: '(oc)y', submitted: '-----1234', transmitted: '(OR)z-a-b' },
    )
  })
  test('is reported when one comes or goes', () => {
    play(
      device(),
      {
        y: requested(2, observe(undefined, other)),
        z: riOf(7, 8),
        1: fed(other, { 0: 7, 1: 8, 2: 9 }),
        2: fed(other, { 2: 9 }),
        a: riOf(7, 8, 9),
        b: riOf(9),
      },
      { received: '(oc)y', submitted: '-----12', transmitted: '(OR)zab' },
    )
  })
})

describe('attributes in an Observe request', () => {
  test.each<[AttributeChanges, string]>([
    [{ epmin: 9, epmax: 3 }, value],
    [{ gt: 3, lt: 5 }, value],
    [{ edge: 1 }, value],
    [{ gt: 3 }, '/3200/0'],
  ])('%o at %s make no sense: 4.00, and nothing is observed [LwM2M Core §6.4.1]', (attributes, path) => {
    const seen = play(
      device(),
      { y: requested(2, observe(attributes, path)), e: response(2, '4.00'), 1: fed(value, 1) },
      { received: '(oc)y', submitted: '-----1', transmitted: '(OR)e-' },
    )
    expect(seen.transmitted.at(-1)!.value).toMatchObject({ last: true })
  })
  test('with what is attached they must make sense, too: lt 40 in the request, gt 41 and st 2 attached [LwM2M Core §7.3.2]', () => {
    play(
      device(),
      {
        w: requested(1, { type: 'write-attributes', path: at(value), attributes: { gt: 41, st: 2 } }),
        r: response(1, '2.04'),
        y: requested(2, observe({ lt: 40 })),
        e: response(2, '4.00'),
      },
      { received: '(oc)wy', transmitted: '(OR)re' },
    )
  })
  test('are not of LwM2M 1.1: 4.00 [LwM2M Core §6.4.1]', () => {
    play(
      device([{ version: '1.1' }]),
      { y: requested(2, observe({ pmin: 3 })), e: response(2, '4.00') },
      { received: '(oc)y', transmitted: '(OR)e' },
    )
  })
  test('cannot be seen by Discover [LwM2M Core §6.4.1]', () => {
    const seen = play(
      device(),
      { y: requested(2, observe({ pmin: 3 })), d: requested(3, { type: 'discover', path: at(value) }) },
      { received: '(oc)yd', transmitted: '*' },
    )
    expect(JSON.stringify(seen.transmitted.at(-1)!.value)).not.toContain('pmin')
  })
})

describe('con', () => {
  const confirmables = (account: object, attributes?: AttributeChanges) => {
    const seen = play(
      device([account]),
      { y: requested(2, observe(attributes)), 1: fed(value, 1) },
      { received: '(oc)y', submitted: '-----1', transmitted: '*' },
    )
    return (seen.transmitted.at(-1)!.value as { confirmable?: boolean }).confirmable
  }
  test('absent: the Default Notification Mode decides, and without it the exchange layer [LwM2M Core §E.2]', () => {
    expect(confirmables({})).toBeUndefined()
    expect(confirmables({ notificationMode: 'confirmable' })).toBe(true)
    expect(confirmables({ notificationMode: 'non-confirmable' })).toBe(false)
  })
  test('of the observation goes before it [LwM2M Core §7.3.2]', () => {
    expect(confirmables({ notificationMode: 'confirmable' }, { con: 0 })).toBe(false)
    expect(confirmables({ notificationMode: 'non-confirmable' }, { con: 1 })).toBe(true)
  })
})
