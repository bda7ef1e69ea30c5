/** Sessions: what two ends agreed on, kept so that the next handshake is short (RFC 5246 §7.3, RFC 7627 §5.3). */
import type { Instant } from '../../core/machine.ts'
import type { Secret } from '../../core/secret.ts'
import { Table } from '../../core/table.ts'
import type { DtlsLimits } from './options.ts'
import type { SuiteName } from './suite.ts'

/** Plain data, but for the secret in it. */
export interface Session {
  readonly id: Uint8Array
  readonly suite: SuiteName
  readonly master: Secret
  /** Made with the extended master secret. */
  readonly extended: boolean
  readonly identity: Uint8Array
  /** At a server: shows whether the identity's key is still the one that it was made with. */
  readonly proof?: Secret | undefined
  readonly expiresAt: Instant
}

/** A client's sessions are named by the remote, a server's by their ID in hex. */
export type SessionScope = 'own' | 'peer'

export const sessionsTable = ({ sessionsMax }: DtlsLimits): Table<Session> =>
  new Table<Session>({ name: 'sessions', limit: sessionsMax, deadline: ({ expiresAt }) => expiresAt })

/** Keeps it. When the table is full the one that expires first is forgotten. */
export const keep = (sessions: Table<Session>, scope: SessionScope, key: string, session: Session): void => {
  if (sessions.shape.limit === 0) return
  if (sessions.full && sessions.get(scope, key) === undefined) {
    const first = sessions.first()
    if (first !== undefined) sessions.remove(first.scope, first.key)
  }
  sessions.put(scope, key, session)
}

/** One that may still be resumed. */
export const resumable = (sessions: Table<Session>, scope: SessionScope, key: string, now: Instant): Session | undefined => {
  const session = sessions.get(scope, key)
  return session === undefined || session.expiresAt <= now ? undefined : session
}
