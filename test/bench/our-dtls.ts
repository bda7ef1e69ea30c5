/** Our DTLS alone: handshakes, records, and what a session weighs. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Secret } from '../../src/core/secret.ts'
import { open, seal, type Keys } from '../../src/datagram/dtls/protection.ts'
import { contentTypes, recordsOf } from '../../src/datagram/dtls/record.ts'
import { isFresh, nothingSeen, saw } from '../../src/datagram/dtls/replay.ts'
import type { SuiteName } from '../../src/datagram/dtls/suite.ts'
import { ciphers } from '../../src/platform/crypto.ts'
import { check, piece } from './contestant.ts'
import type { Protection, Soloist } from './soloist.ts'
import { street } from './street.ts'

const suiteFor: Readonly<Record<Protection, SuiteName>> = {
  CCM_8: 'TLS_PSK_WITH_AES_128_CCM_8',
  GCM: 'TLS_PSK_WITH_AES_128_GCM_SHA256',
}
const remote = 'coaps://10.0.0.1:5684'
const kibibyte = piece(0, 1024)
/** Records are sealed and opened in turns of so many. */
const batch = 64

export const ourDtls: Soloist = {
  // Six datagrams in full, with the cookie; a link that is opened anew without being closed resumes its session.
  handshakes: (count, resumed) => {
    const { say, spent, heard, datagrams } = street({ suites: [suiteFor.CCM_8] })
    const open = () => say({ type: 'open', remote, uri: remote })
    open()
    const before = { ...spent, datagrams: datagrams() }
    for (let i = 0; i < count; i++) {
      if (!resumed) say({ type: 'close', remote, keepSession: false })
      open()
    }
    check('handshakes', heard.opened === count + 1 && heard.accepted === count + 1)
    check('kind of handshake', datagrams() - before.datagrams === count * (resumed ? 7 : 8)) // two of them close_notify
    return Promise.resolve({ firstMs: spent.client - before.client, secondMs: spent.server - before.server })
  },
  records: (count, protection) => {
    const keys: Keys = {
      suite: suiteFor[protection],
      encryptThenMac: false,
      mac: new Secret(new Uint8Array(0)),
      key: new Secret(piece(7, 16)),
      iv: new Secret(piece(23, 4)),
    }
    const cid = piece(31, 8)
    let [firstMs, secondMs, sequence, window] = [0, 0, 0, nothingSeen]
    while (sequence < count) {
      const begun = performance.now()
      const sealed = Array.from({ length: batch }, () =>
        seal(ciphers, keys, { type: contentTypes.applicationData, epoch: 1, sequence: sequence++, cid }, kibibyte),
      )
      const between = performance.now()
      for (const bytes of sealed)
        for (const record of recordsOf(bytes, cid.length)) {
          const content = isFresh(window, record.sequence) ? open(ciphers, keys, record) : undefined
          check('record', content !== undefined && kibibyte.equals(content.bytes))
          window = saw(window, record.sequence)
        }
      firstMs += between - begun
      secondMs += performance.now() - between
    }
    return { firstMs, secondMs }
  },
  carried: (count, protection) => {
    const { say, spent, heard } = street({ suites: [suiteFor[protection]] })
    say({ type: 'open', remote, uri: remote })
    const before = { ...spent }
    for (let i = 0; i < count; i++) say({ type: 'datagram', remote, bytes: kibibyte })
    check('carried', heard.delivered === count)
    return { firstMs: spent.client - before.client, secondMs: spent.server - before.server }
  },
  sessions: (count) => {
    establish(100).closeServer()
    const empty = weigh()
    const made = establish(count)
    const both = weigh()
    made.closeClient()
    const serverAlone = weigh()
    made.closeServer()
    check('sessions', made.heard.accepted === count && made.heard.delivered === count)
    return { clientBytes: (both - serverAlone) / count, serverBytes: (serverAlone - empty) / count }
  },
}

/** So many peers, each of which has said something, so that the handshake is truly over. */
const establish = (count: number) => {
  const made = street()
  for (let i = 0; i < count; i++) {
    const peer = `coaps://10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:5684`
    made.say({ type: 'open', remote: peer, uri: peer })
    made.say({ type: 'datagram', remote: peer, bytes: kibibyte })
  }
  return made
}
/** Octets of the heap and of the buffers that hang off it, after everything is collected. */
const weigh = (): number => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
