/** `--psk-identity`, `--psk-key` and `--credentials`: whom a terminal may be, and whom it knows. No key is ever printed, nor part of an error. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { of } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Secret } from '../core/secret.ts'
import { fileCredentials, octetsOf, secretOf } from '../platform/credentials.ts'
import type { CredentialStore } from '../server/credentials/credential.ts'

/** What was said of a key. */
export interface PskFlags {
  readonly pskIdentity?: string
  readonly pskKey?: string
}
/** An identity with its key. */
export interface Psk {
  readonly identity: Uint8Array
  readonly key: Secret
}

/** The two options. The key has no parser of commander's: its errors quote what was given. */
export const withPsk = (command: Command, whose: string): Command =>
  command
    .option('--psk-identity <identity>', `for coaps://, ${whose} identity: text, or hex:DIGITS`)
    .option('--psk-key <key>', 'its key: @FILE, hex:DIGITS or text; only @FILE keeps it from other users of this machine')

/** Who that is; `undefined` when nothing was said. Throws `invalid` when only half of it was, or when it cannot be read. */
export const pskOf = ({ pskIdentity, pskKey }: PskFlags): Psk | undefined => {
  if (pskIdentity === undefined && pskKey === undefined) return undefined
  if (pskIdentity === undefined || pskKey === undefined)
    throw new Lwm2mError('invalid', 'an identity and a key are needed', { hint: '--psk-identity NAME --psk-key @FILE' })
  return {
    identity: octetsOf(pskIdentity, '--psk-identity'),
    key: secretOf(pskKey.startsWith('@') ? lineOf(pskKey.slice(1)) : pskKey, '--psk-key'),
  }
}

/** Refuses a `coaps://` URI when nobody said who we are. */
export const checkKeyFor = (uri: string, psk: Psk | undefined): void => {
  if (psk === undefined && /^coaps:/i.test(uri))
    throw new Lwm2mError('invalid', `${uri} needs an identity and a key`, {
      hint: '--psk-identity NAME --psk-key @FILE; `lwm2m-rx keys NAME` makes them for a try',
    })
}

/** Whom a server knows: those of the file, or the one of the options; `undefined` when nothing was said. */
export const storeOf = ({ credentials, ...flags }: PskFlags & { readonly credentials?: string }): CredentialStore | undefined => {
  const psk = pskOf(flags)
  if (credentials !== undefined && psk !== undefined) throw new Lwm2mError('invalid', '--credentials or --psk-key, not both')
  if (credentials !== undefined) return fileCredentials(credentials)
  return psk === undefined
    ? undefined
    : { find: (identity) => of(Buffer.compare(identity, psk.identity) === 0 ? { key: psk.key } : undefined) }
}

const lineOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch {
    throw new Lwm2mError('invalid', `--psk-key: ${path} cannot be read`)
  }
}
