/** What an application says of its servers, and what of that cannot be meant (LwM2M Core §6.1.2, §E.1, §E.2). */
import { Lwm2mError } from '../core/error.ts'
import type { Crypto } from '../core/ports.ts'
import type { Secret } from '../core/secret.ts'
import { unowned } from '../model/access.ts'
import type { Version } from '../operation/operation.ts'
import { letterOf } from './pairs.ts'

/** A pre-shared key: Public Key or Identity, at most 128 octets, and Secret Key, at most 64 (LwM2M Core §E.1, Transport §5.2.8). */
export interface PskOptions {
  /** A text is its UTF-8. */
  readonly identity: string | Uint8Array
  readonly key: Secret
}
/** One server: Instances of the Security and the Server Object (LwM2M Core §E.1, §E.2). */
export interface AccountOptions {
  /** For `coaps://`: who we are and how we prove it (Security Mode 0, Resources 3 and 5). */
  readonly psk?: PskOptions
  /** `coap://host:port` or `coap+tcp://host:port`: the transport binding is U or T. Default ports: 5683, `coaps` 5684. */
  readonly uri: string
  /** A bootstrap server: it writes the accounts of the others. At most one (LwM2M Core §6.1). */
  readonly bootstrap?: boolean
  /** Default: 1 for the first account, 2 for the second, … */
  readonly shortServerId?: number
  /** Default: 86400. 0: for ever, without Updates. */
  readonly lifetimeSeconds?: number
  /** The newest version to offer; the client steps down when the server has to. Default: as the client. */
  readonly version?: Version
  /** Default: as the client. */
  readonly queueMode?: boolean
  /** For servers that set no attributes. */
  readonly defaultPminSeconds?: number
  readonly defaultPmaxSeconds?: number
  /** For how long Disable disables (/1/x/5). Default: 86400. */
  readonly disableTimeoutSeconds?: number
  /** Whether notifications are stored while the server cannot be reached (/1/x/6). Default: true. */
  readonly notificationStoring?: boolean
  /** Letters of transports (/1/x/7). Default: that of the URI. */
  readonly binding?: string
  /** Of several accounts with one Short Server ID, the one with this transport is used (/1/x/22). */
  readonly preferredTransport?: string
  /** Nothing may be sent unasked (/1/x/23). */
  readonly muteSend?: boolean
  /** LwM2M 1.2: how notifications go where no attribute says it (/1/x/26). */
  readonly notificationMode?: 'non-confirmable' | 'confirmable'
  /** Servers register in ascending order of it, each when the one before has come to an end; those without do not wait (/1/x/13). */
  readonly priority?: number
  /** From its turn to its first Register (/1/x/14). */
  readonly initialDelaySeconds?: number
  /** Whether those behind it in the order do not register when it fails (/1/x/15). Default: false. */
  readonly failureBlocks?: boolean
  /** Whether a Register that failed for good leads to bootstrap, where there is a bootstrap server (/1/x/16). Default: true. */
  readonly bootstrapOnFailure?: boolean
  /** How to go on after a Register that failed. Defaults: 5 attempts, 60 s and doubling; then 1 sequence, a day apart. */
  readonly retryCount?: number
  readonly retryTimerSeconds?: number
  readonly sequenceDelaySeconds?: number
  readonly sequenceCount?: number
  /** Of a bootstrap server: from the wish to bootstrap to the first request (/0/x/11). */
  readonly holdOffSeconds?: number
  /** Of a bootstrap server: its account is deleted so long after bootstrap; 0: never (/0/x/12). */
  readonly accountTimeoutSeconds?: number
}

/** All of it, written out: a text is the URI of a server. */
export const accountsOf = (servers: string | AccountOptions | readonly (string | AccountOptions)[]): readonly AccountOptions[] =>
  [servers].flat().map((server) => (typeof server === 'string' ? { uri: server } : server))

/** DTLS where an account has a key, or bootstrap may bring one. */
export const speaksDtls = (accounts: readonly AccountOptions[], { ciphers }: Pick<Crypto, 'ciphers'>): boolean =>
  accounts.some(({ psk }) => psk !== undefined) || (bootstraps(accounts) && ciphers !== undefined)
/** Whether bootstrap may bring accounts: without any of its own a client waits to be provisioned. */
export const bootstraps = (accounts: readonly AccountOptions[]): boolean =>
  accounts.length === 0 || accounts.some(({ bootstrap }) => bootstrap === true)

/** Who an account is, as octets. */
export const identityOf = ({ identity }: PskOptions): Uint8Array =>
  typeof identity === 'string' ? new TextEncoder().encode(identity) : identity

/** Who owns what nobody else does: the first server, or where bootstrap brings them all, nobody before it says so. */
export const shortServerIdAt = (accounts: readonly AccountOptions[]): number => {
  const first = accounts.findIndex(({ bootstrap }) => bootstrap !== true)
  return first < 0 ? unowned : (accounts[first]!.shortServerId ?? first + 1)
}

// ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Throws an `Lwm2mError` with `invalid` for accounts that cannot be meant. */
export const checkAccounts = (accounts: readonly AccountOptions[]): void => {
  accounts.forEach(checkAccount)
  if (accounts.filter(({ bootstrap }) => bootstrap === true).length > 1)
    throw new Lwm2mError('invalid', 'there is one bootstrap server at most')
  const ids = accounts.flatMap(({ bootstrap, shortServerId, uri }, id) =>
    bootstrap === true ? [] : [`${shortServerId ?? id + 1} ${letterOf(uri)}`],
  )
  if (new Set(ids).size < ids.length) throw new Lwm2mError('invalid', 'two servers have the same Short Server ID and the same transport')
}
const checkAccount = ({ uri, psk }: AccountOptions): void => {
  if (psk !== undefined && !uri.startsWith('coaps:')) throw new Lwm2mError('invalid', `a key is for coaps://, not for ${uri}`)
  if (/^coaps:\/\/[^/]+$/.test(uri)) return checkKey(uri, psk)
  if (!/^coap(\+tcp)?:\/\/[^/]+$/.test(uri))
    throw new Lwm2mError('invalid', `a server's URI is coap://host:port, coaps://host:port or coap+tcp://host:port, not ${uri}`, {
      hint: 'TLS and paths are not here yet',
    })
}
const checkKey = (uri: string, psk: PskOptions | undefined): void => {
  if (psk === undefined)
    throw new Lwm2mError('invalid', `${uri} needs an identity and a key`, { hint: 'psk: { identity, key }; certificates are not here yet' })
  const [identity, key] = [identityOf(psk).length, psk.key.reveal().length]
  if (identity === 0 || identity > 128) throw new Lwm2mError('invalid', `the identity for ${uri} has ${identity} octets, not 1 to 128`)
  if (key === 0 || key > 64) throw new Lwm2mError('invalid', `the key for ${uri} has ${key} octets, not 1 to 64`)
}
