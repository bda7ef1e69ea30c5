/** Notification attributes: when a server wants to hear of a change, at each level of the data model (LwM2M Core §7.3.2). */
import type { ResourceType } from './value.ts'

/** Periods are whole seconds. Absent: inherited from the level above, or the Server Object's default. */
export interface Attributes {
  /** Not sooner than this after the last notification. */
  readonly pmin?: number
  /** Not later than this, changed or not; ignored when below `pmin`, or 0. */
  readonly pmax?: number
  /** Not measured more often than this. */
  readonly epmin?: number
  /** Measured at least this often. */
  readonly epmax?: number
  /** When the value crosses this, either way. */
  readonly gt?: number
  readonly lt?: number
  /** When the value has moved by this since the last notification. */
  readonly st?: number
  /** When a boolean becomes true (1) or false (0). */
  readonly edge?: number
  /** Whether notifications are confirmable (1) or not (0). */
  readonly con?: number
  /** How many values are kept while they cannot be sent. */
  readonly hqmax?: number
}
export type AttributeName = keyof Attributes

/** What Write-Attributes asks for: a value sets, `undefined` removes (LwM2M Core §6.3.4). */
export type AttributeChange = Readonly<Partial<Record<AttributeName, number | undefined>>>

/** Why attributes are refused: all are 4.00. */
export type AttributeReason =
  | 'unknown' // no such attribute
  | 'twice' // the same one again
  | 'number' // no number of the form and range that the attribute has
  | 'level' // gt, lt, st, edge above a Resource
  | 'resource' // gt, lt, st on what is no number, edge on what is no boolean
  | 'epmin' // not below epmax
  | 'thresholds' // lt and gt too close for st: lt + 2 st must be below gt
export interface AttributeRefusal {
  readonly refused: AttributeReason
  readonly code: '4.00'
  readonly attribute: string
}

interface Form {
  /** Only at a Resource or Resource Instance, for values of this kind. */
  readonly of?: 'number' | 'boolean'
  readonly fits: (value: number) => boolean
}
const whole = (value: number) => Number.isSafeInteger(value) && value >= 0
const flag = (value: number) => value === 0 || value === 1
const forms: Readonly<Record<AttributeName, Form>> = {
  pmin: { fits: whole },
  pmax: { fits: whole },
  epmin: { fits: whole },
  epmax: { fits: whole },
  gt: { of: 'number', fits: Number.isFinite },
  lt: { of: 'number', fits: Number.isFinite },
  st: { of: 'number', fits: (value) => value >= 0 },
  edge: { of: 'boolean', fits: flag },
  con: { fits: flag },
  hqmax: { fits: whole },
}
/** In the order in which they are written. */
export const attributeNames: readonly AttributeName[] = Object.keys(forms) as AttributeName[]
const isName = (name: string): name is AttributeName => Object.hasOwn(forms, name)

export const isAttributeRefusal = <Result extends object>(result: Result | AttributeRefusal): result is AttributeRefusal =>
  'refused' in result
const refuse = (refused: AttributeReason, attribute: string): AttributeRefusal => ({ refused, code: '4.00', attribute })

/** The attributes of Uri-Query options: `pmin=10`, `gt=-2.5`; `pmin` or `pmin=` removes. Negative thresholds are taken, though the grammar has none. */
export const parseAttributes = (queries: readonly string[]): AttributeChange | AttributeRefusal => {
  const change: Partial<Record<AttributeName, number | undefined>> = {}
  for (const query of queries) {
    const [name, written = ''] = splitOnce(query)
    if (!isName(name)) return refuse('unknown', name)
    if (Object.hasOwn(change, name)) return refuse('twice', name)
    const value = written === '' ? undefined : parseNumber(name, written)
    if (value !== undefined && !forms[name].fits(value)) return refuse('number', name)
    change[name] = value
  }
  return change
}
const splitOnce = (query: string): readonly [string, string?] => {
  const at = query.indexOf('=')
  return at < 0 ? [query] : [query.slice(0, at), query.slice(at + 1)]
}
const parseNumber = (name: AttributeName, written: string): number => {
  const pattern = forms[name].of === 'number' ? /^-?\d+(\.\d+)?$/ : /^\d+$/
  return pattern.test(written) ? Number(written) : NaN
}

/** Attributes as Uri-Query options, and as link attributes after a split at `=`. */
export const formatAttributes = (attributes: Attributes): readonly string[] =>
  pairsOf(attributes).map(([name, value]) => `${name}=${value}`)

/** Attributes for a link of Discover. */
export const pairsOf = (attributes: Attributes): readonly (readonly [AttributeName, string])[] =>
  attributeNames.flatMap((name) => (attributes[name] === undefined ? [] : [[name, decimal(attributes[name])] as const]))

/** A number without an exponent, which attributes do not have; what is too small for a hundred digits is 0. */
const decimal = (value: number): string => {
  const short = String(value)
  if (!short.includes('e')) return short
  return Math.abs(value) >= 1 ? String(BigInt(value)) : value.toFixed(100).replace(/\.?0+$/, '')
}

/** What a Write-Attributes leaves at a level: the merged set, or why it cannot be. `depth`: 1 Object, 2 Object Instance, 3 Resource, 4 Resource Instance. */
export const changeAttributes = (
  now: Attributes,
  change: AttributeChange,
  place: { readonly depth: number; readonly type?: ResourceType | undefined },
): Attributes | AttributeRefusal => {
  for (const name of attributeNames) {
    const misplaced = change[name] === undefined ? undefined : misplacement(forms[name].of, place)
    if (misplaced !== undefined) return refuse(misplaced, name)
  }
  const kept = Object.entries({ ...now, ...change }).filter(([, value]) => value !== undefined)
  const merged: Attributes = Object.fromEntries(kept)
  return inconsistency(merged) ?? merged
}
const numeric: ReadonlySet<ResourceType | undefined> = new Set<ResourceType>(['integer', 'unsigned', 'float', 'time'])
const misplacement = (of: Form['of'], { depth, type }: Parameters<typeof changeAttributes>[2]): AttributeReason | undefined => {
  if (of === undefined) return undefined
  if (depth < 3) return 'level'
  return (of === 'boolean' ? type === 'boolean' : numeric.has(type)) ? undefined : 'resource'
}

/** What contradicts itself in a set of attributes (LwM2M Core §7.3.2). `pmax` below `pmin` is legal, and ignored. */
export const inconsistency = ({ epmin, epmax, gt, lt, st }: Attributes): AttributeRefusal | undefined => {
  if (epmin !== undefined && epmax !== undefined && epmin >= epmax) return refuse('epmin', 'epmin')
  return gt !== undefined && lt !== undefined && lt + 2 * (st ?? 0) >= gt ? refuse('thresholds', 'lt') : undefined
}

/** What is in force at a place: its own attributes before those of the levels above, nearest first, and before the Server Object's defaults (/1/x/2, /1/x/3). */
export const inherited = (levels: readonly (Attributes | undefined)[], defaults: Attributes = {}): Attributes =>
  levels.reduceRight<Attributes>((above, own) => ({ ...above, ...own }), defaults)
