/** How handshakes go, read off the journal: what each waits for, and why one failed (RFC 6347 §4.2). */
import type { Turn } from '../../core/journal.ts'
import type { ClosedReason, Remote } from '../../core/ports.ts'
import type { HandshakeStep } from './handshaking.ts'
import type { DtlsEffect, Peer } from './peers.ts'
import type { SuiteName } from './suite.ts'

/** What is known of one peer's link after a turn. */
export type LinkState =
  | {
      readonly state: 'handshake'
      readonly remote: Remote
      readonly role: 'client' | 'server'
      readonly waitsFor: HandshakeStep
      /** Of the flight that was sent last. */
      readonly retransmissions: number
    }
  | { readonly state: 'established'; readonly remote: Remote; readonly suite: SuiteName; readonly identity: Uint8Array }
  | { readonly state: 'asleep'; readonly remote: Remote }
  | { readonly state: 'closed'; readonly remote: Remote; readonly reason: ClosedReason; readonly detail: string | undefined }

/** The links that the turn moved; none for turns of other machines. Use: `journal.turn$.pipe(mergeMap(linksIn))`. */
export const linksIn = ({ machine, rows, effects }: Turn): readonly LinkState[] => {
  if (machine !== 'dtls') return []
  const latest = new Map<Remote, Peer>()
  for (const { table, row } of rows) if (table === 'peers' && row !== undefined) latest.set((row as Peer).name, row as Peer)
  const ended = (effects as readonly DtlsEffect[]).flatMap(closedBy).filter(({ remote }) => latest.get(remote)?.dormant !== true)
  for (const { remote } of ended) latest.delete(remote)
  return [...[...latest.values()].flatMap(stateOf), ...ended]
}

const closedBy = (effect: DtlsEffect): readonly (LinkState & { readonly state: 'closed' })[] => {
  if (effect.type !== 'up' || effect.value.type !== 'closed') return []
  const { remote, reason, detail } = effect.value
  return [{ state: 'closed', remote, reason, detail }]
}

const stateOf = ({ name: remote, handshake, link, dormant }: Peer): readonly LinkState[] => {
  if (dormant) return [{ state: 'asleep', remote }]
  if (handshake !== undefined)
    return [
      {
        state: 'handshake',
        remote,
        role: handshake.role,
        waitsFor: handshake.step,
        retransmissions: handshake.flight?.retransmissions ?? 0,
      },
    ]
  return link === undefined ? [] : [{ state: 'established', remote, suite: link.write.suite, identity: link.identity }]
}
