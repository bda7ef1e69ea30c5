/** Cookies: a peer shows that it is where it says before anything is kept for it (RFC 6347 §4.2.1). */
import type { Dice } from '../../core/dice.ts'
import type { Instant } from '../../core/machine.ts'
import type { Ciphers, Remote } from '../../core/ports.ts'
import { Secret } from '../../core/secret.ts'
import type { ClientHello } from './hello.ts'
import { drawn } from './luck.ts'
import { concat, uint, vector } from './octets.ts'

/** What cookies are made with, and were until lately. */
export interface CookieKeys {
  readonly current: Secret
  readonly previous: Secret | undefined
  readonly renewAt: Instant
}

/** The keys for this moment: the same, or new ones after an hour. */
export const cookieKeys = (ciphers: Ciphers, keys: CookieKeys | undefined, dice: Dice, now: Instant): CookieKeys => {
  if (keys !== undefined && now < keys.renewAt) return keys
  return { current: new Secret(drawn(ciphers, dice, 'cookie', 32)), previous: keys?.current, renewAt: now + keyLifetimeMs }
}
const keyLifetimeMs = 3_600_000

/** The cookie of this peer for this ClientHello. */
export const cookieOf = (ciphers: Ciphers, key: Secret, via: Remote, hello: ClientHello): Uint8Array => {
  const { version, random, sessionId, suites } = hello
  const said = concat(
    new TextEncoder().encode(via),
    Uint8Array.of(0),
    uint(version, 2),
    random,
    vector(1, sessionId),
    ...suites.map((code) => uint(code, 2)),
  )
  return ciphers.hmac('sha256', key.reveal(), said).slice(0, 20)
}

/** Whether the cookie in it was made for it. */
export const isCookied = (ciphers: Ciphers, { current, previous }: CookieKeys, via: Remote, hello: ClientHello): boolean =>
  ciphers.equal(cookieOf(ciphers, current, via, hello), hello.cookie) ||
  (previous !== undefined && ciphers.equal(cookieOf(ciphers, previous, via, hello), hello.cookie))
