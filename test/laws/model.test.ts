/** The laws over the notification rule (LwM2M Core §5.1.2). */
import * as fc from 'fast-check'
import { ofValues } from '../../src/model/comparison.ts'
import { notificationRule, type Measured } from '../../src/model/notification-rule.ts'
import type { Value } from '../../src/model/value.ts'
import { laws } from '../../src/testing/index.ts'
import { check } from './tight.ts'

const values: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -5, max: 30 }),
  fc.constantFrom<Value>(0.5, Infinity, -Infinity, NaN, 12345678901234567890n, true, false, 'text'),
)
const events = fc.record({ type: fc.constant('measured' as const), value: values })
for (const conditions of [
  {},
  { pmin: 10 },
  { pmin: 5, pmax: 60 },
  { pmax: 30, gt: 10, lt: 3 },
  { pmin: 2, st: 4 },
  { pmin: 100, pmax: 10 },
  { edge: 1 },
])
  check(
    laws(notificationRule(conditions, ofValues), {
      events,
      bound: { octets: 200, flood: (index): Measured<Value> => ({ type: 'measured', value: index }) },
    }).map(({ name, check: holds }) => ({ name: `${name}, with ${JSON.stringify(conditions)}`, check: holds })),
  )
