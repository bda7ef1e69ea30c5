/** Plain text: one value as people write it (LwM2M Core §7.4.2, §C). */
import { fits, isLink, whole, type ResourceType, type Value } from '../model/value.ts'
import { decodeBase64, encodeBase64 } from './base64.ts'
import { contentFormats, fault, isFault, type Format } from './format.ts'
import { misplaced, single } from './nodes.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** Content-Format 0. Opaque values travel as base64 (RFC 4648 §4), links as `object:instance`, truth as `1` and `0`. */
export const text: Format = {
  contentFormat: contentFormats.text,
  name: 'text',
  structured: false,
  decode: (bytes, context) => {
    const wrong = misplaced(context)
    if (wrong !== undefined) return wrong
    const written = decodeUtf8(bytes)
    if (written === undefined) return fault('malformed', 'not UTF-8')
    const type = context.typeOf(context.path) ?? 'string'
    const value = parseText(type, written)
    return value === undefined ? fault('type', `not the text of ${type}`) : [{ path: context.path, value }]
  },
  encode: (nodes, { typeOf }) => {
    const node = single(nodes, 'text')
    if (isFault(node)) return node
    const type = typeOf(node.path)
    if (type !== undefined && !fits(type, node.value)) return fault('type', `no ${type}`)
    const written = formatText(node.value)
    return written === undefined ? fault('unsupported', 'a number that is not finite has no text') : encodeUtf8(written)
  },
}

/** The value that a text stands for; `undefined` when it stands for none of the type. */
export const parseText = (type: ResourceType, written: string): Value | undefined => {
  const value = parsers[type](written)
  return value !== undefined && fits(type, value) ? value : undefined
}

/** The text of a value; `undefined` when there is none: NaN and the infinities. */
export const formatText = (value: Value): string | undefined => {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return !Number.isFinite(value) ? undefined : Object.is(value, -0) ? '-0' : decimal(value)
  return isLink(value) ? `${value.object}:${value.instance}` : encodeBase64(value)
}

/** The shortest digits that give the same double, without an exponent (LwM2M Core §C: 6.667e-11 is `0.00000000006667`). */
const decimal = (value: number): string => {
  const written = String(value)
  const [, sign = '', before = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(written) ?? []
  if (exponent === undefined) return written
  const point = before.length + Number(exponent)
  const digits = before + fraction
  return point > 0 ? `${sign}${digits.padEnd(point, '0')}` : `${sign}0.${'0'.repeat(-point)}${digits}`
}

const parseWhole = (written: string) => (/^-?\d{1,20}$/.test(written) ? whole(BigInt(written)) : undefined)
const parseFloat = (written: string) => {
  const value = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(written) ? Number(written) : NaN
  return Number.isFinite(value) ? value : undefined
}
const parseLink = (written: string) => {
  const [, object, instance] = /^(\d{1,5}):(\d{1,5})$/.exec(written) ?? []
  return object === undefined ? undefined : { object: Number(object), instance: Number(instance) }
}

const parsers: Readonly<Record<ResourceType, (written: string) => Value | undefined>> = {
  string: (written) => written,
  corelnk: (written) => written,
  integer: parseWhole,
  unsigned: parseWhole,
  time: parseWhole,
  float: parseFloat,
  boolean: (written) => (written === '1' ? true : written === '0' ? false : undefined),
  opaque: decodeBase64,
  objlnk: parseLink,
}
