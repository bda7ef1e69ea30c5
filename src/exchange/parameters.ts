/** Every number that times or bounds something, in one place; derived times are computed, never repeated (RFC 7252 §4.8). */

/** Transmission parameters (RFC 7252 §4.8, RFC 7641 §4.5) and our own bounds. Times in milliseconds, sizes in octets. */
export interface Parameters {
  readonly ackTimeoutMs: number
  readonly ackRandomFactor: number
  readonly maxRetransmit: number
  /** Confirmable messages under way to one peer at once. */
  readonly nstart: number
  /** Octets a second to a peer that does not answer. */
  readonly probingRate: number
  readonly maxLatencyMs: number
  readonly defaultLeisureMs: number
  /** When a handler has not answered by then, the request is acknowledged and answered separately. */
  readonly processingDelayMs: number
  /** How long a response may take once the request is acknowledged. */
  readonly responseTimeoutMs: number
  /** What happens when no message ID older than EXCHANGE_LIFETIME is left: docs/decisions/message-ids.md. */
  readonly messageIdReuse: 'wait' | 'new-port' | 'acknowledged'
  /** At least one notification in this time is confirmable (RFC 7641 §4.5). */
  readonly confirmableNotificationMs: number
  /** Unanswered NON notifications to one peer are at least so far apart (RFC 7641 §4.5.1). */
  readonly nonNotificationMs: number
  /** Observations of which nothing is heard until Max-Age has passed are registered again (RFC 7641 §3.3.1). */
  readonly renewObservations: boolean

  /** Block size exponent we prefer: 6 is 1,024 octets (RFC 7959 §2.2). */
  readonly szx: number
  /** The largest body that is assembled in memory. */
  readonly bodyBytesMax: number
  /** A block transfer that nobody goes on with is let go after this. */
  readonly transferTimeoutMs: number
  /** Blocks of a streaming body handed over and not yet taken. */
  readonly windowBlocks: number

  /** Whether bodies go in bursts of blocks between peers that know it (RFC 9177): see docs/decisions/robust-blocks.md. */
  readonly robustBlocks: 'auto' | 'off'
  /** MAX_PAYLOADS: blocks sent at once; both ends must mean the same number (RFC 9177 §7.2). */
  readonly maxPayloads: number
  /** NON_TIMEOUT: between two sets of blocks of which the peer says nothing, and half as long again (RFC 9177 §7.2). */
  readonly nonTimeoutMs: number
  /** NON_RECEIVE_TIMEOUT: how long a missing block is waited for before it is asked for; doubled each time (RFC 9177 §7.2). */
  readonly nonReceiveTimeoutMs: number
  /** NON_MAX_RETRANSMIT: how often missing blocks are asked for in vain (RFC 9177 §7.2). */
  readonly nonMaxRetransmit: number
  /** How long it is remembered whether a peer knows bursts of blocks. */
  readonly robustMemoryMs: number

  readonly peersMax: number
  /** Messages under way in all: confirmable ones; as many non-confirmable ones whose RST would still be understood; as many that wait. */
  readonly outgoingMax: number
  /** Messages of one peer that wait for their turn. */
  readonly waitingMax: number
  /** Messages remembered for deduplication that may be let go early, in all and of one peer, and the octets of their answers. */
  readonly seenMax: number
  readonly seenPerPeerMax: number
  readonly seenBytesPerPeerMax: number
  /** Requests that must not be performed twice, in all and of one peer, and the octets of their answers: beyond it new ones get 5.03. */
  readonly performedMax: number
  readonly performedPerPeerMax: number
  readonly performedBytesPerPeerMax: number
  readonly exchangesMax: number
  readonly observationsMax: number
  readonly transfersMax: number
}

