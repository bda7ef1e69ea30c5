/** SenML packs: records whose names and times build on a base, as values in their places (RFC 8428 §4, RFC 8790; LwM2M Core §7.4.4). */
import { contains, depth, formatPath, type Path } from '../model/path.ts'
import { whole, type ObjectLink, type ResourceType, type Value } from '../model/value.ts'
import { fault, isFault, type FormatContext, type FormatFault, type Node, type Patch } from './format.ts'
import { checked, placeNamed } from './nodes.ts'
import { parseText } from './text.ts'

/** One record as it is written. */
export interface SenmlRecord {
  readonly baseName?: string | undefined
  readonly baseTime?: number | undefined
  readonly baseValue?: number | bigint | undefined
  readonly baseVersion?: number | undefined
  readonly name?: string | undefined
  readonly time?: number | undefined
  /** `null`: the place goes (RFC 8790 §3.2). Absent: a record of names alone. */
  readonly value?: Value | null | undefined
  /** A label that is none of these and no unit: passed over in values, refused in a list of places (RFC 8790 §3.1). */
  readonly unknown?: string | undefined
}
/** One record by itself: its whole name and time, and its value if it has one. */
export interface ResolvedRecord {
  readonly name: string
  readonly time: number | undefined
  readonly value: Value | null | undefined
}

/** The version of SenML that this is (RFC 8428 §4.4). */
const version = 10

/** Each record by itself (RFC 8428 §4.6). A record of bases alone is none, if the next one builds on its name (RFC 8428 §5.1.9). */
export const resolve = (records: readonly SenmlRecord[]): readonly ResolvedRecord[] | FormatFault => {
  const resolved: ResolvedRecord[] = []
  let baseName = ''
  let baseTime: number | undefined
  let baseValue: number | bigint | undefined
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!
    if (record.baseVersion !== undefined && record.baseVersion > version) return fault('malformed', `SenML version ${record.baseVersion}`)
    baseName = record.baseName ?? baseName
    baseTime = record.baseTime ?? baseTime
    baseValue = record.baseValue ?? baseValue
    if (isBase(record) && records[index + 1] !== undefined && records[index + 1]!.baseName === undefined) continue
    resolved.push({
      name: record.name === undefined ? baseName : baseName + record.name,
      time: record.time === undefined ? baseTime : (baseTime ?? 0) + record.time,
      value: sum(baseValue, record.value),
    })
  }
  return resolved
}
const isBase = ({ name, time, value }: SenmlRecord) => name === undefined && time === undefined && value === undefined

/** A base value is added to every number (RFC 8428 §4.1). */
const sum = (base: number | bigint | undefined, value: Value | null | undefined): Value | null | undefined => {
  if (base === undefined || (value !== undefined && typeof value !== 'number' && typeof value !== 'bigint')) return value
  if (value === undefined) return base
  return isWhole(base) && isWhole(value) ? whole(BigInt(base) + BigInt(value)) : Number(base) + Number(value)
}
const isWhole = (value: number | bigint) => typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))

/** The values of a pack in their places; each record must have one. */
export const nodesOf = (records: readonly SenmlRecord[], context: FormatContext): readonly Node[] | FormatFault => {
  const patch = patchOf(records, context)
  if (isFault(patch)) return patch
  const [gone] = patch.deleted
  return gone === undefined ? patch.nodes : fault('malformed', `${formatPath(gone)} is null`)
}

/** What a pack changes: values, and Resource Instances that go where the value is null (RFC 8790 §3.2; LwM2M Core §7.4.6). */
export const patchOf = (records: readonly SenmlRecord[], context: FormatContext): Patch | FormatFault => {
  const resolved = resolve(records)
  if (isFault(resolved)) return resolved
  const nodes: Node[] = []
  const deleted: Path[] = []
  let known: { readonly name: string; readonly path: Path; readonly type: ResourceType | undefined } | undefined
  for (const { name, time, value } of resolved) {
    if (name !== known?.name) {
      const path = placeOf(name, context)
      if (path === undefined) return fault('path', `${JSON.stringify(name)} is no path`)
      known = { name, path, type: context.typeOf(path) }
    }
    const { path, type } = known
    if (value === undefined) return fault('malformed', `${name} has no value`)
    if (value === null) {
      if (time !== undefined) return fault('malformed', `${name} is null at a time`)
      deleted.push(path)
      continue
    }
    const typed = asType(value, type)
    if (typed === undefined) return fault('type', `${name} is no ${type}`)
    nodes.push(time === undefined ? { path, value: typed } : { path, value: typed, time })
  }
  const sound = checked(nodes, context)
  return isFault(sound) ? sound : (misdeleted(nodes, deleted, context) ?? { nodes, deleted })
}
/** Why places cannot go: only Resource Instances do, each once, and not those that are written. */
const misdeleted = (nodes: readonly Node[], deleted: readonly Path[], { path }: FormatContext): FormatFault | undefined => {
  if (deleted.length === 0) return undefined
  const places = new Set(nodes.map((node) => formatPath(node.path)))
  for (const place of deleted) {
    const name = formatPath(place)
    if (depth(place) !== 4 || !contains(path, place))
      return fault('path', `${name} is no Resource Instance to delete in ${formatPath(path)}`)
    if (places.has(name)) return fault('duplicate', `${name} comes twice`)
    places.add(name)
  }
  return undefined
}

