/** Whom a server does not hear over `coaps://`, and who that may be (RFC 6347 §4.1.2.7). */
import { map, Subject, type Observable } from 'rxjs'
import type { Remote } from '../../core/ports.ts'
import type { DtlsOptions } from '../../datagram/dtls/options.ts'
import type { Unheard } from '../../datagram/dtls/unheard.ts'

/** What a server did not hear, with the name of a client that it may be. */
export interface UnheardClient extends Unheard {
  /** Who registered or updated last from that address, or else by a session with that host, where there is only one. */
  readonly endpointClientName?: string
}

/** What DTLS has to say about those whom it does not hear. */
export interface Explained {
  /** The same options, listened to. */
  readonly with: <Options extends DtlsOptions>(options: Options) => Options
  readonly unheard$: Observable<UnheardClient>
}

export const explained = (at: (remote: Remote) => { readonly endpointClientName: string } | undefined): Explained => {
  const why$ = new Subject<Unheard>()
  const named = (why: Unheard): UnheardClient => {
    const { address, known } = why
    const [only, ...others] = known
    const name = (at(`coaps://${address}`) ?? (only === undefined || others.length > 0 ? undefined : at(only.remote)))?.endpointClientName
    return name === undefined ? why : { ...why, endpointClientName: name }
  }
  return {
    unheard$: why$.pipe(map(named)),
    with: (options) => ({
      ...options,
      unheard: (why) => {
        options.unheard?.(why)
        why$.next(why)
      },
    }),
  }
}
