/** Update: when it is sent, and what it carries (LwM2M Core 1.2.2 §6.2.2). */
import { describe, expect, test } from 'vitest'
import { updateAfterMs } from '../../src/client/registration.ts'
import { at, changed, device, node, play, requested, response } from './device.ts'

const operations = (seen: ReturnType<typeof play>) =>
  seen.transmitted.flatMap(({ value }) =>
    (value as { type: string }).type === 'perform' ? [(value as { operation: { type: string } }).operation] : [],
  )

describe('when', () => {
  test('the first of half the lifetime and the lifetime less MAX_TRANSMIT_WAIT that is later, after each success [LwM2M Core §6.2.2]', () => {
    play(device([{ lifetimeSeconds: 60 }]), { u: changed }, { received: '(oc)   26s -u', transmitted: '(OR)   26s U 30s U' })
    // Registered at 0; the first Update at 30 s answered at 31 s; the second at 61 s.
  })

  test.each([
    [60, 30_000],
    [186, 93_000],
    [86_400, 86_307_000],
    [1, 500],
    [0, Infinity],
  ])('a lifetime of %d s gives an Update after %d ms', (lifetimeSeconds, afterMs) => {
    expect(updateAfterMs(lifetimeSeconds, 93_000)).toBe(afterMs)
  })

  test('a lifetime of 0 needs no Update', () => {
    play(device([{ lifetimeSeconds: 0 }]), {}, { received: '(oc)', transmitted: '(OR)' }, { untilMs: 10_000_000 })
  })

  test('an Update that nothing changed carries nothing', () => {
    const seen = play(device([{ lifetimeSeconds: 60 }]), {}, { received: '(oc)', transmitted: '(OR) 26s U' })
    expect(operations(seen)[1]).toEqual({ type: 'update', location: ['rd', 'x'] })
  })

  test('the application can ask for one', () => {
    play(device(), { a: { type: 'update' } }, { received: '(oc)', submitted: '----a', transmitted: '(OR)U' })
  })
})

describe('what changed is said at once, and only that', () => {
  const lifetime = requested(1, { type: 'write', mode: 'replace', path: at('/1/0/1'), nodes: [node('/1/0/1', 300)] })

  test('a new lifetime [LwM2M Core §6.2.2]', () => {
    const seen = play(device(), { w: lifetime, r: response(1, '2.04') }, { received: '(oc)w', transmitted: '(OR)(rU)' })
    expect(operations(seen)[1]).toEqual({ type: 'update', location: ['rd', 'x'], lifetimeSeconds: 300 })
  })

  test('from then on the new lifetime counts', () => {
    play(device(), { w: lifetime, r: response(1, '2.04'), u: changed }, { received: '(oc)wu', transmitted: '(OR)(rU) 204s U' })
  })

  test('new Object Instances [LwM2M Core §6.2.2]', () => {
    const create = { type: 'change', changes: [{ type: 'create', object: 3303, instance: 4, nodes: [node('/3303/4/5700', 1)] }] }
    const seen = play(device(), { a: create }, { received: '(oc)', submitted: '----a', transmitted: '(OR)U' })
    expect(operations(seen)[1]).toMatchObject({ type: 'update', location: ['rd', 'x'] })
    expect(JSON.stringify(operations(seen)[1])).toContain('"object":3303,"instance":4')
    expect(operations(seen)[1]).not.toHaveProperty('lifetimeSeconds')
  })

  test('what changes while an Update is under way goes with another', () => {
    const other = requested(2, { type: 'write', mode: 'replace', path: at('/1/0/1'), nodes: [node('/1/0/1', 400)] })
    const seen = play(
      device(),
      { w: lifetime, x: other, r: response(1, '2.04'), s: response(2, '2.04'), u: changed },
      { received: '(oc)w---xu', transmitted: '(OR)(rU)sU' },
    )
    expect(operations(seen)[2]).toEqual({ type: 'update', location: ['rd', 'x'], lifetimeSeconds: 400 })
  })

  test('a value is no such change', () => {
    play(
      device(),
      { f: { type: 'fed', path: at('/3303/0/5700'), value: 3 } },
      { received: '(oc)', submitted: '----f', transmitted: '(OR)-' },
    )
  })
})

describe('Registration Update Trigger', () => {
  test('Execute of /1/x/8 is answered, then an Update is sent [LwM2M Core §E.2]', () => {
    play(
      device(),
      { e: requested(1, { type: 'execute', path: at('/1/0/8'), arguments: {} }), r: response(1, '2.04'), u: changed },
      { received: '(oc)e---u', transmitted: '(OR)(rU)-' },
    )
  })
})
