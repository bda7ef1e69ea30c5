/** Changes of the data model: checked against the definitions as a whole, then done as a whole (LwM2M Core §6.3.3-§6.3.7). */
import { forgetMissing, upkeep, type Keeper } from './access-upkeep.ts'
import { create } from './create.ts'
import type { Definitions } from './definition.ts'
import type { Author, Draft } from './draft.ts'
import type { Node } from './node.ts'
import type { Path } from './path.ts'
import { dangling } from './reference.ts'
import type { Refusal } from './refusal.ts'
import { remove } from './remove.ts'
import { misbound } from './server-values.ts'
import { instanceAt, type InstanceRow, type Model } from './state.ts'
import { write } from './write.ts'

export type { Keeper } from './access-upkeep.ts'
export type { Author } from './draft.ts'
export { isRefusal, refusalCodes, type Refusal, type RefusalReason } from './refusal.ts'

/** What is written at or below a path: it takes the place of what was there, or is added to it and everything else stays (§6.3.3). */
export interface WriteChange {
  readonly type: 'replace' | 'update'
  readonly path: Path
  readonly nodes: readonly Node[]
}
/** A new Object Instance of the values of one; `instance` absent: the one that they name, or the lowest free (§6.3.6). */
export interface CreateChange {
  readonly type: 'create'
  readonly object: number
  readonly instance?: number
  readonly nodes: readonly Node[]
}
/** An Object Instance or Resource Instance goes; the application and bootstrap may delete at any depth (§6.3.7). */
export interface DeleteChange {
  readonly type: 'delete'
  readonly path: Path
}
export type Change = WriteChange | CreateChange | DeleteChange

/** A checked set of changes that has not been done yet. */
export interface Plan {
  readonly rows: readonly InstanceRow[]
  readonly removed: readonly { readonly object: number; readonly instance: number }[]
  /** The Resources and Resource Instances that were written, in order. */
  readonly written: readonly Path[]
  /** The Object Instances that came to be. */
  readonly created: readonly Path[]
  /** The Object Instances, Resources and Resource Instances that went. */
  readonly deleted: readonly Path[]
}

/** Checks changes, in order, each seeing those before it; nothing is done yet. The first refusal is the answer for all. Access control is kept in step. */
export const plan = (model: Model, known: Definitions, changes: readonly Change[], author: Author, keeper: Keeper = {}): Plan | Refusal => {
  const draft: Draft = { model, known, author, rows: new Map(), written: [], created: [], deleted: [] }
  for (const change of changes) {
    const refusal = apply(draft, change)
    if (refusal !== undefined) return refusal
  }
  return upkeep(draft, keeper) ?? dangling(draft) ?? misbound(draft) ?? planOf(draft)
}
/** What the end of bootstrap means for access control: servers that were there before, by Short Server ID, and are gone own nothing (Transport §5.2.5). */
export const planWithoutMissing = (model: Model, known: Definitions, before: readonly number[]): Plan => {
  const draft: Draft = { model, known, author: 'bootstrap', rows: new Map(), written: [], created: [], deleted: [] }
  forgetMissing(draft, before)
  return planOf(draft)
}
const planOf = (draft: Draft): Plan => {
  const { model } = draft
  const drafted = [...draft.rows.values()]
  return {
    rows: drafted.flatMap(({ row }) => row ?? []),
    removed: drafted
      .filter(({ row, object, instance }) => row === undefined && instanceAt(model, object, instance) !== undefined)
      .map(({ object, instance }) => ({ object, instance })),
    written: draft.written,
    created: draft.created,
    deleted: draft.deleted,
  }
}

/** Does what was planned. The model must be as it was when the plan was made. */
export const commit = (model: Model, { rows, removed }: Plan): void => {
  for (const { object, instance } of removed) model.remove(String(object), instance)
  for (const row of rows) model.put(String(row.object), row.instance, row)
}

const apply = (draft: Draft, change: Change): Refusal | undefined => {
  switch (change.type) {
    case 'replace':
    case 'update':
      return write(draft, change)
    case 'create':
      return create(draft, change)
    case 'delete':
      return remove(draft, change.path)
  }
}
