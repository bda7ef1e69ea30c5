/** A sink that notes how far it is, and refuses what is too large or of another file before the first octet. */
import { catchError, defer, tap, throwError, type MonoTypeOperatorFunction } from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import type { Sink } from '../../core/ports.ts'
import { misfit, tooLarge, type Place } from '../place.ts'

/** Stores into `sink`; `noted` hears of each piece that was stored. The reason of a refusal stays in the place. */
export const intake = (sink: Sink, place: Place, bytesMax: number, noted: () => void): Sink => {
  const refuse = (error: unknown) => {
    place.refusal = asSink(error)
    return throwError(() => place.refusal)
  }
  const kept: MonoTypeOperatorFunction<unknown> = catchError(refuse)
  return {
    open: (offset, about = {}) =>
      defer(() => {
        const wrong = misfit(place, offset, about, bytesMax)
        if (wrong !== undefined) return refuse(wrong)
        place.bytes = offset
        place.total = about.size ?? (offset > 0 ? place.total : undefined)
        place.etag = about.etag
        return sink.open(offset, about)
      }).pipe(kept),
    write: (bytes, offset) =>
      offset + bytes.length > bytesMax
        ? defer(() => refuse(tooLarge(offset + bytes.length, bytesMax)))
        : defer(() => sink.write(bytes, offset)).pipe(
            kept,
            tap({
              complete: () => {
                place.bytes = offset + bytes.length
                noted()
              },
            }),
          ),
    close: () => defer(() => sink.close()).pipe(kept),
    abandon: () => sink.abandon(),
  }
}

const asSink = (error: unknown): Lwm2mError =>
  error instanceof Lwm2mError ? error : new Lwm2mError('sink', 'the store failed', { cause: error })
