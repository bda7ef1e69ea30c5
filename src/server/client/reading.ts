/** What was read, or notified, at a registered client: the newest values, and those of the past with their times (LwM2M Core 1.2.2 §6.3, §6.4). */
import type { Node } from '../../format/format.ts'
import { contains, depth, formatPath, parsePath, type Path, type PathString } from '../../model/path.ts'
import type { Anything } from '../../model/typed-path.ts'
import type { Value } from '../../model/value.ts'
import type { ValueAtPath } from '../../objects/known.ts'

/** What was read, or notified. */
export interface Reading<Held = Anything> {
  /** What was asked for. */
  readonly path: PathString
  /** The newest value of every place below it. */
  readonly nodes: readonly Node[]
  /** Of a Resource (Instance): its value; of a multiple Resource: its values by Resource Instance ID. */
  readonly value: Held
  /** Every value that came with a time, oldest first: what was stored while the client could not notify. Times are seconds since 1970. */
  readonly samples: readonly TimedNode[]
}
/** A value with its place, and its time in seconds since 1970. */
export type TimedNode = Node & { readonly time: number }
/** What a Read-Composite gave, or a notification of an Observe-Composite. */
export interface CompositeReading<At extends PathString = PathString> extends Reading<undefined> {
  /** By the path that was asked for; what is not there, and what is no Resource (Instance), is absent. */
  readonly values: { readonly [Place in At]?: ValueAtPath<Place> }
}

/** What came, and when, in milliseconds since 1970 UTC: times may be relative to that (RFC 8428 §4.5.3). */
export interface Came {
  readonly nodes: readonly Node[]
  readonly receivedAt: number
}

/** What was read at a path, as a reading. */
export const readingOf = (path: Path, came: Came, multiple = false): Reading => {
  const { nodes, samples } = sorted(came)
  return { path: formatPath(path), nodes, value: valueAt(path, nodes, multiple), samples }
}

/** What was read at several paths. */
export const compositeOf = <At extends PathString>(
  paths: readonly At[],
  came: Came,
  isMultiple: (path: Path) => boolean | undefined,
): CompositeReading<At> => {
  const { nodes, samples } = sorted(came)
  const values = Object.fromEntries(
    paths.flatMap((text) => {
      const path = parsePath(text)!
      const here = nodes.filter((node) => contains(path, node.path))
      const value = here.length === 0 ? undefined : valueAt(path, here, isMultiple(path) === true)
      return value === undefined ? [] : [[text, value]]
    }),
  )
  return { path: '/', nodes, value: undefined, samples, values: values as CompositeReading<At>['values'] }
}

/** A time of a pack as seconds since 1970: below 2^28 it is relative to the moment of receipt (RFC 8428 §4.5.3). */
export const absoluteTime = (time: number, receivedAt: number): number => (time < 2 ** 28 ? receivedAt / 1_000 + time : time)

const sorted = ({ nodes, receivedAt }: Came): Pick<Reading, 'nodes' | 'samples'> => {
  if (nodes.every(({ time }) => time === undefined)) return { nodes, samples: none }
  const placed = nodes.map((node) => (node.time === undefined ? node : { ...node, time: absoluteTime(node.time, receivedAt) }))
  const samples = placed.filter((node): node is TimedNode => node.time !== undefined).sort((a, b) => a.time - b.time)
  const newest = new Map<string, Node>()
  for (const node of placed) {
    const known = newest.get(formatPath(node.path))
    if (known === undefined || (node.time ?? Infinity) >= (known.time ?? Infinity)) newest.set(formatPath(node.path), node)
  }
  return { nodes: [...newest.values()], samples }
}
const none: readonly never[] = []

/** A Resource's value, or values by Resource Instance ID: `multiple` with none is `{}`. */
const valueAt = (path: Path, nodes: readonly Node[], multiple: boolean): Anything => {
  if (depth(path) < 3) return undefined
  const whole = nodes.find((node) => depth(node.path) === depth(path))
  if (whole !== undefined) return whole.value
  if (nodes.length === 0) return multiple && depth(path) === 3 ? {} : undefined
  return Object.fromEntries(nodes.map((node): [number, Value] => [node.path.resourceInstance!, node.value]))
}
