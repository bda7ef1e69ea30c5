/** Looks into the words of turns, which are anybody's: what is not there is `undefined`, and nothing throws. */
import { noOptions } from '../../message/message.ts'
import type { Option } from '../../message/option.ts'

/** A record, or an empty one. */
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : nothing
const nothing: Readonly<Record<string, unknown>> = {}

export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
/** The word in an event or effect of a layer: what travels up or down. */
export const wordOf = (event: unknown): Readonly<Record<string, unknown>> => recordOf(recordOf(event)['value'])
/** The options of a request or a response. */
export const optionsOf = (message: unknown): readonly Option[] => {
  const { options } = recordOf(message)
  return Array.isArray(options) && options.every((option) => recordOf(option)['value'] instanceof Uint8Array)
    ? (options as readonly Option[])
    : noOptions
}
/** What stands under a name in a table of ours. */
export const namedIn = <Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined
/** Octets as hex: an entity tag. At most eight. */
export const hexOf = (value: unknown): string | undefined =>
  value instanceof Uint8Array ? Array.from(value.subarray(0, 8), (octet) => octet.toString(16).padStart(2, '0')).join('') : undefined
