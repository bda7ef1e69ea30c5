/** Which blocks of a body have come, in whatever order, and which are missing: never more than two sets ahead (RFC 9177 §7.2). */
import { sizeOf } from '../block.ts'

/** A block that came, and waits for those before it or for its sink. */
export interface Held {
  readonly num: number
  readonly bytes: Uint8Array
}
/** A body on its way to us. */
export interface Gathering {
  readonly szx: number
  /** Octets of the whole body: both ends always know it (RFC 9177 §4.6). */
  readonly size: number
  /** All blocks before this one have been handed over. */
  readonly next: number
  /** Blocks from `next` on, ascending. */
  readonly held: readonly Held[]
  /** The set whose arrival made us ask for what was missing before it. */
  readonly askedFor: number
  /** How often missing blocks were asked for since one came. */
  readonly tries: number
}

export const gathering = (szx: number, size: number, next = 0): Gathering => ({ szx, size, next, held: [], askedFor: 0, tries: 0 })

/** How many blocks the body has; an empty one has one. */
export const blocksOf = ({ szx, size }: Pick<Gathering, 'szx' | 'size'>): number => Math.max(1, Math.ceil(size / sizeOf(szx)))
/** Which set the block belongs to. */
export const setOf = (num: number, setBlocks: number): number => Math.floor(num / setBlocks)

/** Whether a block of that number, length and M bit can be part of the body. */
export const fits = (g: Pick<Gathering, 'szx' | 'size'>, num: number, more: boolean, length: number): boolean => {
  const last = blocksOf(g) - 1
  return num <= last && more === num < last && length === (more ? sizeOf(g.szx) : g.size - last * sizeOf(g.szx))
}

/** With one more block; `undefined` for one that is there already, or too far ahead to be kept: it is asked for later. */
export const accept = (g: Gathering, setBlocks: number, num: number, bytes: Uint8Array): Gathering | undefined => {
  if (num < g.next || num >= (setOf(g.next, setBlocks) + 2) * setBlocks) return undefined
  let at = g.held.length
  while (at > 0 && g.held[at - 1]!.num >= num) at--
  if (g.held[at]?.num === num) return undefined
  return { ...g, held: [...g.held.slice(0, at), { num, bytes }, ...g.held.slice(at)], tries: 0 }
}

/** The block that is handed over next, if it is there. */
export const ready = ({ held, next }: Gathering): Held | undefined => (held[0]?.num === next ? held[0] : undefined)
/** After handing it over. */
export const handed = (g: Gathering): Gathering => ({ ...g, next: g.next + 1, held: g.held.slice(1) })

/** The first block that has not come. */
export const reached = ({ held, next }: Gathering): number => {
  let num = next
  for (const one of held) if (one.num === num) num++
  return num
}
/** Whether all blocks have come. */
export const isWhole = (g: Gathering): boolean => reached(g) === blocksOf(g)

/** The missing blocks before `until`, a set of them at most. */
export const missing = (g: Gathering, setBlocks: number, until: number): readonly number[] => {
  const nums: number[] = []
  const there = new Set(g.held.map(({ num }) => num))
  for (let num = g.next; num < until && nums.length < setBlocks; num++) if (!there.has(num)) nums.push(num)
  return nums
}
/** The missing blocks of the sets before the newest that began to arrive: asked for at once, and once (RFC 9177 §7.2). */
export const overtaken = (g: Gathering, setBlocks: number, num: number): readonly number[] => {
  const set = setOf(num, setBlocks)
  return set > g.askedFor && setOf(reached(g), setBlocks) < set ? missing(g, setBlocks, set * setBlocks) : []
}
/** What is missing when nothing more comes: of the set under way, or all of the next. */
export const overdue = (g: Gathering, setBlocks: number): readonly number[] => {
  const newest = Math.max(reached(g), g.held.at(-1)?.num ?? 0)
  return missing(g, setBlocks, Math.min(blocksOf(g), (setOf(newest, setBlocks) + 1) * setBlocks))
}
