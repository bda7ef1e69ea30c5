/** What is asked of clients in queue mode: held while they sleep, sent one at a time while they listen (LwM2M Transport 1.2.2 §6.5). */
import { keyed, type Keyed } from '../../core/keyed.ts'
import { none, type Instant, type Machine, type Stamp, type Tick } from '../../core/machine.ts'

/** Names a command, so that its word finds the way back. */
export type Ticket = number

/** The bounds of queues. */
export interface QueueLimits {
  /** How long a client listens after it was last heard. Default: MAX_TRANSMIT_WAIT, 93 s. */
  readonly awakeMs: number
  /** How long a command may wait; then it fails with `expired`. Default: a day. */
  readonly expiryMs: number
  /** How many commands may wait for one client; one more fails with `refused`. */
  readonly waitingMax: number
  /** How many clients in queue mode at once. The commands of one more are not held. */
  readonly sleepersMax: number
}
export const defaultQueueLimits: QueueLimits = { awakeMs: 93_000, expiryMs: 86_400_000, waitingMax: 100, sleepersMax: 20_000 }

/** A command that waits. */
export interface Waiting {
  readonly ticket: Ticket
  readonly expiresAt: Instant
}
/** One client in queue mode. */
export interface Sleeper {
  readonly endpointClientName: string
  readonly awake: boolean
  /** When it goes to sleep if nothing more is heard of it. */
  readonly sleepsAt: Instant
  /** What was sent and is not answered yet: one at a time. */
  readonly outstanding: Ticket | undefined
  /** First come, first sent. */
  readonly waiting: readonly Waiting[]
}

interface Of {
  readonly endpointClientName: string
}
/** What happens to a queue. */
export type QueueEvent =
  /** It registered or updated; `silent`: that is known from before a restart. */
  | (Of & { readonly type: 'registered'; readonly queueMode: boolean; readonly silent?: boolean })
  /** Its registration ended. */
  | (Of & { readonly type: 'gone' })
  /** Any message came from it. */
  | (Of & { readonly type: 'heard' })
  | (Of & { readonly type: 'asked'; readonly ticket: Ticket; readonly expiryMs?: number })
  /** What was sent was answered, or was not. */
  | (Of & { readonly type: 'settled'; readonly ticket: Ticket; readonly heard: boolean })
  /** Whoever asked does not want it any more. */
  | (Of & { readonly type: 'withdrawn'; readonly ticket: Ticket })
/** What is to be done. */
export type QueueEffect =
  | { readonly type: 'release'; readonly ticket: Ticket }
  | { readonly type: 'fail'; readonly ticket: Ticket; readonly reason: 'expired' | 'refused' | 'aborted' }
  | (Of & { readonly type: 'awake'; readonly awake: boolean })

export type Queues = Keyed<Sleeper, undefined>
type Made = readonly [row: Sleeper | undefined, effects: readonly QueueEffect[]]

/** The machine. Who is not in queue mode has no row: what is asked of it goes out at once. */
export const queues = (limits: QueueLimits = defaultQueueLimits): Machine<Queues, QueueEvent, QueueEffect> =>
  keyed<Sleeper, undefined, QueueEvent, QueueEffect>({
    name: 'queues',
    shared: undefined,
    limit: limits.sleepersMax,
    route: ({ endpointClientName }) => endpointClientName,
    deadline: ({ awake, sleepsAt, outstanding, waiting }) =>
      Math.min(awake && outstanding === undefined ? sleepsAt : Infinity, ...waiting.map(({ expiresAt }) => expiresAt)),
    step: (row, _shared, event, stamp) => {
      const [next, effects] = stepped(row, event, stamp, limits)
      const turned = next !== undefined && (row?.awake === true) !== next.awake
      return [
        next,
        undefined,
        turned ? [...effects, { type: 'awake', endpointClientName: next.endpointClientName, awake: next.awake }] : effects,
      ]
    },
    full: (event) => (event.type === 'asked' ? [{ type: 'release', ticket: event.ticket }] : none),
  })
