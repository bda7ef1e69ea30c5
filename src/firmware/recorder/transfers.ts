/** Blocks as they come and go, from the turns of the block-wise layer: how far it is, whose turn it is, what went wrong (RFC 7959). */
import type { Turn } from '../../core/journal.ts'
import type { RowChange } from '../../core/table.ts'
import { blockOf, sizeOf } from '../../blockwise/block.ts'
import { options, strings, uint } from '../../message/option.ts'
import { hexOf, namedIn, numberOf, optionsOf, recordOf, textOf, wordOf } from './known.ts'
import { begun, changing, openAt, type Moment } from './moment.ts'
import type { Flight, Transfer, Trouble, TroubleKind } from './recording.ts'
import { isDone, sightOf } from './rows.ts'
import { ended, moved, noted, troubled } from './timeline.ts'

/** A turn of the machines `transfers` and `robust`. */
export const transfersTurned = (moment: Moment, turn: Turn): Moment => {
  const word = wordOf(turn.event)
  let next = word['type'] === 'refused' ? storeRefused(moment, word) : moment
  for (const change of turn.rows) next = rowChanged(next, change, turn)
  return next
}

const rowChanged = (moment: Moment, change: RowChange, turn: Turn): Moment => {
  const { scope, key, row } = change
  const mine = ({ transfer }: Flight) => transfer?.remote === scope && transfer.key === String(key)
  if (isDone(change)) return changing(gone(moment, scope, String(key)), mine, (flight) => over(flight, turn, moment))
  const transfer = transferOf(change, turn, moment.at)
  if (transfer === undefined) return moment
  const known = recordOf(row)
  if (openAt(moment, mine) !== undefined) return changing(moment, mine, (flight) => advanced(flight, transfer, known, moment))
  const there = takenUp(moment, transfer, known)
  return changing(there, mine, (flight) => advanced(flight, transfer, known, there))
}

/** The transfer in a row, if it is one of firmware. */
const transferOf = (change: RowChange, { event }: Turn, at: number): Transfer | undefined => {
  const sight = sightOf(change, event)
  return sight && { remote: change.scope, key: String(change.key), ...sight, since: at, unacknowledged: undefined, heardAt: undefined }
}

/** Whose it is: the update that is open and waits for it; else a download of its own, or the first block of a push. */
const takenUp = (moment: Moment, transfer: Transfer, row: Readonly<Record<string, unknown>>): Moment => {
  const { how, remote } = transfer
  const waits = ({ side, delivery, remote: where, state }: Flight): boolean =>
    how === 'uploading'
      ? side === 'server' && delivery === 'push' && where === remote
      : side === 'device' && state === 1 && delivery === (how === 'downloading' ? 'pull' : 'push')
  const own = ({ side, uri }: Flight): boolean => how === 'downloading' && side === 'download' && uri.endsWith(pathOf(row))
  const found = openAt(moment, waits) ?? openAt(moment, own)
  if (found !== undefined)
    return changing(
      moment,
      ({ id }) => id === found.id,
      (flight) => beginning(flight, transfer, moment),
    )
  if (how === 'uploading') return moment
  if (how === 'receiving') return { ...moment, place: { ...moment.place, stray: transfer } }
  const made = begun(moment, 'download', {
    delivery: 'pull',
    uri: pathOf(row),
    timeline: [{ at: moment.at, what: 'began', detail: pathOf(row) }],
  })
  const { id } = made.flights.at(-1)!
  return changing(
    made,
    (flight) => flight.id === id,
    (flight) => beginning(flight, transfer, made),
  )
}
const pathOf = ({ request }: Readonly<Record<string, unknown>>): string => {
  return `/${strings(optionsOf(request), options.UriPath).join('/')}`
}
const gone = (moment: Moment, remote: string, key: string): Moment => {
  const { stray } = moment.place
  return stray?.remote === remote && stray.key === key ? { ...moment, place: { ...moment.place, stray: undefined } } : moment
}

/** A body begins, or goes on where it was lost. */
const beginning = (flight: Flight, transfer: Transfer, { at, limits }: Moment): Flight => {
  const { counts } = flight
  const again = flight.timeline.some(({ what }) => what === 'transfer')
  const next: Flight = {
    ...flight,
    transfer,
    bytes: transfer.how === 'downloading' ? transfer.offset : flight.bytes,
    counts: {
      ...counts,
      resumptions: counts.resumptions + (again && transfer.offset > 0 ? 1 : 0),
      restarts: counts.restarts + (again && transfer.offset === 0 && transfer.how === 'downloading' ? 1 : 0),
    },
  }
  return noted(next, { at, what: 'transfer', offset: transfer.offset }, limits)
}

