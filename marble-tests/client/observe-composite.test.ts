/** Observe-Composite: several paths as one observation (LwM2M Core 1.2.2 §6.4.4, §6.4.5). One character is one second. */
import { EMPTY } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { instances } from '../../src/client/objects.ts'
import { temperature } from '../../src/objects/temperature.ts'
import type { AttributeChanges, ManagementOperation } from '../../src/operation/operation.ts'
import { at, device, everything, fed, node, objects, play, requested, response } from './device.ts'

const observe = (paths: readonly string[], attributes?: AttributeChanges): ManagementOperation => ({
  type: 'observe-composite',
  paths: paths.map(at),
  ...(attributes === undefined ? {} : { attributes }),
})
const attach = (path: string, attributes: AttributeChanges): ManagementOperation => ({
  type: 'write-attributes',
  path: at(path),
  attributes,
})
const level = '/3200/0/1'
const celsius = '/3303/0/5700'
const both = (one: number, other: number) => response(2, '2.05', { nodes: [node(level, one), node(celsius, other)] })
const watched = { y: requested(2, observe([level, celsius])), z: both(50, 20) }
const celsiusFed = fed(celsius, 20)

describe('an observation of several paths', () => {
  test('carries every path at each change of any [LwM2M Core §6.4.4]', () => {
    play(
      device(),
      { ...watched, i: celsiusFed, 1: fed(level, 1), 2: fed(celsius, 2), a: both(1, 20), b: both(1, 2) },
      { received: '(oc)-y', submitted: '----i-12', transmitted: '(OR)-zab' },
    )
  })
  test('passes over what is not there, and shows it when it comes [LwM2M Core §6.4.4]', () => {
    const create: ManagementOperation = { type: 'create', path: at('/3200'), instance: 5, nodes: [node('/3200/5/1', 7)] }
    const remove: ManagementOperation = { type: 'delete', path: at('/3200/5') }
    const first = response(2, '2.05', { nodes: [node(level, 50)] })
    const more = response(2, '2.05', { nodes: [node(level, 50), node('/3200/5/1', 7)] })
    play(
      device(),
      {
        y: requested(2, observe([level, '/3200/5/1'])),
        n: requested(3, create),
        d: requested(4, remove),
        z: first,
        m: more,
        N: response(3, '2.01'),
        D: response(4, '2.02'),
        U: 'U',
      },
      { received: '(oc)yn---d', transmitted: '*' },
    )
    const seen = play(
      device(),
      { y: requested(2, observe([level, '/3200/5/1'])), n: requested(3, create), d: requested(4, remove) },
      { received: '(oc)yn---d', transmitted: '*' },
    )
    const notified = seen.transmitted.map(({ value }) => value).filter(response(2, '2.05'))
    expect(notified.map((word) => (word as { outcome: { nodes: readonly unknown[] } }).outcome.nodes.length)).toEqual([1, 2, 1])
  })
  test('of nothing that is there is one all the same', () => {
    const seen = play(device(), { y: requested(2, observe(['/3200/9/1'])) }, { received: '(oc)y', transmitted: '*' })
    expect(seen.transmitted.at(-1)!.value).toMatchObject({ exchange: 2, last: false, outcome: { code: '2.05', nodes: [] } })
  })
  test('ends when its server cancels it', () => {
    play(
      device(),
      { ...watched, i: celsiusFed, x: { type: 'cancelled', exchange: 2, remote: 'account 0' }, 1: fed(level, 1) },
      { received: '(oc)-yx', submitted: '----i--1', transmitted: '(OR)-z--' },
    )
  })
})

