/** What every format answers for: values in their places, of their types, each once (LwM2M Core §7.4). */
import { contains, depth, formatPath, parsePath, type Path } from '../model/path.ts'
import { fits, isLink, type ResourceType, type Value } from '../model/value.ts'
import { fault, type FormatContext, type FormatFault, type Node } from './format.ts'

/** The nodes themselves, or the first thing that is wrong with them. The same place at another time is another value. */
export const checked = (nodes: readonly Node[], context: FormatContext): readonly Node[] | FormatFault => {
  const places = new Map<string, Set<number | undefined>>()
  const multiple = new Set<string>()
  let last: Path | undefined
  let name = ''
  let type: ResourceType | undefined
  let times = new Set<number | undefined>()
  for (const { path, value, time } of nodes) {
    // values of one place come in a row, as a history
    if (path !== last) {
      last = path
      name = formatPath(path)
      if (path.resource === undefined || !contains(context.path, path))
        return fault('path', `${name} is no place for a value in ${formatPath(context.path)}`)
      type = context.typeOf(path)
      if (path.resourceInstance !== undefined) multiple.add(name.slice(0, name.lastIndexOf('/')))
      times = places.get(name) ?? new Set()
      places.set(name, times)
    }
    if (!fits(type ?? typeOfValue(value), value)) return fault('type', `${name} is no ${type ?? 'value'}`)
    if (time !== undefined && !Number.isFinite(time)) return fault('type', `${name} at no time`)
    if (times.has(time)) return fault('duplicate', `${name} comes twice`)
    times.add(time)
  }
  for (const place of multiple) if (places.has(place)) return fault('path', `${place} is both a value and Resource Instances`)
  return nodes
}

/** The place that a name says. Below an Object, 65535 is an Object Instance that has no ID yet: the one that Create makes (LwM2M Core §6.3.6). */
export const placeNamed = (name: string, { path }: FormatContext): Path | undefined => {
  const place = parsePath(name)
  if (place !== undefined || depth(path) !== 1) return place
  const numbered = parsePath(name.replace(/^(\/\d+)\/65535(?=\/|$)/, '$1/0'))
  return numbered === undefined ? undefined : { ...numbered, instance: 65_535 }
}

/** The widest type that a value can be of, by itself. */
export const typeOfValue = (value: Value): ResourceType => {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'bigint') return value < 0n ? 'integer' : 'unsigned'
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? 'integer' : 'float'
  return isLink(value) ? 'objlnk' : 'opaque'
}

/** The one node of a format that carries one value, its place taken from the request. */
export const single = (nodes: readonly Node[], name: string): Node | FormatFault =>
  nodes.length === 1 ? nodes[0]! : fault('unsupported', `${name} carries one value, not ${nodes.length}`)

/** Why a single value cannot be meant by a request for this place; `undefined` when it can. */
export const misplaced = ({ path, isMultiple }: FormatContext): FormatFault | undefined => {
  const deep = depth(path)
  if (deep < 3) return fault('path', `${formatPath(path)} is no place for a single value`)
  return deep === 3 && isMultiple(path) === true ? fault('path', `${formatPath(path)} has Resource Instances`) : undefined
}