/** The places that a pack without values names, each once: what Read-Composite and Observe-Composite ask for (RFC 8790 §3.1). */
export const pathsOf = (records: readonly SenmlRecord[], context: FormatContext): readonly Path[] | FormatFault => {
  if (records.length === 0) return fault('malformed', 'no place is asked for')
  const odd = records.find(({ unknown }) => unknown !== undefined)
  if (odd !== undefined) return fault('malformed', `${odd.unknown} where places are asked for`)
  const resolved = resolve(records)
  if (isFault(resolved)) return resolved
  const places = new Map<string, Path>()
  for (const { name, time, value } of resolved) {
    // a base name alone may end in the slash that others would build on
    const path = placeOf(name.length > 1 && name.endsWith('/') ? name.slice(0, -1) : name, context)
    if (path === undefined) return fault('path', `${JSON.stringify(name)} is no path`)
    if (!contains(context.path, path)) return fault('path', `${name} is outside ${formatPath(context.path)}`)
    if (value !== undefined || time !== undefined) return fault('malformed', `${name} has a value where places are asked for`)
    places.set(formatPath(path), path)
  }
  return [...places.values()]
}

/** The place of a whole name. Names carry the alternate path (LwM2M Transport §6.4.1); one without it is taken as well: an alternate path has no numeric segment. */
const placeOf = (name: string, context: FormatContext): Path | undefined => {
  const root = rootOf(context)
  if (!name.startsWith('/')) return undefined
  const rest = name.startsWith(root) ? name.slice(root.length) : name
  return placeNamed(rest === '' || rest.startsWith('/') ? rest : name, context)
}

/** What names carry before the path. */
const rootOf = ({ root = '', prefix }: FormatContext): string => (prefix === undefined ? root : `${root}/${prefix}`)

/** SenML has one kind of number: a Resource's type says which it is. Numbers come back in their normal form. Some peers write links as text. */
const asType = (value: Value, type: ResourceType | undefined): Value | undefined => {
  if (type === 'objlnk' && typeof value === 'string') return parseLink(value)
  if (typeof value === 'bigint') return type === 'float' ? Number(value) : whole(value)
  const integral = type === 'integer' || type === 'unsigned' || type === 'time'
  return integral && typeof value === 'number' ? (Number.isInteger(value) ? whole(BigInt(value)) : undefined) : value
}

/** The link that the text of `vlo` stands for. Some devices end it as C does, with a NUL; the null link is also shown in hexadecimal (LwM2M Core §7.5.6). */
export const parseLink = (written: string): ObjectLink | undefined => {
  if (/^ffff:ffff$/i.test(written)) return { object: 65535, instance: 65535 }
  return parseText('objlnk', written.endsWith('\0') ? written.slice(0, -1) : written) as ObjectLink | undefined
}

/**
 * The records that say these values: the first has the base name, and the base time if all have a time.
 * The base name is the path of the request; of the root, what all places share (LwM2M Core §7.4.4).
 */
export const recordsOf = (nodes: readonly Node[], context: FormatContext): readonly SenmlRecord[] => {
  const base = baseNameOf(nodes, context)
  const root = rootOf(context)
  const baseTime = baseTimeOf(nodes)
  let last: Path | undefined
  let name: string | undefined
  return nodes.map(({ path, value, time }, index) => {
    // a history has one place many times
    if (path !== last) name = (root + formatPath((last = path))).slice(base.length) || undefined
    return {
      baseName: index === 0 ? base : undefined,
      baseTime: index === 0 ? baseTime : undefined,
      name,
      time: time === undefined || time === baseTime ? undefined : time - (baseTime ?? 0),
      value,
    }
  })
}

/** The records of a patch: values as `recordsOf` says them, then nulls. */
export const patchRecordsOf = ({ nodes, deleted }: Patch, context: FormatContext): readonly SenmlRecord[] | FormatFault => {
  const wrong = misdeleted(nodes, deleted, context)
  if (wrong !== undefined) return wrong
  // one base name for all: a deletion is like a node here
  const gone = deleted.map((path) => ({ path, value: '' }))
  const records = recordsOf([...nodes, ...gone], context)
  return records.map((record, index) => (index < nodes.length ? record : { ...record, value: null }))
}

/** The records that name these places, each by its whole name. */
export const pathRecordsOf = (paths: readonly Path[], context: FormatContext): readonly SenmlRecord[] | FormatFault => {
  const { path } = context
  const root = rootOf(context)
  if (paths.length === 0) return fault('unsupported', 'a pack of places names one at least')
  const outside = paths.find((place) => !contains(path, place))
  if (outside !== undefined) return fault('path', `${formatPath(outside)} is outside ${formatPath(path)}`)
  return paths.map((place) => ({ name: depth(place) === 0 && root !== '' ? root : root + formatPath(place) }))
}

const baseNameOf = (nodes: readonly Node[], context: FormatContext): string => {
  const root = rootOf(context)
  const base = depth(context.path) === 0 ? shared(nodes) : context.path
  const deep = depth(base)
  if (deep === 0) return `${root}/`
  // a place that is the base itself has no name of its own, so that the slash belongs to the others' names
  return nodes.some((node) => depth(node.path) === deep) ? root + formatPath(base) : `${root}${formatPath(base)}/`
}
/** The deepest place that holds all the others. */
const shared = (nodes: readonly Node[]): Path => {
  let common = nodes[0]?.path ?? {}
  for (const { path } of nodes) if (path !== common) while (!contains(common, path)) common = parent(common)
  return common
}
const parent = ({ object, instance, resource, resourceInstance }: Path): Path =>
  resourceInstance !== undefined
    ? { object, instance, resource }
    : resource !== undefined
      ? { object, instance }
      : instance !== undefined
        ? { object }
        : {}

/** A time that all others can be counted from without loss, if all nodes have one. */
const baseTimeOf = (nodes: readonly Node[]): number | undefined => {
  const base = nodes[0]?.time
  if (base === undefined || nodes.length < 2) return undefined
  return nodes.every(({ time }) => time !== undefined && base + (time - base) === time) ? base : undefined
}
