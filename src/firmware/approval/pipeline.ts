/** Somebody is asked whether a package may be installed now, until they agree, refuse, or are no longer asked (LwM2M Core §E.6, Resource 5/0/3). */
import { catchError, defer, EMPTY, filter, merge, of, switchMap, type Observable, type OperatorFunction } from 'rxjs'
import { afterwards } from '../image/pipeline.ts'
import type { FirmwareOptions, UpdateOrder } from '../options.ts'
import { resultOf, whyOf } from '../result.ts'
import { updateResults, type UpdateEffect, type UpdateEvent } from '../update.ts'

type Ask = Extract<UpdateEffect, { readonly type: 'ask' | 'hush' | 'abandon' }>
type Order = Omit<UpdateOrder, 'untilUtcMs'>

/** The latest order alone counts; `orderOf` says what is known of the package. */
export const approval =
  ({ approve }: Pick<FirmwareOptions, 'approve'>, orderOf: () => Order): OperatorFunction<UpdateEffect, UpdateEvent> =>
  (effect$) =>
    effect$.pipe(
      filter((effect): effect is Ask => effect.type === 'ask' || effect.type === 'hush' || effect.type === 'abandon'),
      switchMap((effect) => (effect.type === 'ask' && approve !== undefined ? asked(approve, effect, orderOf()) : EMPTY)),
    )

const asked = (
  approve: NonNullable<FirmwareOptions['approve']>,
  { attempt, untilUtcMs }: Extract<UpdateEffect, { readonly type: 'ask' }>,
  { severity, name, version, arguments: given }: Order,
): Observable<UpdateEvent> => {
  const answer$ = afterwards(
    defer(() => approve({ severity, name, version, arguments: given, untilUtcMs })),
    () => of<UpdateEvent>({ type: 'approved', attempt }),
  ).pipe(
    catchError((error: unknown) =>
      of<UpdateEvent>({ type: 'declined', attempt, result: resultOf(error, updateResults.updateFailed), why: whyOf(error) }),
    ),
  )
  // Who answers at once leaves nothing to wait for: then this comes too late to mean anything.
  return merge(answer$, of<UpdateEvent>({ type: 'approval-waits', attempt }))
}
