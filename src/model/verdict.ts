/** What a new value means beside the one last sent: gt, lt, st and edge, for one value or for many (LwM2M Core §7.3.2). */
import type { Attributes } from './attributes.ts'
import { ofValues, sameNodes, type Comparison } from './comparison.ts'
import type { Node } from './node.ts'
import { contains, formatPath, type Path, type PathString } from './path.ts'

/** The attributes that say which change counts. */
export type Thresholds = Pick<Attributes, 'gt' | 'lt' | 'st' | 'edge'>

/** `met`: to be notified. `unchanged` also ends a wait for pmin; `unmet` leaves it. */
export type Verdict = 'met' | 'unmet' | 'unchanged'

/** Judges a value by the one last sent and, for an edge, the one before it. */
export type Judge<T> = (sent: T, previous: T, value: T) => Verdict

/** Of one value. Thresholds count for numbers, edges for booleans; for anything else every change counts. */
export const judge = <T>({ gt, lt, st, edge }: Thresholds, { same, scalar }: Comparison<T>): Judge<T> => {
  const thresholds = [gt, lt].filter((threshold) => threshold !== undefined)
  const onNumbers = thresholds.length > 0 || st !== undefined
  return (sent, previous, value) => {
    const [before, after] = [scalar(sent), scalar(value)]
    if (onNumbers && typeof before === 'number' && typeof after === 'number') {
      const moved = st !== undefined && after !== before && Math.abs(after - before) >= st
      return moved || thresholds.some((threshold) => crosses(before, after, threshold)) ? 'met' : 'unmet'
    }
    if (edge !== undefined && typeof after === 'boolean') return scalar(previous) === !after && after === (edge === 1) ? 'met' : 'unmet'
    return same(sent, value) ? 'unchanged' : 'met'
  }
}
/** From one side of a threshold, or from on it, to the other. */
const crosses = (before: number, after: number, threshold: number): boolean =>
  (before <= threshold && after > threshold) || (before >= threshold && after < threshold)

/** One path of an observation with what counts there. */
export interface Observed {
  readonly path: Path
  readonly thresholds: Thresholds
}

/** Of everything at the observed paths: each path by its own thresholds, each Resource Instance by itself; one that came or went counts. */
export const judgeNodes = (parts: readonly Observed[]): Judge<readonly Node[]> => {
  if (!parts.some(({ thresholds }) => hasAny(thresholds))) return (sent, _, value) => (sameNodes(sent, value) ? 'unchanged' : 'met')
  const judges = parts.map(({ path, thresholds }) => ({ path, judge: judge(thresholds, ofValues) }))
  return (sent, previous, value) => {
    const verdicts = judges.map((part) => judgePart(part, byPath(sent), byPath(previous), value, sent))
    return verdicts.find((verdict) => verdict === 'met') ?? verdicts.find((verdict) => verdict === 'unmet') ?? 'unchanged'
  }
}
const hasAny = ({ gt, lt, st, edge }: Thresholds) => [gt, lt, st, edge].some((value) => value !== undefined)

type ByPath = ReadonlyMap<PathString, Node>
const byPath = (nodes: readonly Node[]): ByPath => new Map(nodes.map((node) => [formatPath(node.path), node]))

const judgePart = (
  { path, judge: judged }: { readonly path: Path; readonly judge: Judge<Node['value']> },
  sent: ByPath,
  previous: ByPath,
  value: readonly Node[],
  sentNodes: readonly Node[],
): Verdict => {
  const here = value.filter((node) => contains(path, node.path))
  if (sentNodes.filter((node) => contains(path, node.path)).length !== here.length) return 'met'
  let verdict: Verdict = 'unchanged'
  for (const node of here) {
    const name = formatPath(node.path)
    const before = sent.get(name)
    if (before === undefined) return 'met'
    const one = judged(before.value, (previous.get(name) ?? before).value, node.value)
    if (one === 'met') return one
    if (one === 'unmet') verdict = one
  }
  return verdict
}
