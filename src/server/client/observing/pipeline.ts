/** An observation of a registered client that outlives its registrations (LwM2M Core 1.2.2 §6.4; RFC 7641). */
import {
  catchError,
  distinctUntilChanged,
  EMPTY,
  endWith,
  map,
  of,
  skip,
  switchMap,
  take,
  takeWhile,
  tap,
  throwError,
  type Observable,
} from 'rxjs'
import { Lwm2mError } from '../../../core/error.ts'
import type { Observe, ObserveComposite, Outcome } from '../../../operation/operation.ts'
import type { Registration } from '../../registration.ts'
import type { ObserveOptions } from '../client.ts'
import { performAt, type ClientFloor } from '../performing/pipeline.ts'

/** What is observed: an operation for each registration, and what to make of an outcome. */
export interface Observed<Result> {
  readonly endpointClientName: string
  readonly registration$: Observable<Registration | undefined>
  readonly operation: (registration: Registration) => Observe | ObserveComposite
  readonly project: (outcome: Outcome, registration: Registration) => Result
}

/** Values as they are notified. */
export const observe = <Result extends object>(
  floor: ClientFloor,
  { endpointClientName, registration$, operation, project }: Observed<Result>,
  { reestablish = true, whenGone = 'wait' }: ObserveOptions,
): Observable<Result> => {
  let established = false
  /** Updates since the last reading. A client whose notification was never acknowledged has let go of the observation and cannot say so (RFC 7641 §4.5). */
  let silent = 0
  const same = (before: Registration | undefined, now: Registration | undefined): boolean => {
    if (before?.location !== now?.location || before?.remote !== now?.remote) return false
    return !reestablish || !established || ++silent < silentUpdatesMax
  }
  const waits = (error: unknown): boolean =>
    reestablish && established && error instanceof Lwm2mError && (error.retryable || error.code === 'reset')
  const at = (registration: Registration | undefined): Observable<Result | Over> => {
    if (registration === undefined) {
      if (!waits(gone)) return throwError(() => absent(endpointClientName))
      return whenGone === 'wait' ? EMPTY : of(over)
    }
    return performAt(floor, registration, operation(registration)).pipe(
      map((outcome) => project(outcome, registration)),
      tap(() => {
        established = true
        silent = 0
      }),
      endWith(over),
      // It was observed and does not answer any more: its next sign of life is the time to try again.
      catchError((error: unknown) => (waits(error) ? registration$.pipe(skip(1), take(1), switchMap(at)) : throwError(() => error))),
    )
  }
  return registration$.pipe(
    distinctUntilChanged(same),
    // The latest registration is the only one that counts: a new Register ends the observations of the old one.
    switchMap((registration, index) => (reestablish || index === 0 ? at(registration) : throwError(() => gone))),
    takeWhile((reading): reading is Result => reading !== over),
  )
}

/** There is nobody to ask. */
export const absent = (endpointClientName: string): Lwm2mError =>
  new Lwm2mError('not-registered', `${endpointClientName} is not registered`)

/** An observation of which so many Updates long nothing was heard is made anew. */
const silentUpdatesMax = 2

/** There will be no more: the client declined to notify, or is gone. */
type Over = 'over'
const over: Over = 'over'
const gone = new Lwm2mError('aborted', 'the registration that was observed has ended')
