/** Changes of the data model: done as a whole or not at all, and noted for everybody who follows it (LwM2M Core §6.3). */
import {
  commit as commitPlan,
  isRefusal,
  plan,
  planWithoutMissing,
  type Author,
  type Change,
  type Plan,
  type Refusal,
} from '../model/change.ts'
import { resourceOf } from '../model/definition.ts'
import { depth, formatPath, type Path } from '../model/path.ts'
import { controlOf } from '../model/access.ts'
import { controlObject, instanceAt, type InstanceRow } from '../model/state.ts'
import { keeperOf } from './access.ts'
import { isListed } from './inventory.ts'
import { noteAuthor } from './persist/written.ts'
import { remoteOf } from './state.ts'
import { evaluateAt } from './observations.ts'
import type { Work } from './work.ts'

/** Plans and does changes. Gives the plan, or why nothing was done. */
export const change = (work: Work, changes: readonly Change[], author: Author): Plan | Refusal => {
  const planned = plan(work.state.model, work.it.definitions, changes, author, keeperOf(work))
  if (!isRefusal(planned)) commit(work, planned, author)
  return planned
}

/** At the end of bootstrap, while it is known what was there before: what servers that are gone owned is left to others (Transport §5.2.5). */
export const leaveMissing = (work: Work): void => {
  const { model, before } = work.state
  if (!work.it.definitions.has(controlObject)) return
  const servers = [...before.in('')].filter(({ row }) => row.object === 1).map(({ row }) => row.row?.resources[0])
  const ids = servers.filter((id) => typeof id === 'number')
  if (ids.length > 0) commit(work, planWithoutMissing(model, work.it.definitions, ids), 'bootstrap')
}

/** Does what was planned. */
export const commit = (work: Work, planned: Plan, author: Author): void => {
  const before = controlled(work, planned)
  commitPlan(work.state.model, { ...planned, rows: planned.rows.map((row) => kept(work, row)) })
  noteAuthor(work, planned, author)
  work.touched = true
  work.changed.push(...planned.written, ...planned.created, ...planned.deleted)
  if ([...planned.created, ...planned.deleted].some((path) => depth(path) <= 2 && isListed(path))) work.inventory++
  for (const path of planned.deleted) forget(work, path)
  regard(work, [...before, ...controlled(work, planned)])
}

/** The Object Instances that changed Instances of Object 2 control; all of them when a server came or went. */
const controlled = ({ state: { model }, it }: Work, { written, created, deleted }: Plan): readonly Path[] => {
  if (!it.definitions.has(controlObject)) return none
  const changed = [...written, ...created, ...deleted]
  if (changed.some(({ object, resource }) => object === 1 && resource === undefined)) return [{}]
  return changed
    .filter(({ object, instance }) => object === controlObject && instance !== undefined)
    .map(({ instance }) => instanceAt(model, controlObject, instance!))
    .filter((row) => row !== undefined)
    .map(controlOf)
    .map(({ object, instance }) => ({ object, instance }))
}
const none: readonly never[] = []
/** Whoever observes them may see more or less than before. */
const regard = (work: Work, places: readonly Path[]): void => {
  if (work.state.observations.size === 0) return
  for (const path of places) {
    evaluateAt(work, path, everybody(work))
    if (path.object !== undefined) work.changed.push(path)
  }
}
const everybody = ({ state: { accounts } }: Work) => [...accounts.in('')].map(({ row }) => remoteOf(row.account))

/** What can only be written is handed on, not kept. */
const kept = ({ it }: Work, row: InstanceRow): InstanceRow => {
  const { object, instance } = row
  const gone = Object.keys(row.resources).filter(
    (id) => resourceOf(it.definitions, { object, instance, resource: Number(id) })?.operations === 'W',
  )
  return gone.length === 0
    ? row
    : { ...row, resources: Object.fromEntries(Object.entries(row.resources).filter(([id]) => !gone.includes(id))) }
}

/** What is gone has no attributes any more, and its observations end. */
const forget = (work: Work, path: Path): void => {
  const { state } = work
  const place = formatPath(path)
  if (state.attributes.size > 0)
    for (const account of [...state.attributes.scopes()])
      for (const { key } of [...state.attributes.in(account)])
        if (key === place || String(key).startsWith(`${place}/`)) state.attributes.remove(account, key)
  if (state.observations.size > 0) evaluateAt(work, path, everybody(work))
}
