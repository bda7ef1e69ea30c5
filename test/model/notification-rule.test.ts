/** When a value is notified: ladders of seconds, values in and values out. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Dice } from '../../src/core/dice.ts'
import { tick } from '../../src/core/machine.ts'
import { ofNodes, ofValues } from '../../src/model/comparison.ts'
import { notificationRule, type Conditions } from '../../src/model/notification-rule.ts'
import type { Value } from '../../src/model/value.ts'
import { laws } from '../../src/testing/index.ts'

const dice: Dice = [1, 2, 3, 4, 5, 6, 7, 8]
type Ladder = readonly (readonly [second: number, value: Value])[]

/** What is notified, and at which second, when values are measured at these seconds; ticks come exactly when asked for. */
const notified = (conditions: Conditions, measured: Ladder, untilSecond: number): Ladder => {
  const rule = notificationRule(conditions, ofValues)
  const out: [number, Value][] = []
  let state = rule.initial
  const turn = (event: Parameters<typeof rule.step>[1], now: number) => {
    const [next, effects] = rule.step(state, event, { now, wall: now, dice })
    state = next
    for (const { value } of effects) out.push([now / 1000, value])
  }
  const tickUntil = (now: number) => {
    while (rule.deadline(state) <= now) turn(tick, rule.deadline(state))
  }
  for (const [second, value] of measured) {
    tickUntil(second * 1000)
    turn({ type: 'measured', value }, second * 1000)
  }
  tickUntil(untilSecond * 1000)
  return out
}

