/** The Firmware Update object's states: what each refuses, what a reset leaves, whose report counts (LwM2M Core §E.6). */
import { expect, test } from 'vitest'
import type { Step } from '../../src/core/machine.ts'
import { update, type Update, type UpdateEffect, type UpdateEvent, type UpdateMachine } from '../../src/firmware/update.ts'

const stamp = { now: 0, wall: 0, dice: [0] }
const step = (from: Partial<Update>, event: UpdateEvent): Step<UpdateMachine, UpdateEffect> => {
  const machine = update(from)
  const [made, effects] = machine.step(machine.initial, event, stamp)
  // The storage has taken it: what waited for that is done.
  const [next, more] = machine.step(made, { type: 'remembered', revision: made.revision }, stamp)
  return [next, [...effects, ...more]]
}
const codeOf = ([, effects]: Step<UpdateMachine, UpdateEffect>) =>
  effects.flatMap((effect) => (effect.type === 'answer' ? [effect.code] : []))

/** Of a device on which nothing was ever downloaded. */
const known: Update = update().initial.update
const downloaded: Partial<Update> = { state: 2, result: 0, attempt: 3, delivery: 'pull', uri: 'coap://server/f', name: 'n', version: '1' }

test('a package or a URI is taken in Idle only: 4.05 in every other state, and nothing changes [LwM2M Core §E.6]', () => {
  const asked: readonly UpdateEvent[] = [
    { type: 'push-began', request: 1 },
    { type: 'wrote-uri', request: 1, uri: 'coap://server/g', refused: undefined },
  ]
  for (const event of asked)
    for (const state of [1, 2, 3] as const) {
      const made = step({ ...downloaded, state }, event)
      expect(codeOf(made)).toEqual(['4.05'])
      expect(made[0].update).toMatchObject({ ...downloaded, state })
    }
  expect(step({}, asked[0]!)[0].update).toMatchObject({ state: 1, delivery: 'push' })
  expect(step({}, asked[1]!)[0].update).toMatchObject({ state: 1, delivery: 'pull' })
})

test('an empty URI or package resets: Idle, the Result initial, nothing left of what was downloaded [LwM2M Core §E.6]', () => {
  const resets: readonly UpdateEvent[] = [
    { type: 'wrote-uri', request: 1, uri: '', refused: undefined },
    { type: 'wrote-reset', request: 1 },
  ]
  for (const event of resets) {
    for (const from of [downloaded, { ...downloaded, result: 8 as const }, { state: 0 as const, result: 5 as const, attempt: 3 }]) {
      const made = step(from, event)
      expect(codeOf(made)).toEqual(['2.04'])
      expect(made[0].update).toEqual({ ...known, state: 0, result: 0, attempt: 4 })
      expect(made[1].map(({ type }) => type)).toContain('reset')
    }
    expect(codeOf(step({ ...downloaded, state: 3 }, event))).toEqual(['4.05'])
  }
})

test('what an abandoned download, verification or installation reports changes nothing', () => {
  const reports: readonly UpdateEvent[] = [
    { type: 'pulled', attempt: 2 },
    { type: 'pull-failed', attempt: 2, result: 4 },
    { type: 'verified', attempt: 2, name: 'old', version: '0' },
    { type: 'verification-failed', attempt: 2, result: 5 },
    { type: 'installed', attempt: 2 },
    { type: 'installation-failed', attempt: 2, result: 8 },
  ]
  for (const state of [1, 3] as const) {
    const machine = update({ ...downloaded, state })
    for (const event of reports) expect(machine.step(machine.initial, event, stamp)).toEqual([machine.initial, []])
  }
})
