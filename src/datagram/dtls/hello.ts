/** ClientHello and ServerHello, with the extensions that matter here (RFC 6347 §4.2.1, RFC 7627, RFC 7366, RFC 9146, RFC 5746, RFC 6066 §3). */
import { ascii, concat, nothing, reader, uint, vector, type Reader } from './octets.ts'
import { secp256r1 } from './handshake.ts'
import { version12 } from './record.ts'

/** What an extension may have said; absent: it was not there. */
export interface Extensions {
  readonly extendedMasterSecret: boolean
  readonly encryptThenMac: boolean
  /** The Connection ID that the sender wants to receive; empty: none, but it will write the other's. */
  readonly connectionId?: Uint8Array | undefined
  /** The signal that renegotiation is secure; its contents must be empty in a first handshake. */
  readonly renegotiationInfo?: Uint8Array | undefined
  /** Whether secp256r1 is among the groups. */
  readonly secp256r1: boolean
  readonly serverName?: string | undefined
}
export interface ClientHello {
  readonly version: number
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  readonly cookie: Uint8Array
  readonly suites: readonly number[]
  readonly extensions: Extensions
}
export interface ServerHello {
  readonly version: number
  readonly random: Uint8Array
  readonly sessionId: Uint8Array
  readonly suite: number
  readonly extensions: Extensions
}
/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746 §3.3). */
export const renegotiationScsv = 0x00ff

export const clientHelloBody = ({ version, random, sessionId, cookie, suites, extensions }: ClientHello): Uint8Array =>
  concat(
    uint(version, 2),
    random,
    vector(1, sessionId),
    vector(1, cookie),
    vector(2, ...suites.map((code) => uint(code, 2)), uint(renegotiationScsv, 2)),
    vector(1, uint(0, 1)),
    extensionBytes(extensions),
  )
export const serverHelloBody = ({ random, sessionId, suite, extensions }: ServerHello): Uint8Array =>
  concat(uint(version12, 2), random, vector(1, sessionId), uint(suite, 2), uint(0, 1), extensionBytes(extensions, true))

/** `undefined` when it cannot be read, or compression is wanted. */
export const clientHelloOf = (body: Uint8Array): ClientHello | undefined => {
  const read = reader(body)
  const version = read.uint(2)
  const random = read.take(32)
  const [sessionId, cookie, codes, compressions] = [read.vector(1), read.vector(1), read.vector(2), read.vector(1)] as const
  const extensions = extensionsOf(read)
  if (!read.ok() || extensions === undefined || codes.length % 2 !== 0 || sessionId.length > 32 || !compressions.includes(0))
    return undefined
  const suites: number[] = []
  for (let at = 0; at < codes.length; at += 2) suites.push((codes[at]! << 8) | codes[at + 1]!)
  const signalled = suites.includes(renegotiationScsv) && extensions.renegotiationInfo === undefined
  return { version, random, sessionId, cookie, suites, extensions: signalled ? { ...extensions, renegotiationInfo: nothing } : extensions }
}
export const serverHelloOf = (body: Uint8Array): ServerHello | undefined => {
  const read = reader(body)
  const version = read.uint(2)
  const random = read.take(32)
  const sessionId = read.vector(1)
  const [suite, compression] = [read.uint(2), read.uint(1)]
  const extensions = extensionsOf(read)
  if (!read.ok() || extensions === undefined || compression !== 0 || sessionId.length > 32) return undefined
  return { version, random, sessionId, suite, extensions }
}

const numbers = {
  serverName: 0,
  supportedGroups: 10,
  pointFormats: 11,
  encryptThenMac: 22,
  extendedMasterSecret: 23,
  connectionId: 54,
  renegotiationInfo: 0xff01,
} as const

const extension = (number: number, content: Uint8Array) => concat(uint(number, 2), vector(2, content))
const extensionBytes = (said: Extensions, byServer = false): Uint8Array => {
  const list: Uint8Array[] = []
  if (said.serverName !== undefined) list.push(extension(numbers.serverName, vector(2, uint(0, 1), vector(2, ascii(said.serverName)))))
  if (said.renegotiationInfo !== undefined) list.push(extension(numbers.renegotiationInfo, vector(1, said.renegotiationInfo)))
  if (said.secp256r1) {
    if (!byServer) list.push(extension(numbers.supportedGroups, vector(2, uint(secp256r1, 2))))
    list.push(extension(numbers.pointFormats, vector(1, uint(0, 1))))
  }
  if (said.encryptThenMac) list.push(extension(numbers.encryptThenMac, nothing))
  if (said.extendedMasterSecret) list.push(extension(numbers.extendedMasterSecret, nothing))
  if (said.connectionId !== undefined) list.push(extension(numbers.connectionId, vector(1, said.connectionId)))
  return list.length === 0 ? nothing : vector(2, ...list)
}

/** The extensions at the end; `undefined` when they cannot be read, or one comes twice. Unknown ones are passed over. */
const extensionsOf = (read: Reader): Extensions | undefined => {
  const found = new Map<number, Uint8Array>()
  if (read.left() > 0) {
    const list = reader(read.vector(2))
    if (!read.ok() || read.left() > 0) return undefined
    while (list.left() > 0) {
      const [number, content] = [list.uint(2), list.vector(2)] as const
      if (!list.ok() || found.has(number)) return undefined
      found.set(number, content)
    }
  }
  return understood(found)
}
const understood = (found: ReadonlyMap<number, Uint8Array>): Extensions | undefined => {
  const [cid, info, groups] = [found.get(numbers.connectionId), found.get(numbers.renegotiationInfo), found.get(numbers.supportedGroups)]
  const connectionId = cid === undefined ? undefined : inner(cid, 1)
  const renegotiationInfo = info === undefined ? undefined : inner(info, 1)
  if ((cid !== undefined && connectionId === undefined) || (info !== undefined && renegotiationInfo === undefined)) return undefined
  return {
    extendedMasterSecret: found.has(numbers.extendedMasterSecret),
    encryptThenMac: found.has(numbers.encryptThenMac),
    connectionId,
    renegotiationInfo,
    secp256r1: groups !== undefined && hasGroup(groups),
  }
}
const inner = (content: Uint8Array, lengthBytes: number): Uint8Array | undefined => {
  const read = reader(content)
  const value = read.vector(lengthBytes)
  return read.ok() && read.left() === 0 ? value : undefined
}
const hasGroup = (content: Uint8Array): boolean => {
  const groups = inner(content, 2) ?? nothing
  for (let at = 0; at + 1 < groups.length; at += 2) if (((groups[at]! << 8) | groups[at + 1]!) === secp256r1) return true
  return false
}
