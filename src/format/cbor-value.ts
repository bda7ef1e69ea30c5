/** Values of Resources as CBOR items, both ways (LwM2M Core §C, Table C-2). */
import { fits, isLink, whole, type ResourceType, type Value } from '../model/value.ts'
import type { CborWriter } from './cbor-write.ts'
import { parseLink } from './senml.ts'
import { formatText } from './text.ts'

/**
 * The value that a decoded item stands for; `undefined` when it stands for none of the type.
 * A float may come as an integer, and a whole number, where it is one, as a float. Octets are a copy.
 * Without a type the item says what it is, and text is text.
 */
export const valueOf = (item: unknown, type: ResourceType | undefined): Value | undefined => {
  const value = plain(item, type)
  return value === undefined || (type !== undefined && !fits(type, value)) ? undefined : value
}
const plain = (item: unknown, type: ResourceType | undefined): Value | undefined => {
  if (typeof item === 'bigint') return type === 'float' ? Number(item) : whole(item)
  if (typeof item === 'number') return isIntegral(type) && Number.isInteger(item) ? whole(BigInt(item)) : item
  if (typeof item === 'string') return type === 'objlnk' ? parseLink(item) : item
  if (typeof item === 'boolean') return item
  return item instanceof Uint8Array ? new Uint8Array(item) : undefined
}
const isIntegral = (type: ResourceType | undefined) => type === 'integer' || type === 'unsigned' || type === 'time'

/** Writes a value in the shortest form that loses nothing; a link as its text. A whole number of a Resource of type float is a float. */
export const writeValue = (writer: CborWriter, value: Value, type: ResourceType | undefined): void => {
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (type === 'float') writer.float(Number(value))
    else writer.number(value)
  } else if (typeof value === 'string') writer.text(value)
  else if (typeof value === 'boolean') writer.boolean(value)
  else if (isLink(value)) writer.text(formatText(value)!)
  else writer.octets(value)
}
