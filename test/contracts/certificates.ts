/** Certificates for tests: an authority of its own, and what it signs (RFC 5280). */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type JsonGeneralName,
} from '@peculiar/x509'

cryptoProvider.set(webcrypto as never)

/** A key and the certificate for it, as PEM. */
export interface Identity {
  readonly key: string
  readonly cert: string
}
/** What a certificate says of its owner. Default: `localhost` and 127.0.0.1, from an hour ago for a day. */
export interface Claims {
  readonly names?: readonly JsonGeneralName[]
  readonly from?: Date
  readonly until?: Date
}
/** Who signs certificates. */
export interface Authority {
  /** Its own certificate, PEM. */
  readonly pem: string
  readonly issue: (claims?: Claims) => Promise<Identity>
}

const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const anHour = 3_600_000
export const inHours = (hours: number): Date => new Date(Date.now() + hours * anHour)
const here: readonly JsonGeneralName[] = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
]

/** A new authority, which nobody trusts yet. */
export const authority = async (name = 'an authority'): Promise<Authority> => {
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify'])
  const own = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: inHours(-48),
    notAfter: inHours(48),
    keys,
    signingAlgorithm,
    extensions: [new BasicConstraintsExtension(true, undefined, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)],
  })
  let serial = 1
  const issue = async ({ names = here, from = inHours(-1), until = inHours(24) }: Claims = {}): Promise<Identity> => {
    const { publicKey, privateKey } = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify'])
    const cert = await X509CertificateGenerator.create({
      serialNumber: (++serial).toString(16).padStart(2, '0'),
      subject: 'CN=a server',
      issuer: own.subject,
      notBefore: from,
      notAfter: until,
      publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm,
      extensions: [new SubjectAlternativeNameExtension([...names])],
    })
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)).toString('base64')
    return { cert: cert.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` }
  }
  return { pem: own.toString('pem'), issue }
}

/** A certificate that nobody but its owner has signed. */
export const selfSigned = async (): Promise<Identity> => {
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify'])
  const cert = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    notBefore: inHours(-1),
    notAfter: inHours(24),
    keys,
    signingAlgorithm,
    extensions: [new SubjectAlternativeNameExtension([...here])],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return { cert: cert.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` }
}
