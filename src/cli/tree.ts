/** Values in their places as a tree, with the names and units of the registry. */
import type { Node } from '../format/format.ts'
import { resourceOf, type Definitions } from '../model/definition.ts'
import type { Path } from '../model/path.ts'
import { isLink, type Value } from '../model/value.ts'
import { plain, quoted } from './escape.ts'

/** A line for each place, deeper ones indented; what has been said of a place is not said again. */
export const treeOf = (nodes: readonly Node[], known: Definitions): readonly string[] => {
  const lines: string[] = []
  let before: readonly number[] = []
  for (const node of nodes) {
    const ids = idsOf(node.path)
    const last = ids.length - 1
    const shared = ids.findIndex((id, level) => level === last || id !== before[level])
    for (let level = shared; level <= last; level++)
      lines.push(`${'  '.repeat(level)}/${ids[level]}${nameOf(node.path, level, known)}${level === last ? `: ${leafOf(node, known)}` : ''}`)
    before = ids
  }
  return lines
}

const idsOf = ({ object, instance, resource, resourceInstance }: Path): readonly number[] =>
  [object, instance, resource, resourceInstance].filter((id) => id !== undefined)

const nameOf = (path: Path, level: number, known: Definitions): string => {
  const name = level === 0 ? known.get(path.object!)?.name : level === 2 ? resourceOf(known, path)?.name : undefined
  return name === undefined ? '' : ` ${plain(name)}`
}
const leafOf = ({ path, value, time }: Node, known: Definitions): string => {
  const { type, units } = resourceOf(known, path) ?? {}
  const told = type === 'time' && typeof value === 'number' ? `${value}${dateOf(value, ' (', ')')}` : showTyped(value, type === undefined)
  return `${told}${units === undefined || typeof value === 'object' ? '' : units === '/100' ? ' %' : ` ${plain(units)}`}${time === undefined ? '' : ` @ ${showTime(time)}`}`
}

/** One value in one line; of many octets the first. `guess`: octets of an unknown Resource may be text. */
export const showTyped = (value: Value, guess = false): string => {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object') return Object.is(value, -0) ? '-0' : String(value)
  if (isLink(value)) return `${value.object}:${value.instance}${value.object === 65535 && value.instance === 65535 ? ' (nothing)' : ''}`
  const hex = `0x${Buffer.from(value.subarray(0, shownOctets)).toString('hex')}`
  if (value.length > shownOctets) return `${hex}… (${value.length} octets)`
  return guess && value.length > 0 && value.every((octet) => octet >= 0x20 && octet < 0x7f)
    ? `${hex} (${quoted(Buffer.from(value).toString())}?)`
    : hex
}
const shownOctets = 64

/** Below 2^28 seconds a time counts from the receipt (RFC 8428 §4.5.3). */
const showTime = (time: number): string => (time < 2 ** 28 ? `${time > 0 ? '+' : ''}${time} s` : dateOf(time) || String(time))
const dateOf = (seconds: number, before = '', after = ''): string => {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? '' : `${before}${date.toISOString().replace('.000Z', 'Z')}${after}`
}