describe('the notification rule', () => {
  it('sends the first value at once, then every change, and no repetition', () => {
    expect(
      notified(
        {},
        [
          [0, 1],
          [1, 1],
          [2, 2],
          [2, 3],
        ],
        9,
      ),
    ).toEqual([
      [0, 1],
      [2, 2],
      [2, 3],
    ])
  })
  it('holds a change back until pmin has passed, and then sends the newest value [LwM2M Core §7.3.2]', () => {
    expect(
      notified(
        { pmin: 10 },
        [
          [0, 1],
          [2, 2],
          [5, 3],
          [30, 4],
        ],
        60,
      ),
    ).toEqual([
      [0, 1],
      [10, 3],
      [30, 4],
    ])
  })
  it('sends nothing for a change that was taken back within pmin', () => {
    expect(
      notified(
        { pmin: 10 },
        [
          [0, 1],
          [2, 2],
          [5, 1],
        ],
        60,
      ),
    ).toEqual([[0, 1]])
  })
  it('sends at pmax whether or not anything changed [LwM2M Core §7.3.2]', () => {
    expect(
      notified(
        { pmax: 10 },
        [
          [0, 1],
          [14, 2],
        ],
        30,
      ),
    ).toEqual([
      [0, 1],
      [10, 1],
      [14, 2],
      [24, 2],
    ])
    expect(
      notified(
        { pmin: 10, pmax: 10 },
        [
          [0, 1],
          [4, 2],
        ],
        20,
      ),
    ).toEqual([
      [0, 1],
      [10, 2],
      [20, 2],
    ])
  })
  it('ignores a pmax below pmin, and a pmax of 0 [LwM2M Core §7.3.2]', () => {
    expect(notified({ pmin: 10, pmax: 5 }, [[0, 1]], 60)).toEqual([[0, 1]])
    expect(notified({ pmax: 0 }, [[0, 1]], 60)).toEqual([[0, 1]])
  })
  it('sends each crossing of gt, either way, and nothing else [LwM2M Core §7.3.2]', () => {
    expect(
      notified(
        { gt: 25 },
        [
          [0, 20],
          [1, 24],
          [2, 25],
          [3, 26],
          [4, 30],
          [5, 25],
          [6, 24],
        ],
        9,
      ),
    ).toEqual([
      [0, 20],
      [3, 26],
      [6, 24],
    ])
  })
  it('sends each crossing of lt, either way [LwM2M Core §7.3.2]', () => {
    expect(
      notified(
        { lt: 10 },
        [
          [0, 20],
          [1, 9],
          [2, 8],
          [3, 11],
        ],
        9,
      ),
    ).toEqual([
      [0, 20],
      [1, 9],
      [3, 11],
    ])
  })
  it('sends a step of at least st since the last notification [LwM2M Core §7.3.2]', () => {
    expect(
      notified(
        { st: 5 },
        [
          [0, 20],
          [1, 24],
          [2, 25],
          [3, 21],
          [4, 20],
        ],
        9,
      ),
    ).toEqual([
      [0, 20],
      [2, 25],
      [4, 20],
    ])
    expect(
      notified(
        { st: 0 },
        [
          [0, 20],
          [1, 20],
          [2, 21],
        ],
        9,
      ),
    ).toEqual([
      [0, 20],
      [2, 21],
    ])
  })
  it('sends what meets any of several conditions', () => {
    expect(
      notified(
        { gt: 25, st: 100 },
        [
          [0, 20],
          [1, 26],
          [2, 27],
          [3, 127],
        ],
        9,
      ),
    ).toEqual([
      [0, 20],
      [1, 26],
      [3, 127],
    ])
  })
  it('sends the value that crossed, even if it has gone back when pmin expires, and then that it went back', () => {
    expect(
      notified(
        { pmin: 10, gt: 25 },
        [
          [0, 20],
          [3, 26],
          [5, 24],
        ],
        60,
      ),
    ).toEqual([
      [0, 20],
      [10, 26],
      [20, 24],
    ])
  })
  it('compares thresholds beyond 2^53, and takes any change of what has no number', () => {
    expect(
      notified(
        { gt: 1e18 },
        [
          [0, 2n ** 59n],
          [1, 2n ** 62n],
        ],
        9,
      ),
    ).toEqual([
      [0, 2n ** 59n],
      [1, 2n ** 62n],
    ])
    expect(
      notified(
        { gt: 1 },
        [
          [0, 'a'],
          [1, 'b'],
          [2, 'b'],
        ],
        9,
      ),
    ).toEqual([
      [0, 'a'],
      [1, 'b'],
    ])
  })
  it('sends each rising edge, or each falling one [LwM2M Core 1.2 §7.3.2]', () => {
    const steps: Ladder = [
      [0, false],
      [1, true],
      [2, false],
      [3, true],
      [4, true],
    ]
    expect(notified({ edge: 1 }, steps, 9)).toEqual([
      [0, false],
      [1, true],
      [3, true],
    ])
    expect(notified({ edge: 0 }, steps, 9)).toEqual([
      [0, false],
      [2, false],
    ])
  })
  it('compares whole Objects node by node, and a single node by its number', () => {
    const node = (resource: number, value: Value) => ({ path: { object: 3, instance: 0, resource }, value })
    expect([ofNodes.same([node(0, 1)], [node(0, 1)]), ofNodes.same([node(0, 1)], [node(1, 1)]), ofNodes.same([node(0, 1)], [])]).toEqual([
      true,
      false,
      false,
    ])
    expect([ofNodes.scalar([node(0, 7n)]), ofNodes.scalar([node(0, 1), node(1, 1)])]).toEqual([7, undefined])
  })
})

const seconds = fc.option(fc.nat(3), { nil: undefined })
const conditionsOf = ([pmin, pmax, gt, st]: readonly (number | undefined)[]): Conditions => ({
  ...(pmin === undefined ? {} : { pmin }),
  ...(pmax === undefined ? {} : { pmax }),
  ...(gt === undefined ? {} : { gt: gt + 0.5 }),
  ...(st === undefined ? {} : { st }),
})

