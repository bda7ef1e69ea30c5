/** Who may do what at a client with several servers, as its application says it (LwM2M Core §8, §E.3). */
import { Lwm2mError } from '../core/error.ts'
import { rowOfControl } from '../model/access.ts'
import { bitsOf, grantedToCreate, isControlled, type AccessRules, type Grant } from '../model/access-rules.ts'
import { depth, parsePath, type PathString } from '../model/path.ts'
import { controlObject } from '../model/state.ts'
import { accessControl } from '../objects/access-control.ts'
import type { ClientObject } from '../operation/object.ts'

/** Access rights of servers by Short Server ID; 0: of every server that is not named here. Letters: Read, Write, Execute, Delete, Create. */
export interface Rights {
  /** The server that may change these rights. Default: that of `AccessOptions`. */
  readonly owner?: number
  readonly [shortServerId: number]: string
}
/**
 * Gives a client the Access Control Object. From the second server on, a server may do what is granted to it here, by bootstrap or by the owner, and
 * nothing else: `{ rights: { '/3': { 0: 'R' }, '/3303': { 2: 'RWC', 0: 'R' }, '/3303/1': { 2: 'RWED' } } }`. Server Object Instances are their own server's.
 */
export interface AccessOptions {
  /** The Short Server ID that owns what no rule gives to another, and may do everything to it but create. Default: the first server's; where bootstrap brings them all, nobody's. */
  readonly owner?: number
  /** By Object, for its Instances (with `C`: who may create more), or by Object Instance; the nearer rule counts. */
  readonly rights?: Readonly<Record<PathString, Rights>>
}

/** The rules as data. Throws an `Lwm2mError` with `invalid` for those that cannot be meant. */
export const accessRules = ({ owner, rights = {} }: AccessOptions, first: number): AccessRules => ({
  owner: owner === undefined ? first : checkedServer(owner),
  grants: Object.fromEntries(Object.entries(rights).map(([place, granted]) => [checkedPlace(place), grantOf(place, granted)])),
})
const checkedPlace = (place: string): string => {
  const path = parsePath(place)
  if (path === undefined || depth(path) < 1 || depth(path) > 2 || !isControlled(path.object!))
    throw new Lwm2mError('invalid', `rights are for Objects and Object Instances, not for ${place}`, {
      hint: "{ '/3303': …, '/3303/0': … }",
    })
  return place
}
const grantOf = (place: string, { owner, ...letters }: Rights): Grant => ({
  ...(owner === undefined ? {} : { owner: checkedServer(owner) }),
  acl: Object.fromEntries(Object.entries(letters).map(([id, text]) => [id, checkedBits(place, Number(id), text)])),
})
const checkedBits = (place: string, id: number, letters: string): number => {
  if (id !== 0) checkedServer(id)
  const bits = bitsOf(letters)
  if (bits === undefined) throw new Lwm2mError('invalid', `rights to ${place} are letters of RWEDC, not ${letters}`)
  return bits
}
const checkedServer = (id: number): number => {
  if (!Number.isInteger(id) || id < 1 || id > 65_534) throw new Lwm2mError('invalid', `${id} is no Short Server ID`)
  return id
}

/** Object 2 with what says who may create; the Instances for Object Instances come with these. */
export const accessObject = (rules: AccessRules): ClientObject => ({
  definition: accessControl,
  instances: Object.fromEntries(grantedToCreate(rules).map((control) => [control.control, rowOfControl(control).resources])),
})
/** Whether an application brings Object 2 itself. */
export const bringsAccess = ({ definition: { id } }: ClientObject): boolean => id === controlObject
