/** JSON as we write it: no spaces, whole numbers exactly, the shortest digits that give the same double (RFC 8259). */

/** The text of a number; `undefined` for NaN and the infinities, for which JSON has no words. */
export const writeNumber = (value: number | bigint): string | undefined =>
  typeof value === 'bigint' ? String(value) : !Number.isFinite(value) ? undefined : Object.is(value, -0) ? '-0' : String(value)

export const writeString = (value: string): string => JSON.stringify(value)

/** An object of members that are written already, in this order. */
export const writeObject = (members: readonly (readonly [name: string, written: string])[]): string =>
  `{${members.map(([name, written]) => `${writeString(name)}:${written}`).join(',')}}`

/** An array of items that are written already. */
export const writeArray = (items: readonly string[]): string => `[${items.join(',')}]`
