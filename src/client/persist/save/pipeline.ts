/** Writes what a client is, in turns of two slots, its keys apart. */
import { catchError, concat, defer, EMPTY, ignoreElements, type Observable } from 'rxjs'
import type { Environment } from '../../../core/environment.ts'
import { toOctets } from '../../../core/plain.ts'
import type { DtlsSaved } from '../../../datagram/dtls/options.ts'
import type { ClientState } from '../../state.ts'
import type { Configuration } from '../../configuration.ts'
import { keptOf } from '../kept.ts'
import { accountsDigest, sessionsName, slotName, type Loaded, type Places, type SecretRecord, type StateRecord } from '../load/pipeline.ts'
import { other, sealed, type Slot } from '../slots.ts'

/** Stores states and sessions. */
export interface Writer {
  /** Completes when the state is stored; one at a time. What is the same as before is not written again. */
  readonly write: (state: ClientState) => Observable<never>
  /** Goes along with the next state. */
  readonly sessions: (saved: DtlsSaved) => void
}

/** Writes states, one after the other, in turns of two slots; keys only when they changed. */
export const writer = (env: Environment, it: Configuration, { name, state: states, secrets }: Places, loaded: Loaded): Writer => {
  const { crypto, scheduler, wall } = env
  const accounts = accountsDigest(crypto, it)
  let { nextGeneration: generation } = loaded
  let slot: Slot = loaded.slot ?? 'b'
  let where = loaded.secrets
  let known = ''
  let last: Uint8Array | undefined
  let session: DtlsSaved | undefined

  const keysStored = (record: SecretRecord): Observable<unknown> => {
    const sum = Array.from(crypto.digest('sha256', toOctets(record))).join()
    if (where !== undefined && sum === known) return EMPTY
    const place = { slot: where === undefined ? ('a' as const) : other(where.slot), generation: generation++ }
    return concat(
      secrets.write(slotName(name, 'keys', place.slot), sealed(crypto, place.generation, record)),
      defer(() => {
        ;[where, known] = [place, sum]
        return EMPTY
      }),
    )
  }
  const stateStored = (record: Omit<StateRecord, 'secrets'>): Observable<unknown> =>
    defer(() => {
      const next = other(slot)
      const octets = sealed(crypto, generation++, { ...record, secrets: where! })
      return concat(
        states.write(slotName(name, 'state', next), octets),
        defer(() => {
          slot = next
          return EMPTY
        }),
      )
    })
  const sessionsStored = (): Observable<unknown> =>
    defer(() => (session === undefined ? EMPTY : secrets.write(sessionsName(name), sealed(crypto, generation++, session)))).pipe(
      // Nobody was promised a session: without it there is a handshake.
      catchError(() => EMPTY),
    )

  return {
    write: (state: ClientState): Observable<never> =>
      defer(() => {
        const [kept, keys] = keptOf(it, state)
        const octets = toOctets([kept, keys])
        if (last !== undefined && isSame(octets, last)) return sessionsStored().pipe(ignoreElements())
        return concat(
          keysStored({ accounts, keys }),
          stateStored({ now: scheduler.now(), wall: wall(), kept }),
          defer(() => {
            last = octets
            return EMPTY
          }),
          sessionsStored(),
        ).pipe(ignoreElements())
      }),
    sessions: (saved: DtlsSaved) => {
      session = saved
    },
  }
}
const isSame = (one: Uint8Array, two: Uint8Array): boolean => one.length === two.length && one.every((octet, at) => octet === two[at])
