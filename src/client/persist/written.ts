/** What servers made of the Objects that an application brought: that is kept, all else the application brings again. */
import { Table } from '../../core/table.ts'
import type { Author, Plan } from '../../model/change.ts'
import { depth, type Path } from '../../model/path.ts'
import type { Work } from '../work.ts'

/** An Object Instance that a server changed. Scope: the Object ID; key: the Object Instance ID. */
export interface WrittenRow {
  readonly object: number
  readonly instance: number
  /** `created`: all of it is theirs; `changed`: some of its Resources; `deleted`: it is not there. */
  readonly became: 'created' | 'changed' | 'deleted'
  readonly resources: readonly number[]
}

export const writtenTable = (limit: number): Table<WrittenRow> => new Table<WrittenRow>({ name: 'written', limit })

/** Security, Server and Access Control are kept whole. */
export const isKeptWhole = (object: number): boolean => object <= 2

/** Notes whose each place is now: what the application writes itself is its own again. */
export const noteAuthor = (work: Pick<Work, 'it' | 'state'>, { written, created, deleted }: Plan, author: Author): void => {
  const { it, state } = work
  if (it.persists !== true || (author === 'application' && state.written.size === 0)) return
  const note = author === 'application' ? ours : theirs
  for (const path of deleted) note(state.written, path, 'deleted')
  for (const path of created) note(state.written, path, 'created')
  for (const path of written) note(state.written, path, 'changed')
}

type Note = (table: Table<WrittenRow>, path: Path, became: WrittenRow['became']) => void

const ours: Note = (table, { object, instance, resource }) => {
  const row = instance === undefined ? undefined : table.get(String(object), instance)
  if (row === undefined || row.became === 'created') {
    if (row !== undefined && resource === undefined) table.remove(String(object), instance!)
    return
  }
  const resources = resource === undefined ? [] : row.resources.filter((id) => id !== resource)
  if (resources.length > 0) table.put(String(object), instance!, { ...row, resources })
  else table.remove(String(object), instance!)
}

const theirs: Note = (table, path, became) => {
  const { object, instance, resource } = path
  if (object === undefined || instance === undefined || isKeptWhole(object)) return
  const scope = String(object)
  const row = table.get(scope, instance)
  const put = (next: Pick<WrittenRow, 'became' | 'resources'>): void => {
    if (row !== undefined || !table.full) table.put(scope, instance, { object, instance, ...next })
  }
  if (depth(path) > 2) {
    if (row?.became === 'created' || row?.resources.includes(resource!) === true) return
    return put({ became: 'changed', resources: [...(row?.resources ?? []), resource!] })
  }
  if (became === 'deleted' && row?.became === 'created') return table.remove(scope, instance)
  put({ became: became === 'deleted' ? 'deleted' : 'created', resources: [] })
}
