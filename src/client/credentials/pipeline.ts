/** The keys of a client's accounts, as its machine says them, for the DTLS below it (LwM2M Transport 1.2.2 §5.2.8). */
import { of } from 'rxjs'
import type { Credentials, Psk } from '../../datagram/dtls/options.ts'
import type { Notice } from '../word.ts'

/** The keys. */
export interface AccountKeys {
  /** Who we are at a link, asked by DTLS. */
  readonly own: NonNullable<Credentials['own']>
  /** Whether the notice was of keys: it is for nobody else. */
  readonly take: (notice: Notice) => boolean
}

/** Who we are to each server: the client says it before it opens a link, so that keys which bootstrap brings count at once. Nobody comes by himself, and no key leaves its account. */
export const credentials = (): AccountKeys => {
  const known = new Map<number, Psk>()
  const own: AccountKeys['own'] = ({ account }) => of(account === undefined ? undefined : known.get(account))
  const take = (notice: Notice): boolean => {
    if (notice.type !== 'credentials') return false
    if (notice.psk === undefined) known.delete(notice.account)
    else known.set(notice.account, notice.psk)
    return true
  }
  return { own, take }
}
