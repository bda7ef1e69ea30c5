/** Whose keys a server knows, and which endpoint each of them may be (LwM2M Core 1.2.2 §6.2.1; RFC 4279). */
import type { Observable } from 'rxjs'
import type { Remote } from '../../core/ports.ts'
import type { Secret } from '../../core/secret.ts'
import type { Outcome } from '../../operation/operation.ts'
import type { Proven } from '../registration.ts'

/** What is known of one identity. */
export interface Credential {
  readonly key: Secret
  /** The only endpoint client name that it may register. Absent: any that no other identity holds. */
  readonly endpointClientName?: string
}

/** Where a server looks up keys. It may take its time; `undefined`, an error or an end without a value mean that the identity is not known. */
export interface CredentialStore {
  readonly find: (identity: Uint8Array) => Observable<Credential | undefined>
}

/** Who came by a link, as far as that is proven; an outcome when it may not register. */
export type Whose = (remote: Remote, registers: boolean) => Observable<Proven | Outcome | undefined>

/** Names of links with the identities behind them: noted when they open, forgotten when they close. */
export interface Identities {
  readonly note: (word: { readonly type: string; readonly remote?: Remote; readonly identity?: Uint8Array }) => void
  readonly whose: Whose
}