/** The row changed: another block, or another's turn. */
const advanced = (flight: Flight, transfer: Transfer, row: Readonly<Record<string, unknown>>, { at, limits }: Moment): Flight => {
  const before = flight.transfer ?? transfer
  const same = before.offset === transfer.offset && before.waitsFor === transfer.waitsFor
  const isThere = before.offset === transfer.offset
  const next: Transfer = {
    ...transfer,
    blockBytes: transfer.blockBytes === 0 ? before.blockBytes : transfer.blockBytes,
    since: same ? before.since : at,
    unacknowledged: isThere ? before.unacknowledged : undefined,
    heardAt: before.heardAt,
  }
  const known: Flight = {
    ...flight,
    transfer: next,
    total: numberOf(row['size']) ?? numberOf(recordOf(row['gathering'])['size']) ?? flight.total,
    etag: hexOf(row['etag']) ?? flight.etag,
    counts: isThere ? flight.counts : { ...flight.counts, blocks: flight.counts.blocks + 1 },
  }
  const told = isThere ? sentAgain(known, (transfer.again ?? 0) - (before.again ?? 0), at, limits) : known
  return moved(told, transfer.waitsFor === 'store' && transfer.how !== 'uploading' ? before.offset : transfer.offset, at, limits)
}
/** Of a burst: nothing acknowledges a message of it, but blocks are sent, or asked for, again. */
const sentAgain = (flight: Flight, times: number, at: number, limits: Moment['limits']): Flight => {
  const { transfer, counts } = flight
  if (times <= 0 || transfer === undefined) return flight
  const { sentAt = transfer.since, retransmissions = 0 } = transfer.unacknowledged ?? {}
  return noted(
    {
      ...flight,
      transfer: { ...transfer, unacknowledged: { sentAt, retransmissions: retransmissions + 1 } },
      counts: { ...counts, retransmissions: counts.retransmissions + times },
    },
    { at, what: 'retransmission', offset: transfer.offset },
    limits,
  )
}

/** The row is gone: everything came, or what went wrong is in the turn. */
const over = (flight: Flight, turn: Turn, { at, limits }: Moment): Flight => {
  const { transfer } = flight
  const free: Flight = { ...flight, transfer: undefined }
  if (transfer === undefined) return flight
  if (flight.trouble?.at === at || isHandedDown(turn, transfer)) return free
  const trouble = troubleOf(turn, transfer, at)
  if (trouble !== undefined) return troubled(free, { ...trouble, retransmissions: transfer.unacknowledged?.retransmissions ?? 0 }, limits)
  const whole = moved(free, Math.max(flight.total ?? 0, transfer.offset), at, limits)
  return flight.side === 'download' ? ended(whole, 'succeeded', at, limits) : whole
}

/** The peer does not know bursts: the floor below goes on with it. */
const isHandedDown = ({ effects }: Turn, { key }: Transfer): boolean =>
  effects.some((effect) => wordOf(effect)['type'] === 'ask' && wordOf(effect)['exchange'] === key)

const troubleOf = ({ event, effects }: Turn, transfer: Transfer, at: number): Trouble | undefined => {
  const made = (kind: TroubleKind, more: Partial<Trouble> = {}): Trouble => ({
    kind,
    at,
    offset: transfer.offset,
    retransmissions: 0,
    ...more,
  })
  for (const effect of effects) {
    const word = wordOf(effect)
    if (word['exchange'] !== transfer.key && transfer.how !== 'receiving') continue
    if (word['type'] === 'failed') {
      const reason = textOf(word['reason']) ?? ''
      // Pushed in bursts: what the peer misses was sent again and again (RFC 9177 §7.2).
      if (reason === 'incomplete' && transfer.how === 'uploading' && transfer.again !== undefined) return made('answered', { code: '4.08' })
      return made(kindOf(reason, event, transfer))
    }
    const response = recordOf(word['response'])
    const code = textOf(response['code'])
    if (code === undefined || code.startsWith('2.')) continue
    const maxAge = uint(optionsOf(response), options.MaxAge)
    return made('answered', { code, ...(maxAge === undefined ? {} : { retryAfterMs: maxAge * 1000 }) })
  }
  if (effects.some((effect) => silence.has(textOf(wordOf(effect)['type']) ?? ''))) return made('gave-up')
  return wordOf(event)['type'] === 'closed' ? made('link-closed') : undefined
}

/** A peer that stopped sending: what it began is let go of. */
const silence: ReadonlySet<string> = new Set(['cancelled', 'abandoned'])

const kinds: Readonly<Record<string, TroubleKind>> = {
  timeout: 'gave-up',
  reset: 'rejected',
  refused: 'bound',
  unreachable: 'unreachable',
  aborted: 'link-closed',
  'bad-option': 'malformed',
  changed: 'changed',
  'too-large': 'too-large',
  sink: 'store',
}
/** Blocks out of place are told apart by the block that came. */
const kindOf = (reason: string, event: unknown, transfer: Transfer): TroubleKind => {
  const known = namedIn(kinds, reason)
  if (known !== undefined) return known
  const response = recordOf(wordOf(event)['response'])
  const inOrder = transfer.again === undefined
  const block = blockOf(optionsOf(response), inOrder ? options.Block2 : options.QBlock2)
  const { payload } = response
  if (block === undefined || !(payload instanceof Uint8Array)) return 'malformed'
  if (inOrder && block.num * sizeOf(block.szx) !== transfer.offset) return 'wrong-block'
  if (block.more && payload.length < sizeOf(block.szx)) return 'short-block'
  return inOrder ? 'malformed' : 'wrong-block'
}

/** The application could not store a block, or not read one. Of a push, its update may have said so, and ended, in the same instant. */
const storeRefused = (moment: Moment, word: Readonly<Record<string, unknown>>): Moment => {
  const remote = textOf(word['remote'])
  const { node, at, limits } = moment
  const kind: TroubleKind = word['reason'] === 'too-large' ? 'too-large' : 'store'
  const refused = (flight: Flight) =>
    troubled(flight, { kind, at, offset: flight.transfer?.offset ?? flight.bytes, retransmissions: 0 }, limits)
  const justEnded = (flight: Flight) =>
    flight.node === node && flight.side === 'device' && flight.delivery === 'push' && flight.endedAt === at
  if (moment.flights.some(justEnded))
    return { ...moment, flights: moment.flights.map((flight) => (justEnded(flight) ? refused(flight) : flight)) }
  return changing(moment, ({ transfer, trouble }) => transfer?.remote === remote && trouble?.at !== at, refused)
}
