/** What a written value points to must be there: Objlnk, and the servers that access control names (LwM2M Core §6.3.3, §E.3). */
import { controlOf, everybody } from './access.ts'
import { servers } from './access-upkeep.ts'
import { rowAt, type Draft } from './draft.ts'
import type { Path } from './path.ts'
import { resourceOf } from './definition.ts'
import { refuse, type Refusal } from './refusal.ts'
import { controlObject } from './state.ts'
import { isLink, isValues, type ObjectLink, type Value, type Values } from './value.ts'

/** The first value of a server's change that points nowhere. Bootstrap writes in any order, and an application knows what it does. */
export const dangling = (draft: Draft): Refusal | undefined => {
  if (draft.author !== 'server') return undefined
  for (const path of draft.written) {
    const wrong = path.object === controlObject ? namesNobody(draft, path) : pointsNowhere(draft, path)
    if (wrong) return refuse('reference', path)
  }
  return undefined
}

/** An ACL entry is for a server that there is, or for everybody; the owner is a server. */
const namesNobody = (draft: Draft, { instance, resource }: Path): boolean => {
  const row = rowAt(draft, controlObject, instance!)
  if (row === undefined) return false
  const { acl, owner } = controlOf(row)
  const known = servers(draft)
  if (resource === 3) return owner === undefined || !known.has(owner)
  return Object.keys(acl).some((id) => Number(id) !== everybody && !known.has(Number(id)))
}

const pointsNowhere = (draft: Draft, path: Path): boolean => {
  if (resourceOf(draft.known, path)?.type !== 'objlnk') return false
  const held = rowAt(draft, path.object!, path.instance!)?.resources[path.resource!]
  return held !== undefined && linksOf(held).some((link) => !leadsSomewhere(draft, link))
}
const linksOf = (held: Value | Values): readonly ObjectLink[] =>
  isValues(held) ? Object.values(held).filter((value) => isLink(value)) : isLink(held) ? [held] : []
/** To an Object Instance, to an Object (65535 as Object Instance ID), or to nothing (65535:65535). */
const leadsSomewhere = (draft: Draft, { object, instance }: ObjectLink): boolean =>
  instance === 65535 ? object === 65535 || draft.known.has(object) : rowAt(draft, object, instance) !== undefined
