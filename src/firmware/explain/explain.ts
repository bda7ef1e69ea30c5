/** Why an update is where it is, in one word and one sentence, at any moment (LwM2M Core §E.6). */
import type { Flight, Trouble, TroubleKind } from '../recorder/recording.ts'
import { causeOfCode, causeOfResult, type Cause } from './cause.ts'
import { hints } from './hints.ts'
import { count, lasting, ordinal } from './numbers.ts'

/** What is the matter. */
export interface Explanation {
  readonly cause: Cause
  /** For people: what, how far, since when, who waits for whom. */
  readonly sentence: string
  /** What to look at or to do, where something helps. */
  readonly hint?: string
}

/** Explains an update, under way or over, as it stands at that instant (UTC milliseconds; default: when it was last heard of). */
export const explain = (flight: Flight, at: number = lastAt(flight)): Explanation => {
  const [cause, sentence] = flight.outcome === 'open' ? standing(flight, at) : over(flight)
  const hint = hints[cause]
  return { cause, sentence, ...(hint === undefined ? {} : { hint }) }
}
type Found = readonly [Cause, string]

/** When an update was last heard of. */
export const lastAt = ({ endedAt, beganAt, movedAt, phaseAt, timeline, transfer }: Flight): number =>
  endedAt ?? Math.max(beganAt, movedAt, phaseAt, timeline.at(-1)?.at ?? 0, transfer?.since ?? 0, transfer?.heardAt ?? 0)

// ── over ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const over = (flight: Flight): Found => {
  const { outcome, result, trouble, why, state, side } = flight
  if (outcome === 'succeeded') return ['none', `${side === 'download' ? 'downloaded' : 'updated'}: ${summary(flight)}`]
  const cause = failure(flight)
  const said = result === undefined || result < 2 ? '' : `, Result ${result}`
  const reason = why === '' ? '' : `: ${why}`
  const before = trouble === undefined ? '' : `; before that, ${troubleSentence(flight, trouble)}`
  if (cause === 'cancelled' && (result ?? 0) < 2) return [cause, `the update was reset or given up at ${position(flight)}${reason}`]
  if (side === 'download') return [cause, `the download failed at ${position(flight)}${reason}${before}`]
  return [cause, `the update failed at ${position(flight)} (State ${state ?? '?'}${said})${reason}${before}`]
}

/** A Result says what, the trouble before it why. */
const failure = (flight: Flight): Cause => {
  const { result = 0, trouble, side, counts, endedAt = 0, phase } = flight
  const fromTrouble = trouble === undefined ? undefined : causeOfTrouble(trouble)
  switch (result) {
    case 2:
      return trouble?.kind === 'store' ? 'store-failed' : 'store-full'
    case 4:
      return fromTrouble ?? (counts.reboots > 0 ? 'rebooted' : 'connection-lost')
    case 7:
      return trouble?.kind === 'answered' ? fromTrouble! : 'invalid-uri'
    case 0:
    case 1:
      if (side !== 'server') return fromTrouble ?? 'cancelled'
      if (fromTrouble !== undefined) return fromTrouble
      if (flight.registered === false) return 'not-registered'
      if (phase === 'starting' || phase === 'clearing' || phase === 'offering') return 'not-supported'
      return standing({ ...flight, outcome: 'open' }, endedAt)[0]
    default:
      return causeOfResult[result] ?? 'unknown'
  }
}

