/** A package that is pushed: the store behind the rule that only an idle update takes one (LwM2M Core §E.6, Resource 5/0/0). */
import { catchError, concatMap, defer, EMPTY, throwError, type Observable, type OperatorFunction } from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import type { About, Sink } from '../../core/ports.ts'
import { afterwards } from '../image/pipeline.ts'
import { tooLarge } from '../download/file.ts'
import { resultOf, whyOf } from '../result.ts'
import { updateResults, type FailureResult } from '../update.ts'

/** What a push needs of the update. */
export interface PushFloor {
  readonly sink: Sink
  readonly bytesMax: number
  /** Asks whether a push may begin; emits the number of its attempt once the store is free. */
  readonly begin: () => Observable<number>
  /** Whether that attempt is still the present one. */
  readonly isCurrent: (attempt: number) => boolean
  /** The package is stored; completes when it is verified. */
  readonly end: (attempt: number) => Observable<unknown>
  readonly failed: (attempt: number, result: FailureResult, why: string) => void
  /** Nothing, or a single NUL, was written. */
  readonly reset: () => Observable<unknown>
}

/** The sink of one push. Nothing is stored before the update has agreed; `close` completes when the package is verified. */
export const pushed = ({ sink, bytesMax, begin, isCurrent, end, failed, reset }: PushFloor): Sink => {
  let attempt: number | undefined
  let about: About = {}
  const failing: OperatorFunction<unknown, unknown> = catchError((error: unknown) => {
    failed(attempt!, resultOf(error, updateResults.notEnoughStorage), whyOf(error))
    return throwError(() => error)
  })
  const put = (bytes: Uint8Array, offset: number): Observable<unknown> =>
    defer(() => {
      if (!isCurrent(attempt!)) return throwError(() => refusal('4.05'))
      const size = Math.max(about.size ?? 0, offset + bytes.length)
      const store = () => sink.write(bytes, offset)
      if (size > bytesMax) return throwError(() => tooLarge(size, bytesMax))
      return offset === 0 ? afterwards(sink.open(0, about), store) : store()
    }).pipe(failing)
  return {
    open: (offset, told = {}) => {
      about = told
      return offset === 0 ? EMPTY : throwError(() => refusal('4.08'))
    },
    write: (bytes, offset) =>
      defer(() => {
        if (attempt !== undefined) return put(bytes, offset)
        if (offset === 0 && bytes.length === 1 && bytes[0] === 0) return EMPTY // a package that is longer begins with 16 octets at least
        return begin().pipe(
          concatMap((number) => {
            attempt = number
            return put(bytes, offset)
          }),
        )
      }),
    close: () =>
      defer(() => {
        if (attempt === undefined) return reset()
        return afterwards(sink.close().pipe(failing), () => end(attempt!))
      }),
    abandon: () =>
      defer(() => {
        if (attempt !== undefined) failed(attempt, updateResults.connectionLost, 'the push was abandoned before its end')
        return EMPTY
      }),
  }
}

/** An answer that is none of success. */
export const refusal = (code: string): Lwm2mError => new Lwm2mError('response', `not now: ${code}`, { responseCode: code })
