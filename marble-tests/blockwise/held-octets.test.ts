/** Octets held for peers are bounded, and free again when their body is whole, given up, begun anew or served (RFC 7959 §7.1). */
import { expect, test } from 'vitest'
import type { TransfersEffect, TransfersEvent } from '../../src/blockwise/transfer.ts'
import { copy } from '../../src/core/snapshot.ts'
import { down, up } from '../../src/core/stack.ts'
import type { Instant } from '../../src/core/machine.ts'
import { answer, asked, b1, b2, body, etag, floor, piece } from './words.ts'

/** Bodies of 32 octets at the most: 64 of them may be held at once. */
const small = () => {
  const machine = floor({ szx: 0, bodyBytesMax: 32, transferTimeoutMs: 1_000 })
  let state = copy(machine.initial)
  const step = (event: TransfersEvent | { readonly type: 'tick' }, now: Instant = 0): readonly TransfersEffect[] => {
    const [next, effects] = machine.step(state, event, { now, wall: now, dice: [0] })
    state = next
    return effects
  }
  return { step, held: () => state.heldBytes }
}
const codes = (effects: readonly TransfersEffect[]) =>
  effects.map((effect) => (effect.type === 'down' && effect.value.type === 'answer' ? effect.value.response.code : effect.value.type))
const first = (exchange: number) => up(asked(exchange, '0.03', [b1(0, true, 0)], piece(0, 16)))
const last = (exchange: number) => up(asked(exchange, '0.03', [b1(1, false, 0)], piece(16, 16)))

test('bodies that have come whole hold nothing: any number may follow', () => {
  const { step, held } = small()
  for (let exchange = 0; exchange < 400; exchange += 2) {
    expect(codes(step(first(exchange)))).toEqual(['2.31'])
    expect(held()).toBe(16)
    expect(codes(step(last(exchange + 1)))).toEqual(['asked'])
    expect(held()).toBe(0)
  }
})

test('bodies that are begun anew, refused or forgotten hold nothing', () => {
  const { step, held } = small()
  for (let exchange = 0; exchange < 200; exchange++) expect(codes(step(first(exchange)))).toEqual(['2.31'])
  expect(held()).toBe(16)
  expect(codes(step(up(asked(200, '0.03', [b1(1, true, 0)], piece(16, 16)))))).toEqual(['2.31'])
  expect(codes(step(up(asked(201, '0.03', [b1(2, true, 0)], piece(32, 16)))))).toEqual(['4.13'])
  expect(held()).toBe(0)
  step(first(202))
  step({ type: 'tick' }, 1_000)
  expect(held()).toBe(0)
})

test('bodies that were served to the end hold nothing', () => {
  const { step, held } = small()
  for (let exchange = 0; exchange < 200; exchange += 2) {
    const get = asked(exchange, '0.01', [])
    step(up(get))
    expect(codes(step(down(answer(get, '2.05', body(32), [etag(1)]))))).toEqual(['2.05'])
    expect(held()).toBe(32)
    expect(codes(step(up(asked(exchange + 1, '0.01', [b2(1, false, 0)]))))).toEqual(['2.05'])
    expect(held()).toBe(0)
  }
})