const stepped = (row: Sleeper | undefined, event: QueueEvent | Tick, { now }: Stamp, limits: QueueLimits): Made => {
  if (event.type === 'registered' && event.queueMode && event.silent === true) return [row ?? anew(event), none]
  if (event.type === 'registered') return event.queueMode ? heard(row ?? anew(event), now, limits) : [undefined, released(row)]
  if (row === undefined) return [row, event.type === 'asked' ? [{ type: 'release', ticket: event.ticket }] : none]
  switch (event.type) {
    case 'gone':
      return [undefined, row.waiting.map(({ ticket }): QueueEffect => ({ type: 'fail', ticket, reason: 'aborted' }))]
    case 'heard':
      return heard(row, now, limits)
    case 'asked':
      return asked(row, event.ticket, now + (event.expiryMs ?? limits.expiryMs), limits)
    case 'settled':
      return settled(row, event, now, limits)
    case 'withdrawn':
      return withdrawn(row, event.ticket)
    case 'tick':
      return due(row, now)
  }
}
const anew = ({ endpointClientName }: Of): Sleeper => ({
  endpointClientName,
  awake: false,
  sleepsAt: 0,
  outstanding: undefined,
  waiting: none,
})

const heard = (row: Sleeper, now: Instant, { awakeMs }: QueueLimits): Made => next({ ...row, awake: true, sleepsAt: now + awakeMs })

const asked = (row: Sleeper, ticket: Ticket, expiresAt: Instant, { waitingMax }: QueueLimits): Made =>
  row.waiting.length >= waitingMax
    ? [row, [{ type: 'fail', ticket, reason: 'refused' }]]
    : next({ ...row, waiting: [...row.waiting, { ticket, expiresAt }] })

/** What is not answered in all its retransmissions says that it sleeps; the others go on waiting. */
const settled = (
  row: Sleeper,
  { ticket, heard: answered }: Extract<QueueEvent, { type: 'settled' }>,
  now: Instant,
  limits: QueueLimits,
): Made => {
  if (row.outstanding !== ticket) return answered ? heard(row, now, limits) : [row, none]
  const free: Sleeper = { ...row, outstanding: undefined }
  return answered ? heard(free, now, limits) : [{ ...free, awake: false, sleepsAt: now }, none]
}
const withdrawn = (row: Sleeper, ticket: Ticket): Made => {
  if (row.outstanding === ticket) return next({ ...row, outstanding: undefined })
  const waiting = row.waiting.filter((each) => each.ticket !== ticket)
  return waiting.length === row.waiting.length ? [row, none] : [{ ...row, waiting }, none]
}
const due = (row: Sleeper, now: Instant): Made => {
  const expired = row.waiting.filter(({ expiresAt }) => expiresAt <= now)
  const sleeps = row.awake && row.outstanding === undefined && row.sleepsAt <= now
  if (expired.length === 0 && !sleeps) return [row, none]
  const waiting = expired.length === 0 ? row.waiting : row.waiting.filter(({ expiresAt }) => expiresAt > now)
  return [
    { ...row, waiting, awake: row.awake && !sleeps },
    expired.map(({ ticket }): QueueEffect => ({ type: 'fail', ticket, reason: 'expired' })),
  ]
}

/** The next one, if it listens and nothing is on its way. */
const next = (row: Sleeper): Made => {
  const [first, ...waiting] = row.waiting
  if (!row.awake || row.outstanding !== undefined || first === undefined) return [row, none]
  return [{ ...row, outstanding: first.ticket, waiting }, [{ type: 'release', ticket: first.ticket }]]
}
const released = (row: Sleeper | undefined): readonly QueueEffect[] =>
  (row?.waiting ?? none).map(({ ticket }): QueueEffect => ({ type: 'release', ticket }))
