/** A throw in a step ends the row that it was about, not its neighbours. */
import { expect, test } from 'vitest'
import { copy } from '../../src/core/snapshot.ts'
import { tick } from '../../src/core/machine.ts'
import { down, up } from '../../src/core/stack.ts'
import { messages, type Messages, type MessagesEvent } from '../../src/exchange/messages.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { emptyAck, forget, message, other, piggybacked, settled, submission } from './letters.ts'

const machine = messages(defaultParameters)
const stamp = (now: number) => ({ now, wall: 0, dice: [0] })
const begun = (...events: MessagesEvent[]): Messages =>
  events.reduce((state, event) => machine.step(state, event, stamp(0))[0], copy(machine.initial))
const a = submission({ reference: 'a' })
const b = submission({ reference: 'b', remote: other })

test('a submission that makes the step throw is aborted', () => {
  const [, effects] = machine.fault!(begun(down(b)), down(a), stamp(0))!
  expect(effects).toEqual([up(settled('aborted', 'a'))])
})
test('an acknowledgement that makes it throw ends its exchange only', () => {
  const [state, effects] = machine.fault!(begun(down(a), down(b)), up(emptyAck(0)), stamp(0))!
  expect(effects).toEqual([up(settled('aborted', 'a'))])
  expect(machine.step(state, up(emptyAck(0, other)), stamp(1))[1]).toEqual([up(settled('acknowledged', 'b', other))])
})
test('a message or an answer that makes it throw is forgotten only', () => {
  for (const event of [up(message({ code: '0.02' })), down(piggybacked({ messageId: 7 }))]) {
    const [state, effects] = machine.fault!(begun(up(message({ code: '0.02' })), down(a)), event, stamp(0))!
    expect(effects).toEqual([])
    expect(machine.step(state, up(message({ code: '0.02' })), stamp(1))[1]).toEqual([up(message({ code: '0.02' }))])
  }
})
test('a moment that makes it throw ends what was due', () => {
  const [state, effects] = machine.fault!(begun(down(a)), tick, stamp(2_000))!
  expect(effects).toEqual([up(settled('aborted', 'a'))])
  expect(machine.deadline(state)).toBeGreaterThan(2_000)
})
test('words about links go on', () => {
  const word = { type: 'closed', remote: other, reason: 'lost' } as const
  expect(machine.fault!(begun(), up(word), stamp(0))![1]).toEqual([up(word)])
})
test('a cancellation that makes it throw is done', () => {
  const [state, effects] = machine.fault!(begun(down(a)), down(forget('a')), stamp(0))!
  expect(effects).toEqual([])
  expect(machine.step(state, tick, stamp(2_000))[1]).toEqual([])
})
