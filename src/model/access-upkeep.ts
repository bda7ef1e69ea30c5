/** Object 2 in step with the rest: what comes gets its access control, what goes takes it along, and a server that goes leaves what it owned (LwM2M Core §8.1.2; Transport §5.2.5). */
import { controlAt, controlOf, creatorAccess, creating, everybody, rightBits, rowOfControl, unowned, type Control } from './access.ts'
import { grantedAt, isControlled, type AccessRules } from './access-rules.ts'
import { draftRow, lowestFree, room, rowAt, type Draft } from './draft.ts'
import type { Path } from './path.ts'
import type { Refusal } from './refusal.ts'
import { controlObject, instanceAt, instancesOf } from './state.ts'

/** Whose Object Instances the new ones are. */
export interface Keeper {
  /** The Short Server ID of the server that creates. */
  readonly creator?: number | undefined
  /** For what the application creates. */
  readonly rules?: AccessRules | undefined
}

/** Puts into the draft what its changes mean for Object 2. A client without that Object keeps nothing. */
export const upkeep = (draft: Draft, keeper: Keeper): Refusal | undefined => {
  if (!draft.known.has(controlObject)) return undefined
  // In bootstrap a server may be deleted to be written anew: who is gone shows at its end.
  if (draft.author === 'bootstrap') supersede(draft)
  else for (const server of serversGone(draft)) forgetServer(draft, server)
  for (const { object, instance } of gone(draft)) dropControl(draft, object!, instance!)
  for (const { object, instance } of [...draft.created]) {
    if (!isControlled(object!) || controlIn(draft, object!, instance!) !== undefined) continue
    const granted = grantFor(draft, keeper, object!, instance!)
    const refusal = granted === undefined ? undefined : addControl(draft, { object: object!, instance: instance!, ...granted })
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** A server's own, with every right to it; the application's as the rules say; what bootstrap writes it controls itself (§8.1.2.2). */
const grantFor = (
  draft: Draft,
  { creator, rules }: Keeper,
  object: number,
  instance: number,
): Pick<Control, 'acl' | 'owner'> | undefined => {
  if (draft.author === 'server') return creator === undefined ? undefined : { owner: creator, acl: { [creator]: creatorAccess } }
  if (draft.author === 'bootstrap' || rules === undefined) return undefined
  return grantedAt(rules, object, instance, object === 1 ? shortServerIdAt(draft, instance) : undefined)
}
const shortServerIdAt = (draft: Draft, instance: number): number | undefined => {
  const id = rowAt(draft, 1, instance)?.resources[0]
  return typeof id === 'number' ? id : undefined
}

/** The access control of an Object Instance as it would be. */
export const controlIn = (draft: Pick<Draft, 'model' | 'rows'>, object: number, instance: number): Control | undefined => {
  for (const { object: of, row } of draft.rows.values()) {
    if (of !== controlObject || row === undefined) continue
    const control = controlOf(row)
    if (control.object === object && control.instance === instance) return control
  }
  const kept = controlAt(draft.model, object, instance)
  return kept === undefined || draft.rows.has(`${controlObject}/${kept.control}`) ? undefined : kept
}

const addControl = (draft: Draft, control: Omit<Control, 'control'>): Refusal | undefined => {
  const id = lowestFree(draft, controlObject)
  const refusal = room(draft, controlObject, id)
  if (refusal !== undefined) return refusal
  draft.created.push({ object: controlObject, instance: id })
  putControl(draft, { ...control, control: id })
  return undefined
}
const putControl = (draft: Draft, control: Control): void => {
  draftRow(draft, controlObject, control.control, { ...rowOfControl(control).resources })
}
const dropControl = (draft: Draft, object: number, instance: number): void => {
  const control = controlIn(draft, object, instance)
  if (control === undefined) return
  draft.deleted.push({ object: controlObject, instance: control.control })
  draftRow(draft, controlObject, control.control, undefined)
}

/** The Object Instances that were there and would not be. */
const gone = ({ model, rows }: Draft): readonly Path[] =>
  [...rows.values()].filter(
    ({ object, instance, row }) => object !== controlObject && row === undefined && instanceAt(model, object, instance) !== undefined,
  )

/** Puts into the draft that of these servers some are not there any more: at the end of bootstrap. */
export const forgetMissing = (draft: Draft, before: readonly number[]): void => {
  const known = servers(draft)
  for (const server of new Set(before)) if (!known.has(server)) forgetServer(draft, server)
  for (const { object, instance } of gone(draft)) dropControl(draft, object!, instance!)
}

/** What bootstrap writes of a place takes the place of what the client had there under another number. */
const supersede = (draft: Draft): void => {
  for (const { object, instance: id, row } of [...draft.rows.values()]) {
    const written = object === controlObject && row !== undefined ? controlOf(row) : undefined
    const older = written === undefined ? undefined : controlAt(draft.model, written.object, written.instance)
    if (older === undefined || older.control === id || draft.rows.has(`${controlObject}/${older.control}`)) continue
    draft.deleted.push({ object: controlObject, instance: older.control })
    draftRow(draft, controlObject, older.control, undefined)
  }
}

// ── a server goes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The Short Server IDs whose Server Object Instance was there and would not be. */
const serversGone = (draft: Draft): readonly number[] => {
  const left = servers(draft)
  return gone(draft)
    .filter(({ object }) => object === 1)
    .map(({ instance }) => instanceAt(draft.model, 1, instance!)!.resources[0])
    .filter((id): id is number => typeof id === 'number' && !left.has(id))
}
/** The Short Server IDs there would be. */
export const servers = (draft: Pick<Draft, 'model' | 'rows'>): ReadonlySet<number> => {
  const drafted = [...draft.rows.values()].filter(({ object }) => object === 1).map(({ instance }) => instance)
  const ids = [...instancesOf(draft.model, 1), ...drafted].map((instance) => rowAt(draft, 1, instance)?.resources[0])
  return new Set(ids.filter((id) => typeof id === 'number'))
}

/** Its entries go; what it owned gets another owner, or goes if nobody else could do anything with it (Transport §5.2.5). */
const forgetServer = (draft: Draft, server: number): void => {
  const drafted = [...draft.rows.values()].filter(({ object }) => object === controlObject).map(({ instance }) => instance)
  for (const id of new Set([...instancesOf(draft.model, controlObject), ...drafted])) {
    const row = rowAt(draft, controlObject, id)
    if (row !== undefined) leave(draft, controlOf(row), server)
  }
}
const leave = (draft: Draft, control: Control, server: number): void => {
  const { [server]: own, ...acl } = control.acl
  if (control.owner !== server && own === undefined) return
  const place = { object: controlObject, instance: control.control }
  if (own !== undefined) draft.deleted.push({ ...place, resource: 2, resourceInstance: server })
  if (control.owner !== server) return putControl(draft, { ...control, acl })
  const owner = heir(draft, acl)
  if (owner === undefined && control.instance !== creating && goesWithOwner(draft, control)) {
    draft.deleted.push({ object: control.object, instance: control.instance })
    return draftRow(draft, control.object, control.instance, undefined)
  }
  draft.written.push({ ...place, resource: 3 })
  putControl(draft, { ...control, acl, owner: owner ?? unowned })
}
/** The only Instance of an Object that has but one stays, as Device does: bootstrap may find it a new owner. */
const goesWithOwner = ({ known }: Draft, { object }: Control): boolean => known.get(object)?.multiple === true

/** Who has most to write (2) and delete (8); of equals the lowest Short Server ID. An entry for everybody counts for every server that is left. */
const heir = (draft: Draft, acl: Readonly<Record<number, number>>): number | undefined => {
  const weight = (bits: number) => bits & (rightBits.W | rightBits.D)
  const candidates = [...servers(draft)].filter((id) => acl[id] !== undefined || (acl[everybody] ?? 0) !== 0)
  return candidates.sort((a, b) => weight(acl[b] ?? acl[everybody]!) - weight(acl[a] ?? acl[everybody]!) || a - b)[0]
}
