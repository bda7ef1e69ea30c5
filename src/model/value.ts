/** What a Resource can hold (LwM2M Core §C: data types). */

export type ResourceType = 'string' | 'integer' | 'unsigned' | 'float' | 'boolean' | 'opaque' | 'time' | 'objlnk' | 'corelnk'

/** A link to an Object Instance; 65535:65535 is the null link. */
export interface ObjectLink {
  readonly object: number
  readonly instance: number
}

/** `integer` and `unsigned` are `number` when safe, else `bigint`; `time` is whole seconds since 1970 as a number; `opaque` is octets. */
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

/** Whether the value is one that a Resource of the type can hold: its kind, whole numbers within 64 bits, well-formed text. */
export const fits = (type: ResourceType, value: Value): boolean => checks[type](value)

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
const uint64 = { min: 0n, max: 2n ** 64n - 1n }
const isWhole = (value: Value, { min, max }: { min: bigint; max: bigint }) =>
  typeof value === 'bigint'
    ? value >= min && value <= max
    : typeof value === 'number' && Number.isSafeInteger(value) && BigInt(value) >= min
const isText = (value: Value) => typeof value === 'string' && !/\p{Surrogate}/u.test(value)
const isId = (id: number) => Number.isInteger(id) && id >= 0 && id <= 65535

const checks: Readonly<Record<ResourceType, (value: Value) => boolean>> = {
  string: isText,
  integer: (value) => isWhole(value, int64),
  unsigned: (value) => isWhole(value, uint64),
  float: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  opaque: (value) => value instanceof Uint8Array,
  time: (value) => Number.isSafeInteger(value),
  objlnk: (value) => isLink(value) && isId(value.object) && isId(value.instance),
  corelnk: isText,
}

/** Inclusive bounds, or the few that there are. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
  readonly oneOf?: readonly number[]
}

/** Whether the value is within bounds: of a number, or of the length of a text or opaque value in octets. */
export const within = (value: Value, { min = -Infinity, max = Infinity, oneOf }: Bounds): boolean => {
  const size = sizeOf(value)
  if (size === undefined) return true
  return size >= min && size <= max && (oneOf === undefined || oneOf.includes(Number(size)))
}
const sizeOf = (value: Value): number | bigint | undefined => {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (typeof value === 'string') return new TextEncoder().encode(value).length
  return value instanceof Uint8Array ? value.length : undefined
}

/** The normal form of a whole number: a `number` when safe, else the `bigint`. */
export const whole = (value: bigint): number | bigint =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value

/** The value in its normal form, and octets that nobody else can change. */
export const normal = (value: Value): Value =>
  typeof value === 'bigint' ? whole(value) : value instanceof Uint8Array ? new Uint8Array(value) : value

export const isLink = (value: Value | Values): value is ObjectLink =>
  typeof value === 'object' && !(value instanceof Uint8Array) && 'object' in value

/** Whether what a Resource holds are the values of a multiple Resource. */
export const isValues = (held: Value | Values): held is Values =>
  typeof held === 'object' && !(held instanceof Uint8Array) && !('object' in held)

/** Whether two values are the same: octets by content, links by what they point to. */
export const sameValue = (a: Value, b: Value): boolean => {
  if (Object.is(a, b)) return true
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((octet, index) => octet === b[index])
  return isLink(a) && isLink(b) && a.object === b.object && a.instance === b.instance
}
