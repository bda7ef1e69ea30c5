/** Which notification attributes are in force for an observation, and where they come from (LwM2M Core §6.4.1, §6.4.4, §7.3.2). */
import { responses } from '../message/code.ts'
import {
  attributeNames,
  changeAttributes,
  inconsistency,
  inherited,
  isAttributeRefusal,
  type AttributeChange,
  type AttributeName,
  type Attributes,
} from '../model/attributes.ts'
import { resourceOf } from '../model/definition.ts'
import type { Node } from '../model/node.ts'
import { depth, formatPath, type Path } from '../model/path.ts'
import type { Observed } from '../model/verdict.ts'
import type { Observe, ObserveComposite, Outcome, Version } from '../operation/operation.ts'
import { serverOf } from './account.ts'
import type { Observation } from './reporting-rows.ts'
import { held, numberAt, type Work } from './work.ts'

type Which = Pick<Observation, 'account' | 'paths' | 'operation'>

/** What Write-Attributes left at a path and above it, nearest first. */
export const levelsAt = (
  { state: { attributes } }: Pick<Work, 'state'>,
  account: number,
  { object, instance, resource, resourceInstance }: Path,
): readonly (Attributes | undefined)[] => {
  const levels: Path[] = [{ object }]
  if (instance !== undefined) levels.unshift({ object, instance })
  if (resource !== undefined) levels.unshift({ object, instance, resource })
  if (resourceInstance !== undefined) levels.unshift({ object, instance, resource, resourceInstance })
  return levels.map((level) => attributes.get(String(account), formatPath(level)))
}

/** The Server Object's Default Minimum and Maximum Period. */
export const defaultsOf = (work: Work, account: number): Attributes => {
  const server = serverOf(work, account)
  const pmin = numberAt(work, 1, server, 2)
  const pmax = numberAt(work, 1, server, 3)
  return { ...(pmin === undefined ? {} : { pmin }), ...(pmax === undefined ? {} : { pmax }) }
}
/** Those of the Observe request; what it takes away is not there. */
const ownOf = ({ operation }: Pick<Which, 'operation'>): Attributes | undefined => operation.attributes as Attributes | undefined

/** At one observed path: the request's own before those attached there, above it, and the defaults. */
const at = (work: Work, { account, operation }: Which, path: Path): Attributes =>
  inherited([ownOf({ operation }), ...levelsAt(work, account, path)], defaultsOf(work, account))

/** Periods: of a composite observation the strictest of its paths, unless its request has attributes, which then are all that counts (§6.4.4). */
export const periodsOf = (work: Work, which: Which): Pick<Attributes, 'pmin' | 'pmax' | 'epmin' | 'epmax'> => {
  const { account, paths, operation } = which
  if (operation.type === 'observe') return at(work, which, paths[0]!)
  const own = ownOf(which)
  if (own !== undefined) return inherited([own], defaultsOf(work, account))
  const parts = paths.map((path) => at(work, which, path))
  const some = (name: AttributeName) => parts.map((part) => part[name]).filter((value) => value !== undefined && value > 0) as number[]
  return {
    pmin: Math.max(0, ...some('pmin')),
    epmin: Math.max(0, ...some('epmin')),
    ...least('pmax', some('pmax')),
    ...least('epmax', some('epmax')),
  }
}
const least = (name: 'pmax' | 'epmax', values: readonly number[]): Attributes =>
  values.length === 0 ? {} : { [name]: Math.min(...values) }

/** Thresholds of each observed path. What is attached below an observed path does not count (§6.4.2). */
export const thresholdsOf = (work: Work, which: Which): readonly Observed[] =>
  which.paths.map((path) => {
    const { gt, lt, st, edge } = which.operation.type === 'observe' ? at(work, which, path) : inherited(levelsAt(work, which.account, path))
    const present = Object.entries({ gt, lt, st, edge }).filter(([, value]) => value !== undefined)
    return { path, thresholds: Object.fromEntries(present) }
  })

/** How long a reading of what is read on demand is good for, and after how long another is due; milliseconds. */
export const evaluationOf = (work: Work, which: Which): { readonly epminMs: number; readonly epmaxMs: number } => {
  const { epmin = 0, epmax = 0 } = periodsOf(work, which)
  return { epminMs: epmin * 1000, epmaxMs: epmax > 0 && epmax > epmin ? epmax * 1000 : Infinity }
}

/** Whether a notification must be confirmable: the request says, or any part of it, or the Default Notification Mode; `undefined`: nobody does. */
export const confirmableOf = (work: Work, which: Which, nodes: readonly Node[]): boolean | undefined => {
  const own = ownOf(which)?.con
  if (own !== undefined) return own === 1
  const attached = partsOf(which, nodes).map((path) => inherited(levelsAt(work, which.account, path)).con)
  if (attached.includes(1)) return true
  if (attached.includes(0)) return false
  const mode = held(work, 1, serverOf(work, which.account), 26)
  return mode === undefined ? undefined : mode === 1 || mode === true
}
const partsOf = ({ paths }: Which, nodes: readonly Node[]): readonly Path[] => [...paths, ...nodes.map(({ path }) => path)]

/** How many values of a place are kept while they cannot be sent; Infinity where nobody says. */
export const historyMax = (work: Work, which: Which, path: Path): number =>
  ownOf(which)?.hqmax ?? inherited(levelsAt(work, which.account, path)).hqmax ?? Infinity

// ── the attributes of an Observe request ─────────────────────────────────────────────────────────────────────────────────────

const compositeNames: ReadonlySet<AttributeName> = new Set<AttributeName>(['pmin', 'pmax', 'epmin', 'epmax', 'con'])

/** Why an Observe with attributes is refused: they are of LwM2M 1.2, and together with what is attached they must make sense (§6.4.1). */
export const attributesRefused = (
  work: Work,
  account: number,
  version: Version,
  operation: Observe | ObserveComposite,
): Outcome | undefined => {
  const { attributes } = operation
  if (attributes === undefined) return undefined
  if (version === '1.0' || version === '1.1') return bad('attributes in an Observe request are of LwM2M 1.2')
  if (operation.type === 'observe-composite') return compositeRefused(attributes)
  const { path } = operation
  const definition = resourceOf(work.it.definitions, path)
  const place = { depth: depth(path), type: definition?.type }
  const own = changeAttributes({}, attributes, place)
  if (isAttributeRefusal(own)) return bad(`${own.attribute}: ${own.refused}`)
  const merged = inconsistency(at(work, { account, paths: [path], operation }, path))
  return merged === undefined ? undefined : bad(`${merged.attribute}: ${merged.refused}`)
}
const compositeRefused = (attributes: AttributeChange): Outcome | undefined => {
  const wrong = attributeNames.find((name) => attributes[name] !== undefined && !compositeNames.has(name))
  if (wrong !== undefined) return bad(`${wrong} is not for Observe-Composite`)
  const merged = inconsistency(attributes as Attributes)
  return merged === undefined ? undefined : bad(`${merged.attribute}: ${merged.refused}`)
}
const bad = (diagnostic: string): Outcome => ({ code: responses.BadRequest, diagnostic })
