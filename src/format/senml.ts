/** SenML packs: records whose names and times build on a base, as values in their places (RFC 8428 §4; LwM2M Core §7.4.4). */
import { formatPath, parsePath, type Path } from '../model/path.ts'
import { whole, type ObjectLink, type ResourceType, type Value } from '../model/value.ts'
import { fault, isFault, type FormatContext, type FormatFault, type Node } from './format.ts'
import { checked } from './nodes.ts'
import { parseText } from './text.ts'

/** One record as it is written. */
export interface SenmlRecord {
  readonly baseName?: string
  readonly baseTime?: number
  readonly baseValue?: number | bigint
  readonly baseVersion?: number
  readonly name?: string
  readonly time?: number
  readonly value?: Value
}
/** One record by itself: its whole name and time, and its value if it has one. */
export interface ResolvedRecord {
  readonly name: string
  readonly time: number | undefined
  readonly value: Value | undefined
}

/** The version of SenML that this is (RFC 8428 §4.4). */
const version = 10

/** Each record by itself (RFC 8428 §4.6). */
export const resolve = (records: readonly SenmlRecord[]): readonly ResolvedRecord[] | FormatFault => {
  const resolved: ResolvedRecord[] = []
  let base: SenmlRecord = {}
  for (const record of records) {
    base = { ...base, ...record }
    if ((record.baseVersion ?? version) > version) return fault('malformed', `SenML version ${record.baseVersion}`)
    resolved.push({
      name: (base.baseName ?? '') + (record.name ?? ''),
      time: record.time === undefined && base.baseTime === undefined ? undefined : (base.baseTime ?? 0) + (record.time ?? 0),
      value: sum(base.baseValue, record.value),
    })
  }
  return resolved
}
/** A base value is added to every number (RFC 8428 §4.1). */
const sum = (base: number | bigint | undefined, value: Value | undefined): Value | undefined => {
  if (base === undefined || (value !== undefined && typeof value !== 'number' && typeof value !== 'bigint')) return value
  if (value === undefined) return base
  return isWhole(base) && isWhole(value) ? whole(BigInt(base) + BigInt(value)) : Number(base) + Number(value)
}
const isWhole = (value: number | bigint) => typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))

/** The values of a pack in their places; each record must have one. */
export const nodesOf = (records: readonly SenmlRecord[], context: FormatContext): readonly Node[] | FormatFault => {
  const resolved = resolve(records)
  if (isFault(resolved)) return resolved
  const nodes: Node[] = []
  for (const { name, time, value } of resolved) {
    const path = parsePath(name)
    if (path === undefined || !name.startsWith('/')) return fault('path', `${JSON.stringify(name)} is no path`)
    if (value === undefined) return fault('malformed', `${name} has no value`)
    const typed = asType(value, context.typeOf(path))
    if (typed === undefined) return fault('type', `${name} is no ${context.typeOf(path)}`)
    nodes.push(time === undefined ? { path, value: typed } : { path, value: typed, time })
  }
  return checked(nodes, context)
}

/** SenML has one kind of number: a Resource's type says which it is. Numbers come back in their normal form. */
const asType = (value: Value, type: ResourceType | undefined): Value | undefined => {
  if (typeof value === 'bigint') return type === 'float' ? Number(value) : whole(value)
  const integral = type === 'integer' || type === 'unsigned' || type === 'time'
  return integral && typeof value === 'number' ? (Number.isInteger(value) ? whole(BigInt(value)) : undefined) : value
}

/** The link that the text of `vlo` stands for. */
export const parseLink = (written: string): ObjectLink | undefined => parseText('objlnk', written) as ObjectLink | undefined

/** How a place is written in an answer to a request: the base that all share, and the name that follows it. */
export const nameIn = (request: Path, place: Path): { readonly base: string; readonly name: string } => {
  const whole = formatPath(place)
  const base = formatPath(request)
  if (base === whole) return { base, name: '' }
  const ended = base === '/' ? base : `${base}/`
  return { base: ended, name: whole.slice(ended.length) }
}
