/** A data model with access control as simple as can be: plain objects, no plans, no indexes; what the real one is compared with (LwM2M Core §6.3, §8). */
import { depth, type Path } from '../../src/model/path.ts'
import type { Operation } from '../../src/operation/operation.ts'

/** What the Object Instances hold, by `object/instance`. */
export type Holding = Record<string, Record<number, unknown>>
type Change = Extract<Operation, { type: 'write' | 'create' | 'delete' | 'write-composite' }>
type Result = { readonly done: true; readonly holding: Holding } | { readonly done: false; readonly denied: boolean }

const shortServerIds = [1, 2, 3]
const multiple = new Set([2])
const failed = (denied = false): Result => ({ done: false, denied })
const key = ({ object, instance }: Path) => `${object}/${instance}`

// ── rights ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const bits = { R: 1, W: 2, E: 4, D: 8, C: 16 }
/** The Instance of Object 2 for a place, found by looking at all of them. */
const controlOf = (holding: Holding, object: number, instance: number) =>
  Object.entries(holding).find(([place, held]) => place.startsWith('2/') && held[0] === object && held[1] === instance)
const rights = (holding: Holding, server: number, object: number, instance: number): number => {
  const held = controlOf(holding, object, instance)?.[1]
  if (held === undefined) return 0
  const acl = (held[2] ?? {}) as Record<number, number>
  if (server in acl) return acl[server]!
  return held[3] === server ? 31 : (acl[0] ?? 0)
}
/** Whether a server has a right to an Object Instance, or to create in an Object. */
export const may = (holding: Holding, server: number, right: keyof typeof bits, { object, instance }: Path): boolean => {
  if (object !== 2) return (rights(holding, server, object!, right === 'C' ? 65535 : instance!) & bits[right]) !== 0
  return right === 'R' || (right === 'W' && holding[`2/${instance}`]?.[3] === server)
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a server sees at some places, by path. */
export const readBy = (holding: Holding, server: number, paths: readonly Path[]): Record<string, unknown> => {
  const seen: Record<string, unknown> = {}
  for (const [place, held] of Object.entries(holding)) {
    const [object, instance] = place.split('/').map(Number) as [number, number]
    if (!may(holding, server, 'R', { object, instance })) continue
    for (const [id, value] of Object.entries(held))
      for (const [below, one] of isSeveral(object, Number(id)) ? Object.entries(value as object) : [['', value] as const]) {
        const ids = [object, instance, Number(id), ...(below === '' ? [] : [Number(below)])]
        if (
          paths.some((path) =>
            [path.object, path.instance, path.resource, path.resourceInstance].every((part, i) => part === undefined || part === ids[i]),
          )
        )
          seen[`/${ids.join('/')}`] = one
      }
  }
  return seen
}
const isSeveral = (object: number, resource: number) =>
  object === 2 || object === 3200 || object === 3201 ? multiple.has(resource) : resource === 11

/** What is not as a device begins: for a test of the reference itself. */
export const first = (holding: Holding): readonly string[] =>
  Object.keys(holding).filter(
    (place) => !place.startsWith('2/') && !place.startsWith('3/') && controlOf(holding, ...numbers(place)) === undefined,
  )
const numbers = (place: string) => place.split('/').map(Number) as [number, number]

// ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a server's operation comes to. */
export const apply = (before: Holding, server: number, operation: Change | Operation): Result => {
  const holding = structuredClone(before)
  switch (operation.type) {
    case 'write':
      return write(holding, server, operation)
    case 'create':
      return create(holding, server, operation)
    case 'delete':
      return remove(holding, server, operation.path)
    case 'write-composite':
      return composite(holding, server, operation)
    default:
      throw new Error(operation.type)
  }
}

const write = (holding: Holding, server: number, { path, mode, nodes }: Extract<Change, { type: 'write' }>): Result => {
  if (holding[key(path)] === undefined) return failed()
  if (!may(holding, server, 'W', path)) return failed(true)
  if (mode === 'replace' && depth(path) === 2) holding[key(path)] = kept(holding[key(path)]!, (id) => !isWritable(path.object!, id))
  const held = holding[key(path)]!
  if (mode === 'replace' && depth(path) === 3 && multiple.has(path.resource!)) held[path.resource!] = {}
  return nodes.every((node) => put(held, node.path, node.value)) ? { done: true, holding } : failed()
}
const kept = <Held>(held: Readonly<Record<number, Held>>, stays: (id: number) => boolean): Record<number, Held> =>
  Object.fromEntries(Object.entries(held).filter(([id]) => stays(Number(id))))
const isWritable = (object: number, resource: number) => (object === 2 ? resource >= 2 : resource < 3)
const put = (held: Record<number, unknown>, { object, resource, resourceInstance }: Path, value: unknown): boolean => {
  if (!isWritable(object!, resource!)) return false
  if (object === 2) {
    if (resource === 3 && !shortServerIds.includes(value as number)) return false
    if (resource === 2 && (resourceInstance! > 3 || (value as number) > 31)) return false
  } else if (resource === 1 && !(typeof value === 'number' && value >= 0 && value <= 9)) return false
  held[resource!] = resourceInstance === undefined ? value : { ...(held[resource!] as object | undefined), [resourceInstance]: value }
  return true
}

const create = (holding: Holding, server: number, { path: { object }, instance, nodes }: Extract<Change, { type: 'create' }>): Result => {
  if (!may(holding, server, 'C', { object })) return failed(true)
  const id = instance ?? lowest(holding, object!)
  if (holding[`${object}/${id}`] !== undefined) return failed()
  const held: Record<number, unknown> = {}
  holding[`${object}/${id}`] = held
  if (!nodes.every((node) => put(held, { ...node.path, object }, node.value))) return failed()
  holding[`2/${lowest(holding, 2)}`] = { 0: object, 1: id, 2: { [server]: 15 }, 3: server }
  return { done: true, holding }
}
const lowest = (holding: Holding, object: number): number => {
  let id = 0
  while (holding[`${object}/${id}`] !== undefined) id++
  return id
}

const remove = (holding: Holding, server: number, path: Path): Result => {
  const held = holding[key(path)]
  if (held === undefined) return failed()
  if (!may(holding, server, 'D', path)) return failed(true)
  if (path.resource !== undefined) return drop(held, path) ? { done: true, holding } : failed()
  const control = controlOf(holding, path.object!, path.instance!)
  const goes = new Set([key(path), control?.[0]])
  return { done: true, holding: Object.fromEntries(Object.entries(holding).filter(([at]) => !goes.has(at))) }
}
const drop = (held: Record<number, unknown>, { resource, resourceInstance }: Path): boolean => {
  const values = held[resource!] as Record<number, unknown> | undefined
  if (values === undefined || !(resourceInstance! in values)) return false
  held[resource!] = kept(values, (id) => id !== resourceInstance)
  return true
}

/** Every target must be there and the server's to write, the first that is not decides; a Resource Instance that goes need not be there. */
const composite = (holding: Holding, server: number, { nodes, deleted = [] }: Extract<Change, { type: 'write-composite' }>): Result => {
  for (const path of [...nodes.map((node) => node.path), ...deleted]) {
    if (holding[key(path)] === undefined) return failed()
    if (!may(holding, server, 'W', path)) return failed(true)
  }
  const there = deleted.filter(({ resource, resourceInstance, ...path }) => {
    const values = holding[key(path)]![resource!] as Record<number, unknown> | undefined
    return values !== undefined && resourceInstance! in values
  })
  if (!nodes.every((node) => put(holding[key(node.path)]!, node.path, node.value))) return failed()
  return there.every((path) => drop(holding[key(path)]!, path)) ? { done: true, holding } : failed()
}
