/** Whom a TLS client trusts, and what it says of a server that it does not (RFC 8446 §4.4.2; RFC 9110 §4.3.4; RFC 9525). */
import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Lwm2mError } from '../core/error.ts'

/** Of TLS. */
export interface TlsOptions {
  /**
   * Who is trusted to sign the certificates of servers, or such a certificate itself: PEM, one after the other. They stand instead of the
   * authorities that come with Node; to add to those, start the process with `NODE_EXTRA_CA_CERTS`.
   */
  readonly ca?: string | Uint8Array
}

/** The certificates, one by one. Throws `invalid` when there are none, or what is none: Node would trust nobody, and say nothing. */
export const authorities = (pem: string | Uint8Array): readonly string[] => {
  const text = typeof pem === 'string' ? pem : Buffer.from(pem).toString('latin1')
  const found = text.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g) ?? []
  if (found.length === 0) throw noCertificate('there is no certificate in it')
  for (const [at, one] of found.entries())
    try {
      new X509Certificate(one)
    } catch (cause) {
      throw noCertificate(`certificate ${at + 1} cannot be read`, cause)
    }
  return found
}
const noCertificate = (what: string, cause?: unknown): Lwm2mError =>
  new Lwm2mError('invalid', `ca: ${what}`, {
    hint: 'PEM is wanted: -----BEGIN CERTIFICATE----- …',
    ...(cause === undefined ? {} : { cause }),
  })

/** Why the certificate at the other end was not taken; `undefined` when something else went wrong. */
export const distrusted = (at: URL, socket: Socket | null, cause: Error): Lwm2mError | undefined => {
  if (!(socket instanceof TLSSocket) || !socket.authorizationError) return undefined
  const code = String(socket.authorizationError)
  const { why, hint } = reasons[code] ?? { why: `is not accepted: ${code}`, hint: undefined }
  return new Lwm2mError('untrusted', `${at.origin} is not trusted: its certificate ${why}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  })
}

interface Distrust {
  readonly why: string
  readonly hint: string
}
const unknownAuthority: Distrust = {
  why: 'is signed by nobody who is trusted here',
  hint: 'if you trust who signed it, give that certificate: `--ca FILE`, or `tls: { ca }` of `live`',
}
const clock = 'is the clock here right?'
const reasons: Readonly<Partial<Record<string, Distrust>>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    why: 'is signed by nobody but itself',
    hint: 'if you trust it, give it: `--ca FILE`, or `tls: { ca }` of `live`',
  },
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  CERT_HAS_EXPIRED: { why: 'has expired', hint: `the server needs a new one; ${clock}` },
  CERT_NOT_YET_VALID: { why: 'is not valid yet', hint: clock },
  ERR_TLS_CERT_ALTNAME_INVALID: { why: 'is for another name', hint: 'ask by a name that the certificate has' },
}
