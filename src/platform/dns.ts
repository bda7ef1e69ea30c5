/** Host names to numeric addresses, by the system's resolver. */
import { lookup } from 'node:dns'
import { Observable, of } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Resolve } from '../core/ports.ts'
import { familyOf } from '../datagram/remote.ts'

/** Numeric addresses of a host, in the order to try them; a numeric one is its own answer. Errors with `unreachable`. */
export const dns: Resolve = (host, family) => {
  const numeric = familyOf(host)
  if (numeric !== undefined) return of([{ address: host, family: numeric }])
  return new Observable((observer) => {
    lookup(host, { all: true, verbatim: true, family: family ?? 0 }, (error, addresses) => {
      if (error !== null)
        return observer.error(
          new Lwm2mError('unreachable', `no address for ${host}`, { cause: error, hint: 'check the name and the resolver' }),
        )
      observer.next(addresses.map(({ address, family: found }) => ({ address, family: found === 6 ? 6 : 4 })))
      observer.complete()
    })
  })
}
