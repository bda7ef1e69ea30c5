/** A thermometer that nobody has to hold: a slow wave about 21 degrees, with a little noise of its own. */
import { interval, map, startWith, type Observable, type SchedulerLike } from 'rxjs'

/** Degrees Celsius with two decimals, every `everyMs`. */
export const thermometer = (scheduler: SchedulerLike, everyMs = 500): Observable<number> =>
  interval(everyMs, scheduler).pipe(
    startWith(-1),
    map((n) => Math.round((21 + 2 * Math.sin((n + 1) / 5) + 0.1 * Math.sin((n + 1) * 7)) * 100) / 100),
  )
