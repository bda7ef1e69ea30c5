/** Changes of the data model: done as a whole or not at all, and noted for everybody who follows it (LwM2M Core §6.3). */
import { commit as commitPlan, isRefusal, plan, type Author, type Change, type Plan, type Refusal } from '../model/change.ts'
import { resourceOf } from '../model/definition.ts'
import { depth, formatPath, type Path } from '../model/path.ts'
import type { InstanceRow } from '../model/state.ts'
import { remoteOf } from './state.ts'
import { evaluateAt } from './observations.ts'
import type { Work } from './work.ts'

/** Plans and does changes. Gives the plan, or why nothing was done. */
export const change = (work: Work, changes: readonly Change[], author: Author): Plan | Refusal => {
  const planned = plan(work.state.model, work.it.definitions, changes, author)
  if (!isRefusal(planned)) commit(work, planned)
  return planned
}

/** Does what was planned. */
export const commit = (work: Work, planned: Plan): void => {
  commitPlan(work.state.model, { ...planned, rows: planned.rows.map((row) => kept(work, row)) })
  work.touched = true
  work.changed.push(...planned.written, ...planned.created, ...planned.deleted)
  if ([...planned.created, ...planned.deleted].some((path) => depth(path) <= 2)) work.inventory++
  for (const path of planned.deleted) forget(work, path)
}

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
  const { state, it } = work
  const place = formatPath(path)
  const accounts = it.accounts.map((_, account) => account)
  if (state.attributes.size > 0)
    for (const account of accounts)
      for (const { key } of [...state.attributes.in(String(account))])
        if (key === place || String(key).startsWith(`${place}/`)) state.attributes.remove(String(account), key)
  if (state.observations.size > 0) evaluateAt(work, path, accounts.map(remoteOf))
}
