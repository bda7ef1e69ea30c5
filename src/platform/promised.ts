/** Work on files as a cold Observable whose errors are ours. */
import { catchError, defer, from, throwError, type Observable } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import { codeOf } from './trouble.ts'

/** Begins when subscribed. Errors with `too-large` when the disk is full, else with `sink`. */
export const promised = <Value>(work: () => Promise<Value>): Observable<Value> =>
  defer(() => from(work())).pipe(
    catchError((error: unknown) => throwError(() => (error instanceof Lwm2mError ? error : storeError(error)))),
  )
const storeError = (cause: unknown): Lwm2mError =>
  ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(cause))
    ? new Lwm2mError('too-large', 'the store is full', { cause })
    : new Lwm2mError('sink', `the store failed: ${codeOf(cause)}`, { cause })
