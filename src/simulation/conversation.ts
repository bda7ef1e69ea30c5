/** One simulated TCP connection: octets in order over segments that are lost, doubled and overtaken (RFC 9293 §3.8, RFC 6298). */
import type { SchedulerLike, Subscription } from 'rxjs'
import { lengthOf, type Segment } from './segment.ts'

/** What it works with, and who hears of it. */
export interface Correspondent {
  readonly scheduler: SchedulerLike
  readonly leave: (segment: Segment) => void
  /** The connection is there. */
  readonly opened: () => void
  readonly arrived: (bytes: Uint8Array) => void
  /** It ended without being closed here: `refused` and `unreachable` before it was there, `lost` afterwards. */
  readonly ended: (reason: 'refused' | 'unreachable' | 'lost', detail: string) => void
  /** Nothing of it is left. */
  readonly gone: () => void
}
export interface Conversation {
  readonly take: (segment: Segment) => void
  readonly write: (bytes: Uint8Array) => void
  /** What was written before still leaves; nothing is heard of it any more. */
  readonly close: () => void
  /** As when its program ends: one farewell, and nothing is left. */
  readonly drop: () => void
}

/** Octets of a segment, and segments that are under way at most. */
const segmentBytes = 1_400
const window = 32
/** When a segment is sent again, doubled each time (RFC 6298 §2, §5.5), and when all of that was in vain (RFC 9293 §3.8.3: R2 of 100 s; a connect gives up as the platform's does). */
const firstRetryMs = 1_000
const longestRetryMs = 30_000
const patienceMs = 100_000
const connectMs = 20_000
/** How long a closed connection goes on trying to deliver. */
const lingerMs = 2_000

const noBytes = new Uint8Array(0)

/** `active`: who opens it. The other end begins with the SYN that it is given. */
export const conversation = ({ scheduler, leave, opened, arrived, ended, gone }: Correspondent, active: boolean): Conversation => {
  const outgoing: Omit<Segment, 'acknowledged'>[] = []
  const early = new Map<number, Segment>()
  let sent = 0
  let nextSequence = 0
  let awaited = 0
  let phase: 'opening' | 'open' | 'closed' | 'gone' = 'opening'
  let retryMs = firstRetryMs
  let progressAt = scheduler.now()
  let owesAck = false
  let alarm: Subscription | undefined
  let linger: Subscription | undefined

  const transmit = (segment: Omit<Segment, 'acknowledged'>) => {
    owesAck = false
    leave({ ...segment, acknowledged: awaited })
  }
  const acknowledge = () => transmit({ kind: 'data', sequence: nextSequence, bytes: noBytes })
  const patience = () => progressAt + (phase === 'opening' ? connectMs : patienceMs) - scheduler.now()
  const arm = () => {
    alarm?.unsubscribe()
    alarm = sent === 0 || phase === 'gone' ? undefined : scheduler.schedule(again, Math.min(retryMs, Math.max(0, patience())))
  }
  const pump = () => {
    const wasIdle = sent === 0
    if (wasIdle) progressAt = scheduler.now()
    // Nothing but the SYN before the other end has answered it.
    const most = Math.min(phase === 'opening' ? 1 : window, outgoing.length)
    while (sent < most) transmit(outgoing[sent++]!)
    if (wasIdle) arm()
  }
  const put = (kind: Segment['kind'], bytes = noBytes) => {
    outgoing.push({ kind, sequence: nextSequence, bytes })
    nextSequence += lengthOf({ kind, bytes })
  }
  const again = () => {
    const first = outgoing[0]
    if (first === undefined || phase === 'gone') return
    if (patience() <= 0) return end('unreachable', 'nothing is acknowledged')
    retryMs = Math.min(longestRetryMs, retryMs * 2)
    transmit(first)
    arm()
  }
  const leaveForGood = () => {
    if (phase === 'gone') return
    phase = 'gone'
    alarm?.unsubscribe()
    linger?.unsubscribe()
    gone()
  }
  const end = (reason: 'refused' | 'unreachable', detail: string) => {
    const was = phase
    leaveForGood()
    if (was === 'opening' && active) ended(reason, detail)
    else if (was === 'open') ended('lost', detail)
  }
  const finish = () => {
    put('fin')
    pump()
    linger = scheduler.schedule(leaveForGood, lingerMs)
  }

  const heardAck = ({ acknowledged }: Segment) => {
    let moved = false
    for (let first = outgoing[0]; first !== undefined && sent > 0; first = outgoing[0]) {
      if (first.sequence + lengthOf(first) > acknowledged) break
      outgoing.shift()
      sent--
      moved = true
    }
    if (!moved) return
    progressAt = scheduler.now()
    retryMs = firstRetryMs
    arm()
  }
  /** What comes next in order, of this segment and of those that came too early. */
  const inOrder = (segment: Segment): readonly Segment[] => {
    if (lengthOf(segment) === 0) return []
    owesAck = true
    if (segment.sequence > awaited && early.size < 2 * window) early.set(segment.sequence, segment)
    if (segment.sequence !== awaited) return []
    const next: Segment[] = []
    for (let one: Segment | undefined = segment; one !== undefined; one = early.get(awaited)) {
      early.delete(awaited)
      awaited += lengthOf(one)
      next.push(one)
    }
    return next
  }
  const isOver = () => phase === 'gone'

  put('syn')
  if (active) pump()
  return {
    take: (segment) => {
      if (isOver()) return
      if (segment.kind === 'reset') return end('refused', 'reset by the peer')
      const isFirst = awaited === 0
      const next = inOrder(segment)
      heardAck(segment)
      if (!active && isFirst) pump()
      if (phase === 'opening' && awaited > 0 && segment.acknowledged > 0) {
        phase = 'open'
        opened()
      }
      for (const { kind, bytes } of next) {
        if (isOver()) return
        if (kind === 'data' && phase === 'open') arrived(bytes)
        if (kind === 'fin' && phase === 'open') {
          phase = 'closed'
          finish()
          ended('lost', 'the peer closed')
        }
      }
      if (isOver()) return
      pump()
      if (owesAck) acknowledge()
    },
    write: (bytes) => {
      if (phase !== 'opening' && phase !== 'open') return
      for (let at = 0; at < bytes.length; at += segmentBytes) put('data', bytes.slice(at, at + segmentBytes))
      pump()
    },
    close: () => {
      if (phase === 'gone' || phase === 'closed') return
      if (phase === 'opening' && active) return leaveForGood()
      phase = 'closed'
      finish()
    },
    drop: () => {
      if (phase === 'open') transmit({ kind: 'fin', sequence: nextSequence, bytes: noBytes })
      leaveForGood()
    },
  }
}
