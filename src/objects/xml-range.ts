/** RangeEnumeration of the registry's XML: `0..65535`, `16,32,48`, and what has been written for them (LWM2M-v1_1.xsd). */
import type { Bounds, ResourceType } from '../model/value.ts'

/** The bounds, if any, and what to say about how they were written. */
export interface Range {
  readonly bounds?: Bounds
  readonly error?: string
  readonly warning?: string
}

/** The bounds that a text means for a Resource of a type. What cannot be counted is not bounded. */
export const rangeOf = (text: string, type: ResourceType): Range => {
  if (text === '') return {}
  if (!counted.has(type)) return { warning: `RangeEnumeration of a ${type} is not checked` }
  const [, plain = '', unit] = /^(.*?)(?:\s*\b(bytes?|octets?|chars?|characters?))?$/is.exec(text.slice(0, 200)) ?? []
  const range = pair(plain) ?? list(plain) ?? single(plain, type, unit !== undefined)
  if (range === undefined) return { warning: `RangeEnumeration ${quoted(text)} is a text, which is not checked` }
  const said = unit === undefined || range.warning !== undefined ? range : { ...range, warning: `RangeEnumeration needs no "${unit}"` }
  return checked(said, text, type)
}

const counted: ReadonlySet<ResourceType> = new Set(['integer', 'unsigned', 'float', 'time', 'string', 'opaque'])
const number = String.raw`[+-]?\d{1,20}(?:\.\d{1,20})?`
const proper = new RegExp(`^(${number})\\s*\\.\\.\\s*(${number})$`)
const improper = new RegExp(`^\\[?(${number})\\s*(?:\\.{3}|-|:)\\s*(${number})\\]?$`)
const pair = (text: string): Range | undefined => {
  const found = proper.exec(text) ?? improper.exec(text)
  if (found === null) return undefined
  const [min, max] = [Number(found[1]), Number(found[2])]
  return { bounds: { min, max }, ...(proper.test(text) ? {} : { warning: `RangeEnumeration is understood as ${min}..${max}` }) }
}
const several = new RegExp(`^${number}(?:\\s*(?:,|;|or)\\s*${number})+$`)
const list = (text: string): Range | undefined => {
  if (!several.test(text)) return undefined
  const oneOf = text.split(/,|;|or/).map(Number)
  return { bounds: { oneOf }, ...(/;|or/.test(text) ? { warning: `RangeEnumeration is understood as ${oneOf.join(',')}` } : {}) }
}
/** One number is the exact length of a text or octets; with a unit it has been written for the longest. Of a number it says too little. */
const single = (text: string, type: ResourceType, hasUnit: boolean): Range | undefined => {
  if (!/^\d{1,15}$/.test(text)) return undefined
  if (type !== 'string' && type !== 'opaque')
    return { warning: `RangeEnumeration is one number, ${text}: not checked; is 0..${text} meant?` }
  if (!hasUnit) return { bounds: { oneOf: [Number(text)] } }
  return { bounds: { max: Number(text) }, warning: `RangeEnumeration is understood as 0..${text}` }
}

const checked = (range: Range, text: string, type: ResourceType): Range => {
  if (range.bounds === undefined) return range
  const { min, max, oneOf = [] } = range.bounds
  const all = [...(min === undefined ? [] : [min]), ...(max === undefined ? [] : [max]), ...oneOf]
  if (min !== undefined && max !== undefined && min > max) return { error: `RangeEnumeration ${quoted(text)} ends before it begins` }
  if (type !== 'float' && all.some((bound) => !Number.isInteger(bound)))
    return { error: `RangeEnumeration ${quoted(text)} of ${type} is not of whole numbers` }
  if (unsigned.has(type) && all.some((bound) => bound < 0)) return { error: `RangeEnumeration ${quoted(text)} of ${type} goes below 0` }
  if (type === 'float' || all.every(Number.isSafeInteger)) return range
  const kept = { ...(isSafe(min) ? { min } : {}), ...(isSafe(max) ? { max } : {}) }
  return {
    ...(Object.keys(kept).length === 0 ? {} : { bounds: kept }),
    warning: `RangeEnumeration ${quoted(text)}: bounds beyond 2^53 are not checked`,
  }
}
const unsigned: ReadonlySet<ResourceType> = new Set(['unsigned', 'string', 'opaque'])
const isSafe = (bound: number | undefined): bound is number => Number.isSafeInteger(bound)

/** A piece of a file as it is shown in a complaint: one line, not long, nothing that a terminal obeys. */
export const quoted = (text: string): string => {
  const plain = text.replace(/[\s\p{C}]+/gu, ' ')
  return `"${plain.length > 40 ? `${plain.slice(0, 40)}…` : plain}"`
}
