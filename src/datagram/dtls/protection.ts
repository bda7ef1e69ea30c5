/** Records sealed and opened, by suite (RFC 5246 §6.2.3, RFC 6655, RFC 5487, RFC 7366, RFC 9146 §5). */
import type { AeadCipher, Ciphers } from '../../core/ports.ts'
import type { Secret } from '../../core/secret.ts'
import { ascii, concat } from './octets.ts'
import { additional, contentTypes, recordBytes, sequenceBytes, version12, type DtlsRecord } from './record.ts'
import { suites, type SuiteName } from './suite.ts'

/** What one direction is protected with. */
export interface Keys {
  readonly suite: SuiteName
  /** CBC only (RFC 7366). */
  readonly encryptThenMac: boolean
  readonly mac: Secret
  readonly key: Secret
  /** The implicit part of the nonce. */
  readonly iv: Secret
}

/** Where a record stands. */
export interface Placing {
  readonly type: number
  readonly epoch: number
  readonly sequence: number
  /** The peer's Connection ID; empty: none is written. */
  readonly cid: Uint8Array
}

/** The whole record, protected. With a Connection ID the type goes inside (RFC 9146 §4). */
export const seal = (ciphers: Ciphers, keys: Keys, { type, epoch, sequence, cid }: Placing, content: Uint8Array): Uint8Array => {
  const hidden = cid.length > 0
  const plaintext = hidden ? concat(content, Uint8Array.of(type)) : content
  const { cipher } = suites[keys.suite]
  const at = { type, epoch, sequence, cid }
  const fragment = cipher === 'aes-128-cbc' ? sealBlocks(ciphers, keys, at, plaintext) : sealAead(ciphers, cipher, keys, at, plaintext)
  return recordBytes({ type: hidden ? contentTypes.cid : type, version: version12, epoch, sequence, cid, fragment })
}

/** What a record says. */
export interface Content {
  readonly type: number
  readonly bytes: Uint8Array
}

/** The content with its true type; `undefined` when anything is wrong with it. */
export const open = (ciphers: Ciphers, keys: Keys, record: DtlsRecord): Content | undefined => {
  const { cipher } = suites[keys.suite]
  if (record.version !== version12) return undefined
  const plaintext = cipher === 'aes-128-cbc' ? openBlocks(ciphers, keys, record) : openAead(ciphers, cipher, keys, record)
  if (plaintext === undefined || plaintext.length > plaintextMax) return undefined
  if (record.type !== contentTypes.cid) return { type: record.type, bytes: plaintext }
  let end = plaintext.length - 1
  while (end >= 0 && plaintext[end] === 0) end--
  return end < 0 ? undefined : { type: plaintext[end]!, bytes: plaintext.subarray(0, end) }
}

/** 2^14 octets, and with a Connection ID one more for the type (RFC 5246 §6.2.1). */
const plaintextMax = 2 ** 14 + 1

const sealAead = (ciphers: Ciphers, cipher: AeadCipher, keys: Keys, at: Placing, plaintext: Uint8Array): Uint8Array => {
  const explicit = sequenceBytes(at.epoch, at.sequence)
  const aad = additional(at.type, at.epoch, at.sequence, at.cid, plaintext.length)
  return concat(explicit, ciphers.seal(cipher, keys.key.reveal(), concat(keys.iv.reveal(), explicit), aad, plaintext))
}
const openAead = (ciphers: Ciphers, cipher: AeadCipher, keys: Keys, record: DtlsRecord): Uint8Array | undefined => {
  const { type, epoch, sequence, cid, fragment } = record
  const length = fragment.length - 8 - (cipher === 'aes-128-gcm' ? 16 : 8)
  if (length < 0) return undefined
  const aad = additional(type, epoch, sequence, cid, length)
  const nonce = concat(keys.iv.reveal(), fragment.subarray(0, 8))
  return ciphers.open(cipher, keys.key.reveal(), nonce, aad, fragment.subarray(8))
}

const sealBlocks = (ciphers: Ciphers, keys: Keys, at: Placing, plaintext: Uint8Array): Uint8Array => {
  // Unpredictable to all who lack the key, and different for each record; shorter than anything a code is made of.
  const iv = ciphers.hmac('sha256', keys.mac.reveal(), concat(ascii('iv'), sequenceBytes(at.epoch, at.sequence))).slice(0, 16)
  if (keys.encryptThenMac) {
    const encrypted = concat(iv, ciphers.encryptBlocks(keys.key.reveal(), iv, padded(plaintext)))
    return concat(encrypted, codeOf(ciphers, keys, at, encrypted))
  }
  return concat(iv, ciphers.encryptBlocks(keys.key.reveal(), iv, padded(concat(plaintext, codeOf(ciphers, keys, at, plaintext)))))
}
const openBlocks = (ciphers: Ciphers, keys: Keys, record: DtlsRecord): Uint8Array | undefined => {
  const { fragment } = record
  const encrypted = keys.encryptThenMac ? fragment.subarray(0, Math.max(0, fragment.length - codeBytes)) : fragment
  if (encrypted.length < 32 || encrypted.length % 16 !== 0) return undefined
  if (keys.encryptThenMac && !ciphers.equal(codeOf(ciphers, keys, record, encrypted), fragment.subarray(encrypted.length))) return undefined
  const plain = unpadded(ciphers.decryptBlocks(keys.key.reveal(), encrypted.subarray(0, 16), encrypted.subarray(16)))
  if (plain === undefined || keys.encryptThenMac) return plain
  const content = plain.subarray(0, Math.max(0, plain.length - codeBytes))
  if (plain.length < codeBytes) return undefined
  return ciphers.equal(codeOf(ciphers, keys, record, content), plain.subarray(content.length)) ? content : undefined
}
const codeBytes = 32
const codeOf = (ciphers: Ciphers, keys: Keys, { type, epoch, sequence, cid }: Placing, bytes: Uint8Array): Uint8Array =>
  ciphers.hmac('sha256', keys.mac.reveal(), concat(additional(type, epoch, sequence, cid, bytes.length), bytes))

const padded = (bytes: Uint8Array): Uint8Array => {
  const more = 16 - (bytes.length % 16)
  return concat(bytes, new Uint8Array(more).fill(more - 1))
}
const unpadded = (bytes: Uint8Array): Uint8Array | undefined => {
  const more = bytes[bytes.length - 1]! + 1
  if (more > bytes.length) return undefined
  let wrong = 0
  for (let at = bytes.length - more; at < bytes.length; at++) wrong |= bytes[at]! ^ (more - 1)
  return wrong === 0 ? bytes.subarray(0, bytes.length - more) : undefined
}
