/** Values of the data model on a terminal: written as text, read from text. */
import { parseText } from '../format/text.ts'
import type { ResourceType, Value, Values } from '../model/value.ts'
import type { Reading } from '../server/client/client.ts'
import { formatPath } from '../model/path.ts'

/** One value in one line. */
export const showValue = (value: Value | Values | undefined): string => {
  if (value === undefined) return '(nothing)'
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`
  if (typeof value !== 'object') return String(value)
  if ('object' in value && 'instance' in value) return `${value.object}:${value.instance}`
  return `{ ${Object.entries(value)
    .map(([id, each]) => `${id}: ${showValue(each)}`)
    .join(', ')} }`
}

/** A reading, a line for each value. */
export const showReading = ({ nodes }: Pick<Reading, 'nodes'>): string =>
  nodes.map(({ path, value }) => `${formatPath(path)} = ${showValue(value)}`).join('\n')

/** What a person typed for a value of a type: as plain text says it; also true and false, octets in hex, dates, and floats that are no numbers. */
export const readTyped = (type: ResourceType | undefined, written: string): Value | undefined =>
  type === undefined ? readValue(written) : (special(type, written) ?? parseText(type, written))
const special = (type: ResourceType, written: string): Value | undefined => {
  if (type === 'boolean' && /^(true|false)$/.test(written)) return written === 'true'
  if (type === 'opaque' && /^0x([0-9a-f]{2})*$/i.test(written)) return new Uint8Array(Buffer.from(written.slice(2), 'hex'))
  if (type === 'float' && /^(NaN|-?Infinity)$/.test(written)) return Number(written)
  const seconds = type === 'time' && /^\d{4}-\d\d-\d\d/.test(written) ? Date.parse(written) / 1000 : NaN
  return Number.isSafeInteger(seconds) ? seconds : undefined
}

/** What a person typed: a number, true or false, `0x…` octets, else text (quotes are taken away). */
export const readValue = (text: string): Value => {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^0x([0-9a-f]{2})*$/i.test(text)) return new Uint8Array(Buffer.from(text.slice(2), 'hex'))
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)
  if (text !== '' && !Number.isNaN(Number(text))) return Number(text)
  return text.replace(/^(["'])(.*)\1$/s, '$2')
}