// ── under way ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const standing = (flight: Flight, at: number): Found => {
  const { trouble, transfer, state, side, registered } = flight
  if (transfer !== undefined) return carrying(flight, at)
  if (trouble !== undefined) return [causeOfTrouble(trouble), `${troubleSentence(flight, trouble)}${again(trouble, at)}${known(flight)}`]
  if (side === 'server') return serving(flight, at)
  const since = lasting(at - flight.phaseAt)
  if (state === 3) return ['installing', `the device has been installing for ${since}`]
  if (state === 2 && flight.result === 11) return ['deferred', `the installation has been deferred for ${since}`]
  if (state === 2) return ['not-ordered', `downloaded; the server has not ordered the installation for ${since}${known(flight)}`]
  if (flight.total !== undefined && flight.bytes >= flight.total)
    return ['verifying', `every octet is there; the device has been verifying for ${lasting(at - flight.movedAt)}`]
  const quietMs = at - Math.max(flight.movedAt, flight.phaseAt)
  if (quietMs < quiet) return ['none', `downloading: ${position(flight)}`]
  return [
    registered === false ? 'not-registered' : 'peer-silent',
    `nothing has come for ${lasting(quietMs)} at ${position(flight)}${known(flight)}`,
  ]
}

/** A body is under way: whose turn is it, and for how long. */
const carrying = (flight: Flight, at: number): Found => {
  const transfer = flight.transfer!
  const { waitsFor, unacknowledged, how, since, again } = transfer
  const who = peerOf(flight)
  const waited = at - since
  if (waitsFor === 'store' && waited >= slow)
    return [
      'slow-store',
      `${position(flight)} has waited ${lasting(waited)} ${how === 'uploading' ? 'to be read from the image' : 'to be stored'}; ${who} waits for us`,
    ]
  if (unacknowledged !== undefined && unacknowledged.retransmissions > 0 && again !== undefined)
    return [
      'peer-silent',
      how === 'uploading'
        ? `sent as far as ${position(flight)}, and not confirmed for ${lasting(at - unacknowledged.sentAt)}: blocks were sent again, the ${ordinal(unacknowledged.retransmissions)} time; ${who} is silent${known(flight)}`
        : `${position(flight)} has not come for ${lasting(at - unacknowledged.sentAt)}, asked for again, the ${ordinal(unacknowledged.retransmissions)} time; ${who} does not send it${known(flight)}`,
    ]
  if (unacknowledged !== undefined && unacknowledged.retransmissions > 0)
    return [
      'peer-silent',
      `${position(flight)} not acknowledged for ${lasting(at - unacknowledged.sentAt)}, ${ordinal(unacknowledged.retransmissions)} retransmission; ${who} is silent${known(flight)}`,
    ]
  if (flight.trouble !== undefined && flight.trouble.at > flight.movedAt && waited < quiet)
    return [
      causeOfTrouble(flight.trouble),
      `${troubleSentence(flight, flight.trouble)}; trying again at ${position(flight)}${known(flight)}`,
    ]
  if (waitsFor === 'store' || waited < quiet)
    return [
      'none',
      `${how}: ${position(flight)}, nothing is wrong${flight.counts.retransmissions === 0 ? '' : `, ${count(flight.counts.retransmissions)} retransmissions so far`}`,
    ]
  return how === 'receiving'
    ? ['peer-silent', `waiting ${lasting(waited)} for ${position(flight)}; ${who} does not send it${known(flight)}`]
    : ['slow-peer', `${position(flight)} acknowledged, but not answered for ${lasting(waited)}; we wait for ${who}${known(flight)}`]
}
/** A pause shorter than this is none. */
const quiet = 30_000
const slow = 2_000

/** What a server sees of a client that pulls, or installs. */
const serving = (flight: Flight, at: number): Found => {
  const { phase = 'starting', client = 'the client', delivery } = flight
  const since = lasting(at - Math.max(flight.phaseAt, flight.movedAt))
  const long = at - Math.max(flight.phaseAt, flight.movedAt) >= quiet
  if (flight.registered === false && phase !== 'installing')
    return ['not-registered', `${client} is not registered; the update was ${phase}, at ${position(flight)}`]
  switch (phase) {
    case 'executing':
    case 'installing':
      return ['installing', `${client} was told to install ${since} ago${known(flight)}`]
    case 'transferring':
      if (!long) return ['none', `transferring: ${position(flight)}`]
      if (flight.total !== undefined && flight.bytes >= flight.total)
        return ['verifying', `${client} has had every octet for ${since}, and does not say that it is downloaded`]
      return ['peer-silent', `${client} has asked for nothing for ${since} at ${position(flight)}${known(flight)}`]
    default:
      return long
        ? ['peer-silent', `${client} has not answered for ${since} while ${phase}${known(flight)}`]
        : ['none', `${phase} (${delivery ?? 'pull'})`]
  }
}

// ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const troubles: Readonly<Record<Exclude<TroubleKind, 'answered'>, readonly [Cause, string]>> = {
  'gave-up': ['peer-silent', 'was never answered'],
  rejected: ['rejected', 'was rejected with RST'],
  unreachable: ['unreachable', 'could not be sent: the other side is unreachable'],
  untrusted: ['untrusted', 'was not asked for: the certificate of the other side was not accepted'],
  'link-closed': ['connection-lost', 'was lost with its link'],
  'wrong-block': ['wrong-block', 'was answered with another block'],
  'short-block': ['short-block', 'came with fewer octets than a block has'],
  malformed: ['malformed', 'was answered with what breaks the rules'],
  changed: ['file-changed', 'is of another file than the blocks before it'],
  'too-large': ['store-full', 'does not fit'],
  store: ['store-failed', 'could not be stored'],
  bound: ['overloaded', 'was refused by a bound of ours'],
  silent: ['peer-silent', 'did not come: the other side said nothing'],
  damaged: ['damaged', 'is not what the digest says'],
  'short-body': ['connection-lost', 'is missing: the body ended early'],
}
const causeOfTrouble = ({ kind, code = '' }: Trouble): Cause => (kind === 'answered' ? causeOfCode(code) : troubles[kind][0])
const troubleSentence = (flight: Flight, { kind, code, offset, retransmissions }: Trouble): string => {
  const what = kind === 'answered' ? `was answered ${code ?? ''}` : troubles[kind][1]
  return `${position({ ...flight, bytes: offset, transfer: undefined })} ${what}${retransmissions > 0 ? ` after ${count(retransmissions)} retransmissions` : ''}`
}
const again = ({ retryAfterMs, at: since }: Trouble, at: number): string =>
  retryAfterMs === undefined ? `, ${lasting(at - since)} ago` : `; it asked to wait ${lasting(retryAfterMs)}, ${lasting(at - since)} ago`

/** `block 311 of 4,096`, or octets where blocks are not known. */
const position = ({ transfer, bytes, total }: Flight): string => {
  const blockBytes = transfer?.blockBytes ?? 0
  if (transfer === undefined || blockBytes === 0)
    return total === undefined ? `octet ${count(bytes)}` : `octet ${count(bytes)} of ${count(total)}`
  const number = Math.floor(transfer.offset / blockBytes)
  return `block ${count(number)}${total === undefined ? '' : ` of ${count(Math.ceil(total / blockBytes))}`}`
}
const peerOf = ({ side, client, delivery }: Flight): string =>
  side === 'server' ? (client ?? 'the device') : delivery === 'push' ? 'the server' : 'the file server'
const known = ({ registered }: Flight): string =>
  registered === undefined ? '' : registered ? ', registration still valid' : ', and the device is not registered'
const summary = ({ bytes, total = bytes, beganAt, endedAt = beganAt, counts }: Flight): string =>
  [
    `${count(total)} octets in ${lasting(endedAt - beganAt)}`,
    ...(counts.retransmissions === 0 ? [] : [`${count(counts.retransmissions)} retransmissions`]),
    ...(counts.resumptions + counts.restarts === 0
      ? []
      : [`${count(counts.resumptions)} times resumed, ${count(counts.restarts)} times begun again`]),
    ...(counts.reboots === 0 ? [] : [`${count(counts.reboots)} reboots`]),
    ...(counts.stalls === 0 ? [] : [`${count(counts.stalls)} pauses of ${lasting(counts.stalledMs)} in all`]),
  ].join(', ')
