/** Values collected with their times, to be sent together (LwM2M Core §6.4.6; RFC 8428 §4.5.3). */
import { bufferTime, filter, map, type OperatorFunction } from 'rxjs'
import type { Environment } from '../../core/environment.ts'
import { Lwm2mError } from '../../core/error.ts'
import type { Node } from '../../model/node.ts'
import { depth, parsePath, type PathString } from '../../model/path.ts'
import type { Value } from '../../model/value.ts'

/** How many values are collected at most (default 100), and for how long (default: until there are so many). */
export interface SamplesOptions {
  readonly count?: number
  readonly seconds?: number
}

/**
 * Values of one Resource become batches of nodes with their times: `celsius$.pipe(samples('/3303/0/5700', { count: 60 }, env), concatMap((nodes) => device.send(nodes)))`.
 * What was collected when the source completes is the last batch. Throws an `Lwm2mError` with `invalid` for a path that holds no value.
 */
export const samples = (
  path: PathString,
  { count = 100, seconds }: SamplesOptions,
  { scheduler, wall }: Pick<Environment, 'scheduler' | 'wall'>,
): OperatorFunction<Value, readonly Node[]> => {
  const place = parsePath(path)
  if (place === undefined || depth(place) < 3) throw new Lwm2mError('invalid', `${path} is no place for a value`)
  return (value$) =>
    value$.pipe(
      map((value): Node => ({ path: place, value, time: wall() / 1000 })),
      bufferTime(seconds === undefined ? longest : seconds * 1000, null, count, scheduler),
      filter((nodes) => nodes.length > 0),
    )
}
/** The longest that a timer may be. */
const longest = 2 ** 31 - 1
