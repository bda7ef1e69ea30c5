/** What comes to nothing is explained, but not to the peer, and not more often than a person can read (RFC 6347 §4.1.2.7). */
import type { Remote } from '../../core/ports.ts'
import type { DtlsFailure } from './options.ts'
import { addressOf, type Peer, type Work } from './peers.ts'
import type { KnownPeer, UnheardReason } from './unheard.ts'

/** Notes it, and explains it if there is something new to say: once in a minute for an address and a reason, and for so many addresses at the most. */
export const unheard = (
  work: Work,
  via: Remote,
  reason: UnheardReason,
  about: { readonly failure?: DtlsFailure; readonly identity?: Uint8Array } = {},
): void => {
  const { state, stamp, effects, context } = work
  const { unexplained } = state
  for (let old = unexplained.due(stamp.now); old !== undefined; old = unexplained.due(stamp.now)) unexplained.remove(old.scope, old.key)
  const before = unexplained.get(reason, via)
  const many = manyOf(reason)
  const isOver = before === undefined ? unexplained.count(reason) >= context.p.explainedMax : before.count >= many
  // What still comes after a handshake that failed is explained by that.
  if (isOver || (reason === 'no-session' && unexplained.get('handshake', via) !== undefined)) {
    state.passedOver++
    return
  }
  const count = (before?.count ?? 0) + 1
  unexplained.put(reason, via, { count, forgetAt: before?.forgetAt ?? stamp.now + explainedMs })
  if (count < many) return
  const address = addressOf(via)
  const known = reason === 'no-session' || reason === 'connection-id' ? knownAt(work, hostOf(address)) : []
  effects.push({ type: 'unheard', reason, address, ...about, known, passedOver: state.passedOver })
  state.passedOver = 0
}
const explainedMs = 60_000
/** One damaged record says nothing. */
const manyOf = (reason: UnheardReason): number => (reason === 'not-authentic' ? 3 : 1)

/** All peers are looked at: seldom, for explanations are bounded. */
const knownAt = ({ state }: Work, host: string): readonly KnownPeer[] => {
  const found: KnownPeer[] = []
  for (const { row } of state.peers.all()) {
    if (row.link === undefined || hostOf(placeOf(row)) !== host) continue
    found.push({ remote: row.name, address: placeOf(row), identity: row.link.identity })
    if (found.length === 3) break
  }
  return found
}
const placeOf = ({ target, via, address }: Peer): string => (target === undefined ? addressOf(via) : address)
const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'))
