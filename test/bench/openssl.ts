/** OpenSSL as it comes with Node: TLS 1.2 with pre-shared keys over loopback in one process, and the bare cipher. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { check, piece } from './contestant.ts'
import type { Protection, Soloist } from './soloist.ts'
import { identity, psk } from './street.ts'

const common = {
  ciphers: 'PSK-AES128-CCM8:@SECLEVEL=0',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
} as const
/** Handshakes under way at once, so that nobody waits for the loop. */
const lanes = 8
const kibibyte = piece(0, 1024)
const batch = 64

const serve = (): Promise<{ readonly port: number; readonly close: () => void }> =>
  new Promise((resolve) => {
    const server = createServer({ ...common, pskCallback: () => psk }, (socket) => socket.on('error', () => undefined).resume())
    server.listen(0, '127.0.0.1', () => resolve({ port: (server.address() as AddressInfo).port, close: () => server.close() }))
  })
/** One handshake; its session. */
const shake = (port: number, session?: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const socket = connect({
      ...common,
      host: '127.0.0.1',
      port,
      pskCallback: () => ({ psk, identity: identity.toString() }),
      checkServerIdentity: () => undefined,
      ...(session === undefined ? {} : { session }),
    })
    socket.on('error', reject)
    socket.on('secureConnect', () => {
      check('kind of handshake', socket.isSessionReused() === (session !== undefined))
      const made = socket.getSession()
      socket.destroy()
      resolve(made!)
    })
  })

export const openssl: Soloist = {
  handshakes: async (count, resumed) => {
    const { port, close } = await serve()
    const session = resumed ? await shake(port) : undefined
    let left = count
    const lane = async () => {
      while (left-- > 0) await shake(port, session)
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    close()
    return undefined
  },
  // The bare loop of a record layer: one cipher object, additional octets of the right length, no headers, no window.
  records: (count, protection) => {
    const key = piece(7, 16)
    const nonce = Buffer.from(piece(23, 12))
    const additional = piece(31, 31)
    let [firstMs, secondMs, sequence] = [0, 0, 0]
    while (sequence < count) {
      const begun = performance.now()
      const all = Array.from({ length: batch }, () => sealed(protection, key, Buffer.from(counted(nonce, sequence++)), additional))
      const between = performance.now()
      for (const { at, text, tag } of all) check('record', kibibyte.equals(opened(protection, key, at, additional, text, tag)))
      firstMs += between - begun
      secondMs += performance.now() - between
    }
    return { firstMs, secondMs }
  },
}

const counted = (nonce: Buffer, sequence: number): Buffer => {
  nonce.writeUInt32BE(sequence, 8)
  return nonce
}
const sealed = (protection: Protection, key: Buffer, at: Buffer, additional: Buffer) => {
  if (protection === 'GCM') {
    const sealing = createCipheriv('aes-128-gcm', key, at)
    sealing.setAAD(additional)
    const text = sealing.update(kibibyte)
    sealing.final()
    return { at, text, tag: sealing.getAuthTag() }
  }
  const sealing = createCipheriv('aes-128-ccm', key, at, { authTagLength: 8 })
  sealing.setAAD(additional, { plaintextLength: kibibyte.length })
  const text = sealing.update(kibibyte)
  sealing.final()
  return { at, text, tag: sealing.getAuthTag() }
}
const opened = (protection: Protection, key: Buffer, at: Buffer, additional: Buffer, text: Buffer, tag: Buffer): Buffer => {
  const opening =
    protection === 'GCM'
      ? createDecipheriv('aes-128-gcm', key, at, { authTagLength: 16 })
      : createDecipheriv('aes-128-ccm', key, at, { authTagLength: 8 })
  opening.setAuthTag(tag).setAAD(additional, { plaintextLength: text.length })
  const plaintext = opening.update(text)
  opening.final()
  return plaintext
}
