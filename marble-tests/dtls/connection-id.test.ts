/** Connection IDs: a link outlives the address of its client (RFC 9146). */
import { test } from 'vitest'
import { carries, octets, play, server } from './pair.ts'

const cids = { client: { connectionIdBytes: 0 }, server: { connectionIdBytes: 8 } }

test('a client that takes a Connection ID and gives none writes it in every record after its ChangeCipherSpec [RFC 9146 §3]', () => {
  play(cids, { submitted: '(od)', transmitted: 'cvCSKFI', delivered: '-----sah' }, { K: carries('clientKeyExchange ChangeCipherSpec cid') })
})

test('both ways, when both give one [RFC 9146 §3]', () => {
  play(
    { client: { connectionIdBytes: 8 }, server: { connectionIdBytes: 8 } },
    { submitted: '(od)', transmitted: 'cvCSKFI', delivered: '-----sah' },
    { K: carries('clientKeyExchange ChangeCipherSpec cid'), F: carries('ChangeCipherSpec cid') },
  )
})

test('a link that sleeps goes on from another port without a handshake, and under its old name [RFC 9146 §6]', () => {
  play(
    cids,
    { submitted: 'o-------z---(od)', transmitted: 'cvCSKF------I', delivered: '-----sa-e---ah' },
    {
      K: carries('clientKeyExchange ChangeCipherSpec cid'),
      h: { type: 'datagram', remote: 'coaps://10.0.0.2:49152', bytes: octets('data') },
    },
  )
})

test('one that is closed for good sleeps not', () => {
  play(
    cids,
    { submitted: 'o-------x---o', transmitted: 'cvCSKF--IA--cvCSKF', delivered: '-----sa-el-------ta' },
    { K: carries('clientKeyExchange ChangeCipherSpec cid') },
  )
})

test('without Connection IDs at the server the client writes none [RFC 9146 §3]', () => {
  play({ client: { connectionIdBytes: 8 } }, { submitted: '(od)', transmitted: 'cvCSKFD', delivered: '-----sah' })
})

test('a link that is closed while it sleeps ends once more', () => {
  play(cids, { submitted: 'o-------z--x', transmitted: '*', delivered: '-----sa-e--e' })
})

test('a link that sleeps is not woken for another account, and neither is its session resumed', () => {
  play(
    cids,
    { submitted: 'o-------z---O', transmitted: 'cvCSKF------cvCSKF', delivered: '-----sa-e--------ta' },
    { O: { type: 'open', remote: server, uri: server, account: 2 }, K: carries('clientKeyExchange ChangeCipherSpec cid') },
  )
})
