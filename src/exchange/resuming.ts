/** Observations of ours that outlived our restart (RFC 7641 §3.1: the token names them). */
import { none, type Stamp } from '../core/machine.ts'
import type { Ask } from './exchange.ts'
import { changed, type Asking, type Exchanges, type Made } from './matching.ts'

/** Whether the request goes by the token of an observation of before. */
export const isResumed = ({ exchange, request }: Ask): boolean => request.outlived === true && request.token === exchange

/** Nothing is sent: what is notified under the token is taken from now on, whatever its number (RFC 7641 §3.4). */
export const resume = (state: Exchanges, { exchange, request }: Ask, { now }: Pick<Stamp, 'now'>): Made => {
  const { remote } = request
  if (state.asking.get(remote, exchange) !== undefined) return [state, none]
  const observed = { sequence: 0, receivedAt: now - freshMs }
  state.asking.put(remote, exchange, { request, dueAt: Infinity, pending: false, parting: false, observed })
  return [changed(state), none]
}
/** A notification that comes so long after another is newer. */
const freshMs = 128_001

/** What is known of an observation that is asked for anew under its token: the peer counts on. */
export const resumedFrom = ({ asking }: Exchanges, { exchange, request }: Ask): Asking['observed'] =>
  request.token === exchange ? asking.get(request.remote, exchange)?.observed : undefined
