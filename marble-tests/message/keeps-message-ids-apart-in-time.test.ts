/** What becomes of submissions when no message ID older than EXCHANGE_LIFETIME is left (RFC 7252 §4.4; docs/decisions/message-ids.md). */
import { expect, test } from 'vitest'
import { copy } from '../../src/core/snapshot.ts'
import { tick, type Tick } from '../../src/core/machine.ts'
import { down, up, type LayerEffect } from '../../src/core/stack.ts'
import { messages, type MessagesEvent } from '../../src/exchange/messages.ts'
import { defaultParameters, type Parameters } from '../../src/exchange/parameters.ts'
import type { Message, MessageDown } from '../../src/message/message.ts'
import { emptyAck, settled, submission } from './letters.ts'

const n = submission({ type: 'NON', code: '2.05', reference: '', purpose: 'response' })
const c = submission()

/** The message layer, one step at a time: a ladder of 65,536 letters would be long. */
const stepping = (messageIdReuse: Parameters['messageIdReuse']) => {
  const machine = messages({ ...defaultParameters, messageIdReuse })
  let state = copy(machine.initial)
  const values = (effects: readonly LayerEffect<unknown, unknown>[]) => effects.map(({ value }) => value)
  const step = (event: MessagesEvent | Tick, now: number) => {
    const [next, effects] = machine.step(state, event, { now, wall: 0, dice: [0] })
    state = next
    return values(effects)
  }
  return {
    submit: (message: MessageDown, now = 0) => step(down(message), now),
    receive: (message: Message, now: number) => step(up(message), now),
    tickAt: (now: number) => step(tick, now),
    deadline: () => machine.deadline(state),
  }
}
/** As many submissions as there are message IDs. */
const exhausted = (messageIdReuse: Parameters['messageIdReuse']) => {
  const layer = stepping(messageIdReuse)
  for (let count = 0; count < 65_536; count++) layer.submit(n, Math.floor(count / 656))
  return layer
}

test('wait: a message waits until the oldest message IDs are EXCHANGE_LIFETIME old [RFC 7252 §4.4]', () => {
  const layer = exhausted('wait')
  expect(layer.submit(c, 1_000)).toEqual([])
  expect(layer.deadline()).toBe(247_000)
  expect(layer.tickAt(247_000)).toMatchObject([{ type: 'CON', messageId: 0 }])
})
test('wait: of 256 message IDs that were used together all are free again together', () => {
  const layer = exhausted('wait')
  for (let count = 0; count < 600; count++) expect(layer.submit(n, 1_000)).toEqual([])
  expect(layer.tickAt(247_000)).toHaveLength(512)
  expect(layer.tickAt(247_001)).toHaveLength(88)
})
test('wait: who is slow enough never waits', () => {
  const layer = stepping('wait')
  let sent = 0
  for (let count = 0; count < 140_000; count++) sent += layer.submit(n, count * 4).length
  expect(sent).toBe(140_000)
})
test('new-port: the sender is told, and may open another link', () => {
  const layer = exhausted('new-port')
  expect(layer.submit(c, 1_000)).toEqual([settled('exhausted')])
  expect(layer.submit(c, 248_000)).toMatchObject([{ type: 'CON', messageId: 0 }])
})
test('acknowledged: the oldest message ID is used again', () => {
  expect(exhausted('acknowledged').submit(c, 1_000)).toMatchObject([{ type: 'CON', messageId: 0 }])
})
test('a message ID whose exchange is open is passed over [RFC 7252 §4.4]', () => {
  const layer = stepping('acknowledged')
  expect(layer.submit(c)).toMatchObject([{ messageId: 0 }])
  for (let id = 1; id < 65_536; id++) layer.submit(n)
  expect(layer.submit(n)).toMatchObject([{ messageId: 1 }])
})
test('new-port: who waits for its turn meanwhile is told too', () => {
  const layer = stepping('new-port')
  layer.submit(c)
  layer.submit(submission({ reference: 'd' }))
  for (let count = 1; count < 65_536; count++) layer.submit(n)
  expect(layer.receive(emptyAck(0), 1_000)).toEqual([settled('acknowledged'), settled('exhausted', 'd')])
})
