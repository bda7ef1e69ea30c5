/** Who gets which access right to what an application brings: the access rights of a client as its options say them (LwM2M Core §8.1.2). */
import { creating, rightBits, unowned, type Control } from './access.ts'
import { formatPath, parsePath, type PathString } from './path.ts'

/** Rights at a place, for servers by Short Server ID; 0: for every server that is not named. */
export interface Grant {
  /** Absent: the owner of everything. */
  readonly owner?: number
  readonly acl: Readonly<Record<number, number>>
}
/** `/3303` is meant for every Object Instance (and, with Create, for the Object); `/3303/1` for one, and wins. */
export interface AccessRules {
  /** The Short Server ID that owns what no rule gives to another. */
  readonly owner: number
  readonly grants: Readonly<Record<PathString, Grant>>
}

/** Objects whose Instances nobody controls: for bootstrap alone, or Object 2 itself. */
export const isControlled = (object: number): boolean => object !== 0 && object !== 2 && object !== 21 && object !== 23

/** What the rules say of an Object Instance. A Server Object Instance is its own server's, and nobody else's unless a rule says so. */
export const grantedAt = (rules: AccessRules, object: number, instance: number, server?: number): Pick<Control, 'acl' | 'owner'> => {
  const grant = rules.grants[formatPath({ object, instance })] ?? rules.grants[formatPath({ object })]
  return { owner: grant?.owner ?? (object === 1 ? server : undefined) ?? rules.owner, acl: withoutCreate(grant?.acl ?? {}) }
}
const withoutCreate = (acl: Grant['acl']): Grant['acl'] =>
  Object.fromEntries(Object.entries(acl).map(([id, bits]) => [id, bits & ~rightBits.C]))

/** Who may create in which Objects, be they there yet or not. Managed in bootstrap alone (§8.1.2.1). */
export const grantedToCreate = ({ grants }: AccessRules): readonly Control[] =>
  Object.entries(grants)
    .map(([place, { acl }]) => ({ path: parsePath(place)!, granted: Object.entries(acl).filter(([, bits]) => (bits & rightBits.C) !== 0) }))
    .filter(({ path, granted }) => path.instance === undefined && granted.length > 0)
    .map(({ path, granted }, control) => ({
      control,
      object: path.object!,
      instance: creating,
      owner: unowned,
      acl: Object.fromEntries(granted.map(([id]) => [id, rightBits.C])),
    }))

/** Letters such as `RWE` as an access right; `undefined` when they are none. */
export const bitsOf = (letters: string): number | undefined => {
  let bits = 0
  for (const letter of letters) {
    if (!Object.hasOwn(rightBits, letter)) return undefined
    bits |= rightBits[letter as keyof typeof rightBits]
  }
  return bits
}
/** An access right as letters. */
export const lettersOf = (bits: number): string =>
  Object.entries(rightBits)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([letter]) => letter)
    .join('')
