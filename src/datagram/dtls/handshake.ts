/** Handshake messages: their frame, and the bodies that are no hellos (RFC 6347 §4.2.2, RFC 4279 §2, RFC 5489 §2). */
import { concat, nothing, reader, uint, vector } from './octets.ts'

export const handshakeTypes = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  serverKeyExchange: 12,
  serverHelloDone: 14,
  clientKeyExchange: 16,
  finished: 20,
} as const

/** One whole message. */
export interface HandshakeMessage {
  readonly type: number
  /** message_seq. */
  readonly number: number
  readonly body: Uint8Array
}
/** A piece of one, or all of it. */
export interface HandshakeFragment {
  readonly type: number
  /** Of the whole body. */
  readonly length: number
  readonly number: number
  readonly offset: number
  readonly bytes: Uint8Array
}
export const fragmentHeadBytes = 12

/** The message in one piece: what is hashed, whatever it was sent as (RFC 6347 §4.2.6). */
export const messageBytes = ({ type, number, body }: HandshakeMessage): Uint8Array =>
  fragmentBytes({ type, length: body.length, number, offset: 0, bytes: body })
export const fragmentBytes = ({ type, length, number, offset, bytes }: HandshakeFragment): Uint8Array =>
  concat(Uint8Array.of(type), uint(length, 3), uint(number, 2), uint(offset, 3), uint(bytes.length, 3), bytes)

/** The fragments in one record; those before the first that makes no sense. */
export const fragmentsOf = (record: Uint8Array): readonly HandshakeFragment[] => {
  const fragments: HandshakeFragment[] = []
  const read = reader(record)
  while (read.left() > 0) {
    const [type, length, number, offset] = [read.uint(1), read.uint(3), read.uint(2), read.uint(3)] as const
    const bytes = read.vector(3)
    if (!read.ok() || offset + bytes.length > length) break
    fragments.push({ type, length, number, offset, bytes })
  }
  return fragments
}

/** HelloVerifyRequest (RFC 6347 §4.2.1). */
export const helloVerifyRequestBody = (cookie: Uint8Array): Uint8Array => concat(uint(0xfeff, 2), vector(1, cookie))
export const cookieIn = (body: Uint8Array): Uint8Array | undefined => {
  const read = reader(body)
  read.uint(2)
  const cookie = read.vector(1)
  return read.ok() && read.left() === 0 ? cookie : undefined
}

/** ServerKeyExchange: a hint, and with an ephemeral suite the server's point on secp256r1. */
export interface ServerKeyExchange {
  readonly hint: Uint8Array
  readonly point: Uint8Array | undefined
}
export const serverKeyExchangeBody = ({ hint, point }: ServerKeyExchange): Uint8Array =>
  concat(vector(2, hint), point === undefined ? nothing : concat(uint(namedCurve, 1), uint(secp256r1, 2), vector(1, point)))
export const serverKeyExchangeOf = (body: Uint8Array, ephemeral: boolean): ServerKeyExchange | undefined => {
  const read = reader(body)
  const hint = read.vector(2)
  if (!ephemeral) return read.ok() && read.left() === 0 ? { hint, point: undefined } : undefined
  const [kind, curve] = [read.uint(1), read.uint(2)]
  const point = read.vector(1)
  return read.ok() && read.left() === 0 && kind === namedCurve && curve === secp256r1 ? { hint, point } : undefined
}
const namedCurve = 3
export const secp256r1 = 23

/** ClientKeyExchange: the identity, and with an ephemeral suite the client's point. */
export interface ClientKeyExchange {
  readonly identity: Uint8Array
  readonly point: Uint8Array | undefined
}
export const clientKeyExchangeBody = ({ identity, point }: ClientKeyExchange): Uint8Array =>
  concat(vector(2, identity), point === undefined ? nothing : vector(1, point))
export const clientKeyExchangeOf = (body: Uint8Array, ephemeral: boolean): ClientKeyExchange | undefined => {
  const read = reader(body)
  const identity = read.vector(2)
  const point = ephemeral ? read.vector(1) : undefined
  return read.ok() && read.left() === 0 ? { identity, point } : undefined
}
