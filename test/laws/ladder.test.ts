/** The ladders themselves: they draw what happens, and say readably what did not. */
import * as fc from 'fast-check'
import { delay } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { chance } from '../../src/core/dice.ts'
import { layer } from '../../src/core/duplex.ts'
import type { Machine } from '../../src/core/machine.ts'
import { single } from '../../src/core/part.ts'
import { stack, up, type LayerEffect, type LayerEvent } from '../../src/core/stack.ts'
import { messages } from '../../src/exchange/messages.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { noBytes, noOptions, unnumbered, type MessageDown, type MessageUp } from '../../src/message/message.ts'
import { alone, draw, drawLane, ladder, ladderOf, like, marblesOf } from '../../src/testing/index.ts'
import { bench, drive } from './bench.ts'

const remote = 'coap://peer:5683'
const con = {
  type: 'CON',
  remote,
  messageId: unnumbered,
  code: '0.01',
  token: 'aa',
  options: noOptions,
  payload: noBytes,
  reference: 'aa',
  purpose: 'request',
}
const ack = { type: 'ACK', remote, messageId: 0, code: '0.00', token: '', options: noOptions, payload: noBytes }
const values = {
  c: con,
  C: like({ type: 'CON', messageId: 0 }),
  a: ack,
  s: like({ type: 'settled', outcome: 'acknowledged' }),
  g: like({ type: 'settled', outcome: 'gave-up' }),
}
const subject = messages(defaultParameters)

describe('a ladder', () => {
  test('draws the back-off of a confirmable message at one character a second [RFC 7252 §4.2]', () => {
    const seen = ladder(
      subject,
      { values },
      { submitted: 'c', transmitted: 'C-C---C-------C---------------C--------------------------------', delivered: '62s g' },
    )
    expect(draw({ ...seen, delivered: [] }, { values: { c: like({ type: 'CON' }) } })).toContain(
      'transmitted  c-c---c-------c---------------c',
    )
  })
  test('ends the retransmissions with the acknowledgement [RFC 7252 §4.2]', () => {
    ladder(subject, { values }, { submitted: 'c', received: '---a', transmitted: 'C-C', delivered: '---s 10s ' })
  })
  test('that differs says where, with both lanes drawn', () => {
    const failing = () => ladder(subject, { values }, { submitted: 'c', transmitted: 'C-C--C--', delivered: '' })
    expect(failing).toThrow(/expected C-C--C-?\n\s+actual {3}C-C---C\n\s+\^ expected C at 5000 ms, it came at 6000 ms/)
  })
})