describe('the attributes of an observation of several paths', () => {
  const one = { i: celsiusFed, 1: fed(level, 1), a: both(1, 20) }
  test('its own count for all of it, and those attached do not [LwM2M Core §6.4.4]', () => {
    play(
      device(),
      {
        ...one,
        w: requested(1, attach(level, { pmin: 60 })),
        r: response(1, '2.04'),
        y: requested(2, observe([level, celsius], { pmin: 4 })),
        z: both(50, 20),
      },
      { received: '(oc)wy', submitted: '----i-1', transmitted: '(OR)rz---a' },
    )
  })
  test('without its own the strictest of its paths count: the longest pmin, the shortest pmax', () => {
    play(
      device(),
      {
        ...one,
        w: requested(1, attach(level, { pmin: 2, pmax: 60 })),
        v: requested(3, attach(celsius, { pmin: 4, pmax: 6 })),
        r: response(1, '2.04'),
        s: response(3, '2.04'),
        y: requested(2, observe([level, celsius])),
        z: both(50, 20),
      },
      { received: '(oc)wvy', submitted: '----i--1', transmitted: '(OR)rsz---a-----a' },
    )
  })
  test('each path has its own thresholds [LwM2M Core §6.4.2]', () => {
    play(
      device(),
      {
        ...one,
        w: requested(1, attach(celsius, { gt: 30 })),
        r: response(1, '2.04'),
        y: requested(2, observe([level, celsius])),
        z: both(50, 20),
        5: fed(celsius, 25),
        6: fed(celsius, 35),
        b: both(1, 25),
        d: both(1, 35),
      },
      // 25 crosses nothing, but goes along when the level changes.
      { received: '(oc)wy', submitted: '----i-516', transmitted: '(OR)rz-bd' },
    )
  })
  test.each([{ gt: 3 }, { st: 1 }, { edge: 1 }, { hqmax: 4 }])('%o is not for several paths: 4.00 [LwM2M Core §6.4.4]', (attributes) => {
    play(
      device(),
      { y: requested(2, observe([level, celsius], attributes)), e: response(2, '4.00') },
      { received: '(oc)y', transmitted: '(OR)e' },
    )
  })
  test('con of any path makes the notification confirmable [LwM2M Core §7.3.2]', () => {
    const seen = play(
      device([{ notificationMode: 'non-confirmable' }]),
      { ...one, w: requested(1, attach(celsius, { con: 1 })), y: requested(2, observe([level, celsius])) },
      { received: '(oc)wy', submitted: '----i-1', transmitted: '*' },
    )
    expect(seen.transmitted.at(-1)!.value).toMatchObject({ exchange: 2, confirmable: true })
  })
})

test('more paths than there is room for are answered like a Read', () => {
  const seen = play(
    device([{}], { limits: { observedPathsMax: 1 } }),
    { y: requested(2, observe([level, celsius])) },
    { received: '(oc)y', transmitted: '*' },
  )
  expect(seen.transmitted.at(-1)!.value).toMatchObject({ exchange: 2, last: true, outcome: { code: '2.05' } })
})

test('another server has its own, with its own attributes [LwM2M Core §7.3.2]', () => {
  const seen = play(
    device([{}, {}], {
      has: [
        ...objects.slice(0, 1),
        instances(temperature, { 0: { 5700: 20, 5605: () => EMPTY } }),
        instances(everything, { 0: { 1: 50 } }),
      ],
    }),
    {
      p: { type: 'opened', remote: 'account 1', address: '192.0.2.2:5683', local: '192.0.2.9:40000' },
      s: {
        type: 'performed',
        exchange: '0000000000000000',
        remote: 'account 1',
        operation: { type: 'deregister', location: [] },
        outcome: { code: '2.01', location: ['rd', 'y'] },
        last: true,
      },
      w: requested(1, attach(level, { pmin: 60 }), 1),
      y: requested(2, observe([level])),
      v: requested(3, observe([level]), 1),
      1: fed(level, 1),
    },
    { received: '(opcs)-wyv', submitted: '----------1', transmitted: '*' },
  )
  expect(seen.transmitted.filter(({ value }) => response(2, '2.05')(value)).length).toBe(2)
  expect(seen.transmitted.filter(({ value }) => response(3, '2.05')(value)).length).toBe(1)
})