export const defaultParameters: Parameters = {
  ackTimeoutMs: 2_000,
  ackRandomFactor: 1.5,
  maxRetransmit: 4,
  nstart: 1,
  probingRate: 1,
  maxLatencyMs: 100_000,
  defaultLeisureMs: 5_000,
  processingDelayMs: 1_000,
  responseTimeoutMs: 247_000,
  messageIdReuse: 'acknowledged',
  confirmableNotificationMs: 24 * 3_600_000,
  nonNotificationMs: 3_000,
  renewObservations: true,
  szx: 6,
  bodyBytesMax: 1 << 20,
  transferTimeoutMs: 247_000,
  windowBlocks: 1,
  robustBlocks: 'off',
  maxPayloads: 10,
  nonTimeoutMs: 2_000,
  nonReceiveTimeoutMs: 4_000,
  nonMaxRetransmit: 4,
  robustMemoryMs: 3_600_000,
  peersMax: 20_000,
  outgoingMax: 20_000,
  waitingMax: 1_000,
  seenMax: 100_000,
  seenPerPeerMax: 256,
  seenBytesPerPeerMax: 256 << 10,
  performedMax: 200_000,
  performedPerPeerMax: 8_192,
  performedBytesPerPeerMax: 1 << 20,
  exchangesMax: 20_000,
  observationsMax: 20_000,
  transfersMax: 2_000,
}

/** The time from the first transmission of a confirmable message to its last (RFC 7252 §4.8.2). */
export const maxTransmitSpanMs = ({ ackTimeoutMs, maxRetransmit, ackRandomFactor }: Parameters): number =>
  ackTimeoutMs * (2 ** maxRetransmit - 1) * ackRandomFactor
/** The time from the first transmission of a confirmable message to giving up (RFC 7252 §4.8.2). */
export const maxTransmitWaitMs = ({ ackTimeoutMs, maxRetransmit, ackRandomFactor }: Parameters): number =>
  ackTimeoutMs * (2 ** (maxRetransmit + 1) - 1) * ackRandomFactor
/** The time in which a message ID of a confirmable message must not be used again (RFC 7252 §4.8.2). */
export const exchangeLifetimeMs = (p: Parameters): number => maxTransmitSpanMs(p) + 2 * p.maxLatencyMs + p.ackTimeoutMs
/** The same for a non-confirmable message (RFC 7252 §4.8.2). */
export const nonLifetimeMs = (p: Parameters): number => maxTransmitSpanMs(p) + p.maxLatencyMs

/** What is wrong with the parameters, in words, if anything: some would stop the engine, some the RFC forbids (RFC 7252 §4.8). */
export const parameterFault = (p: Parameters): string | undefined => {
  if (!(p.ackRandomFactor >= 1)) return 'ackRandomFactor must be at least 1'
  if (!(p.nonReceiveTimeoutMs >= p.nonTimeoutMs * p.ackRandomFactor))
    return 'nonReceiveTimeoutMs must be at least nonTimeoutMs * ackRandomFactor'
  if (!(p.probingRate >= 0)) return 'probingRate must not be negative'
  if (!Number.isInteger(p.szx) || p.szx < 0 || p.szx > 6) return 'szx must be a whole number from 0 to 6'
  for (const name of fromZero) if (!Number.isSafeInteger(p[name]) || p[name] < 0) return `${name} must be a whole number of at least 0`
  for (const name of fromOne) if (!Number.isSafeInteger(p[name]) || p[name] < 1) return `${name} must be a whole number of at least 1`
  return undefined
}
const fromZero = [
  'maxRetransmit',
  'nonMaxRetransmit',
  'maxLatencyMs',
  'waitingMax',
  'seenBytesPerPeerMax',
  'performedBytesPerPeerMax',
] as const
const fromOne = [
  'ackTimeoutMs',
  'maxPayloads',
  'nonTimeoutMs',
  'nonReceiveTimeoutMs',
  'robustMemoryMs',
  'nstart',
  'peersMax',
  'outgoingMax',
  'seenMax',
  'seenPerPeerMax',
  'performedMax',
  'performedPerPeerMax',
  'exchangesMax',
] as const
