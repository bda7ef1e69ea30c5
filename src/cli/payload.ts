/** Octets from a command line, a file or standard input, and back to a terminal. */
import { readFileSync } from 'node:fs'
import { Lwm2mError } from '../core/error.ts'
import { decodeBase64Url, encodeBase64 } from '../format/base64.ts'

/** How octets are written. */
export type Writing = 'hex' | 'base64' | 'text' | 'raw'

/** The octets of an argument; of a file; or, with neither or with `-`, of standard input. Error: `invalid`. */
export const readOctets = async (argument: string | undefined, file: string | undefined, from: Writing): Promise<Uint8Array> => {
  if (argument !== undefined && argument !== '-') return parseOctets(argument, from)
  const bytes = file === undefined || file === '-' ? await standardInput() : fileOctets(file)
  return from === 'raw' || from === 'text' ? bytes : parseOctets(bytes.toString('latin1'), from)
}

/** The octets that a text stands for. */
export const parseOctets = (written: string, from: Writing): Uint8Array => {
  if (from === 'hex') return parseHex(written)
  if (from !== 'base64') return new Uint8Array(Buffer.from(written))
  const bytes = decodeBase64Url(written.replace(/\s/g, ''))
  if (bytes === undefined) throw new Lwm2mError('invalid', 'that is no base64')
  return bytes
}
/** Spaces, colons, commas and `0x` may stand between the octets. */
const parseHex = (written: string): Uint8Array => {
  const digits = written.replace(/0x|[\s:,]/gi, '')
  const wrong = /[^0-9a-f]/i.exec(digits)
  if (wrong !== null || digits.length % 2 !== 0)
    throw new Lwm2mError('invalid', wrong === null ? 'half an octet is left over' : `${JSON.stringify(wrong[0])} is no hex digit`, {
      hint: '--from says how it is written: hex, base64, text or raw',
    })
  return new Uint8Array(Buffer.from(digits, 'hex'))
}

/** The octets as text for a terminal. */
export const writeOctets = (bytes: Uint8Array, to: 'hex' | 'base64' | 'text'): string =>
  to === 'hex' ? Buffer.from(bytes).toString('hex') : to === 'base64' ? encodeBase64(bytes) : Buffer.from(bytes).toString()

const fileOctets = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Lwm2mError('invalid', `cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`)
  }
}
const standardInput = async (): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
