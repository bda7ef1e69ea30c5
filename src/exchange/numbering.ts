/** Message IDs of one peer: each once in EXCHANGE_LIFETIME, or as `messageIdReuse` says (RFC 7252 §4.4; docs/decisions/message-ids.md). */
import type { Instant } from '../core/machine.ts'
import { exchangeLifetimeMs, type Parameters } from './parameters.ts'

/** When a block of 256 message IDs was begun: the one before it was not used since. */
export interface Block {
  readonly beganAt: Instant
}

/** Which message IDs a peer has had. */
export interface Numbering {
  readonly nextMessageId: number
  /** Blocks are counted from here. */
  readonly firstMessageId: number
  /** The blocks in use, oldest first; kept only where their age is asked for. */
  readonly blocks: readonly Block[]
}

/** When the next message ID may be used: 0 for at once. */
export const numberFreeAt = (p: Parameters, { nextMessageId, firstMessageId, blocks }: Numbering, now: Instant): Instant => {
  if (blocks.length < 256 || ((nextMessageId - firstMessageId) & 255) !== 0) return 0
  const at = blocks[1]!.beganAt + exchangeLifetimeMs(p)
  return at <= now ? 0 : at
}

/** The blocks after this message ID was used. */
export const blocksAfter = (
  p: Parameters,
  { nextMessageId, firstMessageId, blocks }: Numbering,
  messageId: number,
  now: Instant,
): readonly Block[] => {
  if (p.messageIdReuse === 'acknowledged') return blocks
  const isSame = blockOf(messageId - firstMessageId) === blockOf(nextMessageId - 1 - firstMessageId)
  if (isSame && blocks.length > 0) return blocks
  return [...(blocks.length < 256 ? blocks : blocks.slice(1)), { beganAt: now }]
}

const blockOf = (offset: number) => (offset >> 8) & 255
