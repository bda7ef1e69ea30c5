/** What each contestant can do, so that all run the same course. */

/** How to take part. Every payload is compared. */
export interface Contestant {
  /** Serves `/small` (16 octets) and `/body` (`bodyBytes`); answers the port. */
  readonly serve: (bodyBytes: number) => Promise<number>
  /** `count` GETs of `/small`, `window` of them under way at once. */
  readonly get: (port: number, count: number, window: number) => Promise<void>
  /** `count` GETs of `/body`, one after the other, block by block. */
  readonly download: (port: number, count: number, bodyBytes: number) => Promise<void>
  /** A PUT of `bytes` octets to `/sink`, streamed. */
  readonly push?: (port: number, bytes: number) => Promise<void>
  /** A GET of `bytes` octets from `/source`, streamed. */
  readonly pull?: (port: number, bytes: number) => Promise<void>
}

export const small: Buffer = Buffer.from('0123456789abcdef')
/** The octet at every offset of every body: a period that is no power of two, so that a block out of place is seen. */
export const octetAt = (offset: number): number => (offset * 31 + (offset >> 8) * 7 + (offset >> 16)) & 255
export const piece = (offset: number, count: number): Buffer => {
  const bytes = Buffer.allocUnsafe(count)
  for (let i = 0; i < count; i++) bytes[i] = octetAt(offset + i)
  return bytes
}
export const check = (what: string, equal: boolean): void => {
  if (!equal) throw new Error(`${what}: not what was sent`)
}
