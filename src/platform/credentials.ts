/** A file of identities and their keys as a credential store: JSON, read again when it has changed (RFC 4279; LwM2M Core 1.2.2 §E.1). */
import { readFile, stat } from 'node:fs/promises'
import type { Observable } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import { Secret } from '../core/secret.ts'
import type { Credential, CredentialStore } from '../server/credentials/credential.ts'
import { promised } from './promised.ts'

/** One entry of the file, `[{ "identity": "device-1", "key": "hex:0123…", "endpointClientName": "urn:…" }, …]`. `hex:` goes before octets, anything else is its UTF-8. */
interface Entry {
  readonly identity: string
  readonly key: string
  readonly endpointClientName?: string
}
type Known = ReadonlyMap<string, Credential>

/** The store. A file that cannot be read or understood is an `invalid` error, which names the file and the place in it, never a key. */
export const fileCredentials = (path: string): CredentialStore => {
  let known: Known = new Map()
  let version = ''
  const current = async (): Promise<Known> => {
    const { mtimeMs, size, ino } = await stat(path).catch(() => unreadable(path))
    const now = `${mtimeMs} ${size} ${ino}`
    if (now !== version) {
      known = parsed(path, await readFile(path, 'utf8').catch(() => unreadable(path)))
      version = now
    }
    return known
  }
  return {
    find: (identity): Observable<Credential | undefined> => promised(() => current().then((credentials) => credentials.get(hex(identity)))),
  }
}

/** Octets from text: `hex:` and pairs of digits, else the UTF-8 of the text. Throws `invalid`, without the text. */
export const octetsOf = (text: string, what: string): Uint8Array => {
  if (!text.startsWith('hex:')) return new TextEncoder().encode(text)
  const digits = text.slice(4)
  if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) throw new Lwm2mError('invalid', `${what}: after hex: pairs of hexadecimal digits are needed`)
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** A key from text, at most 64 octets (LwM2M Transport §5.2.8). Throws `invalid`, without the text. */
export const secretOf = (text: string, what: string): Secret => {
  const octets = octetsOf(text, what)
  if (octets.length === 0 || octets.length > 64) throw new Lwm2mError('invalid', `${what}: a key has 1 to 64 octets, not ${octets.length}`)
  return new Secret(octets)
}

const parsed = (path: string, text: string): Known => {
  let entries: unknown
  try {
    entries = JSON.parse(text)
  } catch {
    // What the parser says quotes the file.
    throw new Lwm2mError('invalid', `${path} is no JSON`)
  }
  if (!Array.isArray(entries)) throw new Lwm2mError('invalid', `${path} is no list of credentials`)
  const known = new Map<string, Credential>()
  entries.forEach((entry: unknown, at) => {
    const what = `${path}, entry ${at + 1}`
    if (!isEntry(entry)) throw new Lwm2mError('invalid', `${what}: identity and key, both text, and maybe an endpointClientName are needed`)
    const { endpointClientName } = entry
    const identity = hex(octetsOf(entry.identity, what))
    if (known.has(identity)) throw new Lwm2mError('invalid', `${what}: this identity is there twice`)
    known.set(identity, {
      key: secretOf(entry.key, what),
      ...(endpointClientName === undefined ? {} : { endpointClientName }),
    })
  })
  return known
}
const isEntry = (entry: unknown): entry is Entry => {
  if (typeof entry !== 'object' || entry === null) return false
  const { identity, key, endpointClientName } = entry as Partial<Record<keyof Entry, unknown>>
  return (
    typeof identity === 'string' && typeof key === 'string' && (endpointClientName === undefined || typeof endpointClientName === 'string')
  )
}
const unreadable = (path: string): never => {
  throw new Lwm2mError('invalid', `${path} cannot be read`)
}
const hex = (octets: Uint8Array): string => Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('hex')
