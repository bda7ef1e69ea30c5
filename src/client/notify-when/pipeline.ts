/** The notification rule as an operator, for whatever changes (LwM2M Core §7.3.2). */
import { map, mergeMap, type MonoTypeOperatorFunction, type SchedulerLike } from 'rxjs'
import { seeded } from '../../core/dice.ts'
import { silent } from '../../core/journal.ts'
import { run } from '../../core/run.ts'
import { ofValues } from '../../model/comparison.ts'
import { notificationRule, type Conditions, type Measured } from '../../model/notification-rule.ts'
import type { Value } from '../../model/value.ts'

/**
 * The LwM2M notification rule on any stream of values: pmin and pmax in seconds, gt, lt, st, edge (LwM2M Core §7.3.2). The first value passes at once;
 * after that a value passes when it meets the conditions and pmin has passed, and the newest one when pmax has.
 * Completes with its source, whatever waits for pmin.
 */
export const notifyWhen =
  <Kind extends Value>(conditions: Conditions, scheduler: SchedulerLike): MonoTypeOperatorFunction<Kind> =>
  (value$) => {
    const rule = notificationRule<Kind>(conditions, ofValues)
    return value$.pipe(
      map((value): Measured<Kind> => ({ type: 'measured', value })),
      run(rule, { scheduler, wall: () => 0, random: seeded(0), journal: silent }),
      mergeMap(({ effects }) => effects.map(({ value }) => value)),
    )
  }