describe('a ladder of anything', () => {
  /** Waits two seconds, then hands on what came from either side. */
  const slow: Machine<{ readonly held: readonly Both[]; readonly dueAt: number }, Both, Both> = {
    name: 'slow',
    initial: { held: [], dueAt: Infinity },
    deadline: ({ dueAt }) => dueAt,
    step: ({ held, dueAt }, event, { now }) =>
      event.type === 'tick'
        ? now < dueAt
          ? [{ held, dueAt }, []]
          : [{ held: [], dueAt: Infinity }, held]
        : [{ held: [...held, event], dueAt: Math.min(dueAt, now + 2_000) }, []],
  }
  const letters = { a: 'A', b: 'B', c: 'C' }

  test('takes groups, both sides at once, other paces, and draws them back', () => {
    const seen = ladder(
      slow,
      { values: letters, msPerChar: 500 },
      { submitted: '(ab)', received: '--c-', transmitted: '----(ab)', delivered: '----c---' },
    )
    expect(draw(seen, { values: letters, msPerChar: 500 })).toBe(
      [
        '1 character = 500 ms',
        'submitted    (ab)-',
        'received     --c--',
        'transmitted  ----(ab)',
        'delivered    ----c',
        "  a = 'A'",
        "  b = 'B'",
        "  c = 'C'",
      ].join('\n'),
    )
  })
  test('sees that a lane which is not given is silent, unless it is not looked at', () => {
    expect(() => ladder(slow, { values: letters }, { submitted: 'a', delivered: '---' })).toThrow(
      /transmitted {2}expected ---\n\s+actual {3}--a\n\s+\^ 2000 ms: not expected: 'A'/,
    )
    ladder(slow, { values: letters }, { submitted: 'a--', transmitted: '*' })
    expect(() => ladder(slow, { values: letters }, { transmitted: '--a' })).toThrow(/2000 ms: expected a, nothing more came/)
  })
  test('says where in a value the difference is', () => {
    const values = { x: { type: 'x', list: [1, { deep: 2 }] }, y: { type: 'x', list: [1, { deep: 3 }] } }
    expect(() => ladder(slow, { values }, { submitted: 'x', transmitted: '--y' })).toThrow(
      /expected y, at 2000 ms came[^]*\.list\[1\]\.deep: expected 3, got 2/,
    )
  })
  test('stands on parts, on layers made in its environment, on whole duplexes, and on machines that are no layers', () => {
    const lanes = { submitted: 'a--', transmitted: '--a' }
    ladder(single(slow), { values: letters }, lanes)
    ladder(stack(single(slow), single({ ...slow, name: 'slower' })), { values: letters }, { submitted: 'a----', transmitted: '----a' })
    ladder({ layer: (env) => layer(single(slow), env) }, { values: letters }, lanes)
    ladder(
      {
        layer:
          ({ scheduler }) =>
          (below) =>
          (sent$) =>
            below(sent$.pipe(delay(1_000, scheduler))),
      },
      { values: letters },
      { submitted: 'a--', received: '--c', transmitted: '-a-', delivered: '--c' },
    )
    ladder(alone(slow), { values: { a: up('A'), e: up('A') } }, { submitted: 'a--', delivered: '--e' })
  })
  test('draws the end of a stream and its error, and what a throw was', () => {
    ladder(slow, { values: letters }, { received: '-c--|', delivered: '---c|' })
    const broken = {
      ...slow,
      step: () => {
        throw new Error('planted')
      },
    }
    ladder(broken, { values: letters }, { submitted: '-a', delivered: '-#' })
    expect(() => ladder(broken, { values: letters }, { submitted: '-a', delivered: '--' })).toThrow(
      /not expected: the error Error: planted/,
    )
  })
  test('unsubscribes when it is told to', () => {
    ladder(slow, { values: letters, unsubscribeMs: 1_000 }, { submitted: 'a---', transmitted: '----' })
  })
  test('loads the dice: one for each step, or the same for all', () => {
    const dicey: Machine<number, Both, Both> = {
      name: 'dicey',
      initial: 0,
      deadline: () => Infinity,
      step: (state, event, { dice }) => (event.type === 'tick' ? [state, []] : [state, [up(`${chance(dice, 'x')}`)]]),
    }
    const values = { a: 'A', h: '0.5', q: '0.25', z: '0' }
    ladder(dicey, { values, dice: [0.5, 0.25] }, { submitted: 'aaa', delivered: 'hqz' })
    ladder(dicey, { values, dice: 0.5 }, { submitted: 'aaa', delivered: 'hhh' })
  })
  test('refuses letters without a meaning, and predicates that should go in', () => {
    expect(() => ladder(slow, { values: letters }, { submitted: 'z' })).toThrow(/'z' is in a lane but not among the values/)
    expect(() => ladder(slow, { values: { p: like('A') } }, { submitted: 'p' })).toThrow(/must be a value, not a predicate/)
  })
})

describe('a drawing', () => {
  test('of a long silence says how long, and of what no string can hold says when', () => {
    expect(
      drawLane(
        [
          { at: 0, name: 'a' },
          { at: 247_000, name: 'b' },
        ],
        1_000,
        248_000,
      ),
    ).toBe('a 246s b')
    expect(
      drawLane(
        [
          { at: 0, name: 'a' },
          { at: 0, name: 'b' },
          { at: 1_000, name: 'c' },
        ],
        1_000,
        2_000,
      ),
    ).toBe('(ab)  [c at 1000 ms]')
  })
  test('and a marble string mean the same', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(300), fc.constantFrom('a', 'b')), { maxLength: 8 }), (steps) => {
        let at = 0
        const marbles = steps.map(([gap, name]) => ({ at: (at += (gap + 5) * 1_000), name }))
        expect(marblesOf(drawLane(marbles, 1_000, at), 1_000).marbles).toEqual(marbles)
      }),
      { numRuns: 1_000 },
    )
  })
  test('of turns finds the lanes of one layer, or of several from the bottom to the top', () => {
    const { env, turns, scheduler } = bench()
    const { post } = drive(stack(single({ ...messages(defaultParameters), name: 'low' }), single({ ...pass, name: 'high' })), env)
    post({ type: 'down', value: con as never })
    scheduler.flush(3_000)
    const lanes = ladderOf(turns, { bottom: 'low', top: 'high' })
    expect(lanes.submitted).toHaveLength(1)
    expect(lanes.transmitted.map(({ at }) => at)).toHaveLength(2)
    expect(draw(lanes)).toMatch(/submitted {4}[a-z]\n?[^]*transmitted {2}[a-z]/)
  })
})

type Both = LayerEvent<unknown, unknown>
const pass: Machine<null, LayerEvent<MessageUp, MessageDown>, LayerEffect<MessageDown, MessageUp>> = {
  name: 'pass',
  initial: null,
  deadline: () => Infinity,
  step: (state, event) => [state, event.type === 'tick' ? [] : [event]],
}