it('never sends within pmin, never is silent beyond pmax, and ends with what the server should know', () => {
  const measured = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 0, max: 5 })), { minLength: 1, maxLength: 20 }).map((steps) => {
    let second = 0
    return steps.map(([later, value]): readonly [number, Value] => [(second += later), value])
  })
  fc.assert(
    fc.property(fc.tuple(seconds, seconds, seconds, seconds), measured, (some, ladder) => {
      const conditions = conditionsOf(some)
      const end = ladder.at(-1)![0] + 100
      const sent = notified(conditions, ladder, end)
      const gaps = sent.slice(1).map(([second], index) => second - sent[index]![0])
      const { pmin = 0, pmax = 0 } = conditions
      for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(pmin)
      if (pmax > 0 && pmax >= pmin) for (const gap of gaps) expect(gap).toBeLessThanOrEqual(pmax)
      if (conditions.gt === undefined && conditions.st === undefined) expect(sent.at(-1)![1]).toBe(ladder.at(-1)![1])
      if (conditions.gt !== undefined)
        expect((sent.at(-1)![1] as number) > conditions.gt).toBe((ladder.at(-1)![1] as number) > conditions.gt)
    }),
    { numRuns: 1000 },
  )
})

/** The rule as one would tell it: second by second, what is known, what waits, what was sent. Slow, and without deadlines. */
const reference = ({ pmin = 0, pmax = 0, gt, lt, st }: Conditions, ladder: Ladder, untilSecond: number): Ladder => {
  const out: (readonly [number, number])[] = []
  let waiting: number | undefined
  let newest: number | undefined
  const counts = (before: number, value: number) => {
    if (gt === undefined && lt === undefined && st === undefined) return before !== value
    const beyond = (limit: number | undefined) =>
      limit !== undefined && ((before <= limit && value > limit) || (before >= limit && value < limit))
    return beyond(gt) || beyond(lt) || (st !== undefined && before !== value && Math.abs(before - value) >= st)
  }
  const isConditional = gt !== undefined || lt !== undefined || st !== undefined
  const send = (second: number, value: number) => {
    out.push([second, value])
    waiting = newest !== undefined && newest !== value && counts(value, newest) ? newest : undefined
  }
  const pass = (second: number) => {
    const last = out.at(-1)
    if (last === undefined) return
    if (waiting !== undefined && second >= last[0] + pmin) send(second, waiting)
    else if (pmax > 0 && pmax >= pmin && second >= last[0] + pmax) send(second, newest!)
  }
  for (let second = 0; second <= untilSecond; second++) {
    pass(second)
    for (const [at, value] of ladder) {
      if (at !== second) continue
      newest = value as number
      if (out.length === 0) send(second, newest)
      else if (counts(out.at(-1)![1], newest)) waiting = newest
      else if (!isConditional) waiting = undefined
      if (waiting !== undefined && second >= out.at(-1)![0] + pmin) send(second, waiting)
    }
    while (pmin === 0 && waiting !== undefined) pass(second)
  }
  return out
}
it('sends what the rule says when it is told second by second', () => {
  const measured = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 8 })), { minLength: 1, maxLength: 25 })
    .map((steps) => {
      let second = 0
      return steps.map(([later, value]): readonly [number, Value] => [(second += later), value])
    })
  const limit = fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined })
  fc.assert(
    fc.property(seconds, seconds, limit, limit, limit, measured, (pmin, pmax, gt, lt, st, ladder) => {
      const some = Object.entries({ pmin, pmax, gt, lt, st }).filter(([, value]) => value !== undefined)
      const conditions: Conditions = Object.fromEntries(some)
      const end = ladder.at(-1)![0] + 20
      expect(notified(conditions, ladder, end)).toEqual(reference(conditions, ladder, end))
    }),
    { numRuns: 2000 },
  )
})

const events = fc.record({
  type: fc.constant('measured' as const),
  value: fc.oneof<fc.Arbitrary<Value>[]>(fc.integer({ min: 0, max: 3 }), fc.boolean(), fc.string({ maxLength: 1 })),
})
describe.each<Conditions>([{}, { pmin: 1 }, { pmin: 1, pmax: 2, gt: 1 }, { pmax: 1, st: 1 }, { pmin: 2, pmax: 2, edge: 1 }])(
  'the laws of the rule with %o',
  (conditions) => {
    for (const law of laws(notificationRule(conditions, ofValues), { events })) test(law.name, law.check)
  },
)
