/** Bootstrap as one transaction: what it touches is kept as it was, until it is finished; what it must not touch (LwM2M Core §6.1.3.3, §6.1.7). */
import { Secret } from '../core/secret.ts'
import { commit as commitPlan, isRefusal, plan, type Change, type Plan, type Refusal } from '../model/change.ts'
import { instanceAt, instancesOf } from '../model/state.ts'
import type { Node } from '../model/node.ts'
import { contains, formatPath, type Path } from '../model/path.ts'
import { isLink } from '../model/value.ts'
import { commit } from './commit.ts'
import { isBootstrap } from './pairs.ts'
import type { Account, Before } from './state.ts'
import { held, type Work } from './work.ts'

// ── what stays ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const security = 0
const secretKey = 5
/** The account of the bootstrap server: its Security Object Instance, and the Instances of OSCORE, MQTT Server and COSE that it links to. */
export const keepAlive = (work: Work, account: number): readonly Path[] => [
  { object: security, instance: account },
  ...[17, 26, 27].flatMap((resource) => {
    const link = held(work, security, account, resource)
    if (link === undefined || !isLink(link) || instanceAt(work.state.model, link.object, link.instance) === undefined) return []
    return [{ object: link.object, instance: link.instance }]
  }),
]
const device: Path = { object: 3, instance: 0 }
/** What Bootstrap-Delete passes over (§6.1.7.6). */
export const isProtected = (work: Work, account: number, path: Path): boolean =>
  [...keepAlive(work, account), device].some((kept) => contains(kept, path))

/** The Object Instances at or below a path that may be deleted. */
export const deletable = (work: Work, account: number, { object, instance }: Path): readonly Path[] => {
  const objects = object === undefined ? [...work.it.definitions.keys()] : [object]
  return objects
    .flatMap((id) => instancesOf(work.state.model, id).map((found): Path => ({ object: id, instance: found })))
    .filter((path) => (instance === undefined || path.instance === instance) && !isProtected(work, account, path))
}

// ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Changes the model for the bootstrap server; what was there is kept until the end. Secret keys go to where nobody reads them. */
export const stage = (work: Work, changes: readonly Change[]): Refusal | undefined => {
  const planned = plan(work.state.model, work.it.definitions, changes.map(withoutKeys), 'bootstrap')
  if (isRefusal(planned)) return planned
  const touched = touchedBy(planned)
  const fresh = touched.filter((path) => work.state.before.get('', formatPath(path)) === undefined)
  if (work.state.before.size + fresh.length > work.state.before.shape.limit) return { refused: 'full', code: '5.00', path: fresh[0]! }
  for (const path of fresh) work.state.before.put('', formatPath(path), asItIs(work, path))
  commit(work, planned, 'bootstrap')
  for (const change of changes) keepKeys(work, change)
  return undefined
}
const touchedBy = ({ rows, removed }: Plan): readonly { readonly object: number; readonly instance: number }[] => [
  ...rows.map(({ object, instance }) => ({ object, instance })),
  ...removed,
]
const asItIs = ({ state: { model, keys } }: Work, { object, instance }: Path): Before => {
  const row = instanceAt(model, object!, instance!)
  const key = object === security ? keys.get('', instance!) : undefined
  return { object: object!, instance: instance!, ...(row === undefined ? {} : { row }), ...(key === undefined ? {} : { key }) }
}

const isKey = ({ object, resource }: Path) => object === security && resource === secretKey
/** A Write of nothing but the key is one of its Object Instance. */
const withoutKeys = (change: Change): Change => {
  if (change.type === 'delete' || !change.nodes.some(({ path }) => isKey(path))) return change
  const nodes = change.nodes.filter(({ path }) => !isKey(path))
  if (change.type === 'create' || !isKey(change.path)) return { ...change, nodes }
  return { type: 'update', path: { object: security, instance: change.path.instance }, nodes }
}
const keepKeys = (work: Work, change: Change): void => {
  const { keys } = work.state
  const written = change.type === 'delete' ? [] : change.nodes.filter(({ path }) => isKey(path))
  // What takes the place of an Object Instance takes the place of its key.
  if (change.type === 'delete') forgetKeys(work, change.path)
  if (change.type === 'replace' && change.path.resource === undefined)
    for (const instance of new Set(
      change.nodes
        .map(({ path }) => path)
        .filter(({ object }) => object === security)
        .map((path) => path.instance!),
    ))
      keys.remove('', instance)
  for (const { path, value } of written)
    if (value instanceof Uint8Array && value.length > 0 && !(keys.full && keys.get('', path.instance!) === undefined))
      keys.put('', path.instance!, new Secret(value))
}
const forgetKeys = ({ state: { keys, model } }: Work, { object }: Path): void => {
  if (object !== undefined && object !== security) return
  for (const { key } of [...keys.in('')]) if (instanceAt(model, security, Number(key)) === undefined) keys.remove('', key)
}

/** A Bootstrap-Pack: each Object in it is as the Pack says, but for what stays; other Objects are not touched (§6.1.7.7). Gives what is wrong with it. */
export const takePack = (work: Work, { account }: Account, nodes: readonly Node[]): string | undefined => {
  const objects = [...new Set(nodes.map(({ path }) => path.object!))]
  const wiped = objects.flatMap((object) => deletable(work, account, { object }))
  const refusal = stage(work, [
    ...wiped.map((path): Change => ({ type: 'delete', path })),
    ...objects.map((object): Change => ({ type: 'replace', path: { object }, nodes: nodes.filter(({ path }) => path.object === object) })),
  ])
  return refusal === undefined ? undefined : `${refusal.refused} ${formatPath(refusal.path)}`
}

// ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** All of it as it was. */
export const rollback = (work: Work): void => {
  const { before, model, keys } = work.state
  const rows = [...before.in('')].map(({ row }) => row)
  if (rows.length === 0) return
  const removed = rows.filter(({ row, object, instance }) => row === undefined && instanceAt(model, object, instance) !== undefined)
  const path = ({ object, instance }: Before): Path => ({ object, instance })
  commitPlan(model, { rows: rows.flatMap(({ row }) => row ?? []), removed, written: [], created: [], deleted: [] })
  for (const one of rows) {
    before.remove('', formatPath(path(one)))
    if (one.object !== security) continue
    if (one.key === undefined) keys.remove('', one.instance)
    else keys.put('', one.instance, one.key)
  }
  work.changed.push(...rows.map(path))
  work.inventory++
  work.touched = true
}

/** All of it counts. Server Object Instances that were written remember when (/1/x/12). */
export const stageOver = (work: Work): void => {
  const { before, model } = work.state
  const now = Math.floor(work.stamp.wall / 1000)
  const isKnown = work.it.definitions.get(1)?.resources[12] !== undefined
  for (const { key, row } of [...before.in('')]) {
    before.remove('', key)
    const there = instanceAt(model, row.object, row.instance)
    if (row.object === 1 && there !== undefined && isKnown)
      model.put('1', row.instance, { ...there, resources: { ...there.resources, 12: now } })
  }
  work.touched = true
}

/** Bootstrap servers beside the one that is at work: it is being replaced (§6.1.3.3). */
export const successors = ({ state: { model } }: Work, account: number): readonly number[] =>
  instancesOf(model, security).filter((other) => other !== account && isBootstrap(model, other))
