/** Who is at the other end of which link, and whether it may register (LwM2M Core 1.2.2 §6.2.1). */
import { catchError, defer, map, of, take, throwIfEmpty, type Observable } from 'rxjs'
import type { Remote } from '../../core/ports.ts'
import type { Credentials } from '../../datagram/dtls/options.ts'
import { responses } from '../../message/code.ts'
import type { Outcome } from '../../operation/operation.ts'
import type { Proven } from '../registration.ts'
import type { CredentialStore, Identities } from './credential.ts'

/** What a handshake asks of a store: the key of an identity. */
export const peerKeys = (store: CredentialStore): Credentials => ({
  peer: ({ identity }) => store.find(identity).pipe(map((credential) => credential?.key)),
})

/** A Register looks its identity up again: one that was taken out of the store registers no more, whatever session it has. */
export const identities = (store: CredentialStore, unsecured: boolean): Identities => {
  const known = new Map<Remote, Uint8Array>()
  const registering = (identity: Uint8Array): Observable<Proven | Outcome> =>
    defer(() => store.find(identity)).pipe(
      take(1),
      throwIfEmpty(),
      map((credential) => {
        if (credential === undefined) return revoked
        const { endpointClientName } = credential
        return { identity, ...(endpointClientName === undefined ? {} : { endpointClientName }) }
      }),
      catchError(() => of(revoked)),
    )
  return {
    note: ({ type, remote, identity }) => {
      if (remote === undefined) return
      if (type === 'opened' && identity !== undefined) known.set(remote, identity)
      else if (type === 'closed') known.delete(remote)
    },
    whose: (remote, registers) => {
      const identity = known.get(remote)
      if (identity === undefined) return of(registers && !unsecured ? unproven : undefined)
      return registers ? registering(identity) : of({ identity })
    },
  }
}
const revoked: Outcome = { code: responses.Forbidden, diagnostic: 'this identity is not known any more' }
const unproven: Outcome = { code: responses.Forbidden, diagnostic: 'only secured clients register here' }
