/** What a Resource can hold (LwM2M Core §C: data types). */

export type ResourceType = 'string' | 'integer' | 'unsigned' | 'float' | 'boolean' | 'opaque' | 'time' | 'objlnk' | 'corelnk'

/** A link to an Object Instance; 65535:65535 is the null link. */
export interface ObjectLink {
  readonly object: number
  readonly instance: number
}

/** `integer` and `unsigned` are `number` when safe, else `bigint`; `time` is seconds since 1970 as a number; `opaque` is octets. */
export type Value = string | number | bigint | boolean | Uint8Array | ObjectLink

/** The TypeScript type of each resource type. */
export interface ValueTypes {
  readonly string: string
  readonly integer: number | bigint
  readonly unsigned: number | bigint
  readonly float: number
  readonly boolean: boolean
  readonly opaque: Uint8Array
  readonly time: number
  readonly objlnk: ObjectLink
  readonly corelnk: string
}
export type ValueOf<Type extends ResourceType> = ValueTypes[Type]

/** The values of a multiple resource by Resource Instance ID. */
export type Values = Readonly<Record<number, Value>>
