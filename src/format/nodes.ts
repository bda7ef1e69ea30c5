/** What every format answers for: values in their places, of their types, each once (LwM2M Core §7.4). */
import { contains, depth, formatPath } from '../model/path.ts'
import { fits } from '../model/value.ts'
import { fault, type FormatContext, type FormatFault, type Node } from './format.ts'

/** The nodes themselves, or the first thing that is wrong with them. The same place at another time is another value. */
export const checked = (nodes: readonly Node[], { path, typeOf }: FormatContext): readonly Node[] | FormatFault => {
  const places = new Set<string>()
  for (const node of nodes) {
    const name = formatPath(node.path)
    if (depth(node.path) < 3 || !contains(path, node.path)) return fault('path', `${name} is no place for a value in ${formatPath(path)}`)
    const type = typeOf(node.path)
    if (type !== undefined && !fits(type, node.value)) return fault('type', `${name} is no ${type}`)
    if (node.time !== undefined && !Number.isFinite(node.time)) return fault('type', `${name} at no time`)
    const place = node.time === undefined ? name : `${name}@${node.time}`
    if (places.has(place)) return fault('duplicate', `${name} comes twice`)
    places.add(place)
  }
  return nodes
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
