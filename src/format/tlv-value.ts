/** One value as TLV octets: big-endian, the shortest of the sizes allowed (LwM2M Core §C). */
import { fits, isLink, whole, type ObjectLink, type ResourceType, type Value } from '../model/value.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** The value of octets; `undefined` when they are none of the type. */
export const decodeTlvValue = (type: ResourceType, bytes: Uint8Array): Value | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  switch (type) {
    case 'string':
    case 'corelnk':
      return decodeUtf8(bytes)
    case 'opaque':
      return new Uint8Array(bytes)
    case 'boolean':
      return bytes.length === 1 && bytes[0]! < 2 ? bytes[0] === 1 : undefined
    case 'objlnk':
      return bytes.length === 4 ? { object: view.getUint16(0), instance: view.getUint16(2) } : undefined
    case 'float':
      return bytes.length === 4 ? view.getFloat32(0) : bytes.length === 8 ? view.getFloat64(0) : undefined
    case 'unsigned':
      return decodeUnsigned(view)
    case 'integer':
      return decodeSigned(view)
    case 'time': {
      const time = decodeSigned(view)
      return typeof time === 'number' ? time : undefined
    }
  }
}

/** The octets of a value; `undefined` when it is none of the type. Without a type, what the value itself says. */
export const encodeTlvValue = (type: ResourceType | undefined, value: Value): Uint8Array | undefined => {
  if (type !== undefined && !fits(type, value)) return undefined
  if (typeof value === 'string') return encodeUtf8(value)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0)
  if (typeof value === 'object') return isLink(value) ? encodeLink(value) : value
  if (type === 'unsigned' || (typeof value === 'bigint' && value > int64Max)) return encodeUnsigned(BigInt(value))
  return typeof value === 'bigint' || (type !== 'float' && Number.isSafeInteger(value)) ? encodeSigned(BigInt(value)) : encodeFloat(value)
}

const int64Max = 2n ** 63n - 1n

const decodeSigned = (view: DataView): number | bigint | undefined => {
  switch (view.byteLength) {
    case 1:
      return view.getInt8(0)
    case 2:
      return view.getInt16(0)
    case 4:
      return view.getInt32(0)
    case 8:
      return whole(view.getBigInt64(0))
    default:
      return undefined
  }
}
const decodeUnsigned = (view: DataView): number | bigint | undefined => {
  switch (view.byteLength) {
    case 1:
      return view.getUint8(0)
    case 2:
      return view.getUint16(0)
    case 4:
      return view.getUint32(0)
    case 8:
      return whole(view.getBigUint64(0))
    default:
      return undefined
  }
}

const sizes = [1, 2, 4, 8] as const
const encodeSigned = (value: bigint): Uint8Array | undefined => encodeWhole(value, (bits) => BigInt.asIntN(bits, value) === value)
const encodeUnsigned = (value: bigint): Uint8Array | undefined => encodeWhole(value, (bits) => BigInt.asUintN(bits, value) === value)
const encodeWhole = (value: bigint, suffices: (bits: number) => boolean): Uint8Array | undefined => {
  const size = sizes.find((octets) => suffices(octets * 8))
  if (size === undefined) return undefined
  const wide = new DataView(new ArrayBuffer(8))
  wide.setBigInt64(0, value)
  return new Uint8Array(wide.buffer, 8 - size)
}
const encodeFloat = (value: number): Uint8Array => {
  const narrow = Number.isNaN(value) || Math.fround(value) === value
  const view = new DataView(new ArrayBuffer(narrow ? 4 : 8))
  if (narrow) view.setFloat32(0, value)
  else view.setFloat64(0, value)
  return new Uint8Array(view.buffer)
}
const encodeLink = ({ object, instance }: ObjectLink): Uint8Array => Uint8Array.of(object >> 8, object & 255, instance >> 8, instance & 255)
