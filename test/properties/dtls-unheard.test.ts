/** What DTLS cannot use is explained: each reason once, in bounded numbers, and never to the peer (RFC 6347 §4.1.2.7). */
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { contentTypes, recordBytes, version12 } from '../../src/datagram/dtls/record.ts'
import { explainUnheard } from '../../src/datagram/dtls/unheard.ts'
import { clientPath, identity, pair, texts, type EndOptions, type Pair } from './dtls-pair.ts'

const address = '10.0.0.2:40000'
const reasons = ({ server }: Pair) =>
  server.explains.map(({ reason, failure }) => (failure === undefined ? reason : `${reason} ${failure}`))
/** Both have a session. */
const joined = (client: EndOptions = {}, server: EndOptions = {}) => {
  const made = pair(client, server)
  made.open()
  made.send('hello')
  expect(texts(made.server)).toEqual(['hello'])
  expect(made.server.explains).toEqual([])
  return made
}
/** The octets of what the client says next, which the server does not get. */
const next = (made: Pair, text = 'more') => {
  const before = made.server.state()
  made.send(text)
  made.server.restore(before)
  return made.parcels.filter(({ from }) => from === 'client').at(-1)!.bytes
}
const withoutIds = { parameters: { connectionIdBytes: undefined } }
const sealed = (sequence: number, cid = new Uint8Array(0)) =>
  recordBytes({
    ...{ type: cid.length === 0 ? contentTypes.applicationData : contentTypes.cid, version: version12, epoch: 1, sequence, cid },
    fragment: new Uint8Array(40).fill(7),
  })
const silent = (made: Pair, work: () => void) => {
  const before = made.parcels.length
  work()
  expect(made.parcels.slice(before).filter(({ from }) => from === 'server')).toEqual([])
}

describe('each reason', () => {
  test('a record of a session that this end has forgotten', () => {
    const record = next(joined(withoutIds, withoutIds))
    const restarted = pair()
    silent(restarted, () => restarted.inject(record))
    expect(restarted.server.explains).toEqual([{ type: 'unheard', reason: 'no-session', address, known: [], passedOver: 0 }])
  })

  test('a record from a new address without a Connection ID: the session of the old one is named', () => {
    const made = joined(withoutIds, withoutIds)
    const record = next(made)
    silent(made, () => made.inject(record, 'coap://10.0.0.2:40001'))
    silent(made, () => made.inject(record, 'coap://10.0.0.20:40001'))
    const known = [{ remote: 'coaps://10.0.0.2:40000', address, identity }]
    expect(made.server.explains).toMatchObject([
      { reason: 'no-session', address: '10.0.0.2:40001', known },
      { reason: 'no-session', address: '10.0.0.20:40001', known: [] },
    ])
  })

  test('a Connection ID that nobody has', () => {
    const record = next(joined())
    const restarted = pair()
    silent(restarted, () => restarted.inject(record))
    expect(reasons(restarted)).toEqual(['connection-id'])
  })

  test('a Connection ID where none are given', () => {
    const restarted = pair({}, withoutIds)
    silent(restarted, () => restarted.inject(sealed(1, new Uint8Array(8).fill(3))))
    expect(reasons(restarted)).toEqual(['connection-id'])
  })

  test('records that cannot be opened with the keys of their session, at the third; the session goes on', () => {
    const made = joined(withoutIds, withoutIds)
    silent(made, () => made.inject(sealed(100)))
    silent(made, () => made.inject(sealed(101)))
    expect(reasons(made)).toEqual([])
    silent(made, () => made.inject(sealed(102)))
    silent(made, () => made.inject(sealed(103)))
    expect(made.server.explains).toMatchObject([{ reason: 'not-authentic', address, identity }])
    made.send('still here')
    expect(texts(made.server)).toEqual(['hello', 'still here'])
  })

  test('the same record again is nothing to speak of', () => {
    const made = joined(withoutIds, withoutIds)
    const record = made.parcels.filter(({ from }) => from === 'client').at(-1)!.bytes
    for (let i = 0; i < 10; i++) made.inject(record)
    expect(made.server.explains).toEqual([])
  })

  test('CoAP without DTLS', () => {
    const made = pair()
    silent(made, () => made.inject(Uint8Array.of(0x40, 1, 0, 7, 0xb2, 114, 100)))
    expect(reasons(made)).toEqual(['not-dtls'])
    expect(explainUnheard(made.server.explains[0]!)).toContain('10.0.0.2:40000: what came is no DTLS 1.2')
  })

  test('a cookie for another address', () => {
    const greeted = joined()
    const cookied = greeted.parcels.filter(({ from }) => from === 'client')[1]!.bytes
    const made = pair({}, { seed: 4 })
    made.inject(cookied)
    expect(reasons(made)).toEqual(['cookie'])
  })

  test('no room for a handshake', () => {
    const made = pair({}, { parameters: { handshakesMax: 0 } })
    made.open()
    expect(reasons(made)).toEqual(['busy'])
  })

  test.each([
    ['an unknown identity', {}, { keyNow: () => undefined }, 'no-credentials'],
    ['another key', { key: new Secret(new Uint8Array(16).fill(9)) }, {}, 'wrong-key'],
    [
      'no suite in common',
      { parameters: { suites: ['TLS_PSK_WITH_AES_128_GCM_SHA256'] } },
      { parameters: { suites: ['TLS_PSK_WITH_AES_128_CCM_8'] } },
      'no-common-suite',
    ],
  ] as const)('%s: once, though the records of the failed handshake still come', (_, client, server, failure) => {
    const made = pair(client, server)
    made.open()
    made.wait(30_000)
    made.inject(sealed(0))
    expect(reasons(made)).toEqual([`handshake ${failure}`])
    if (failure !== 'no-common-suite') expect(made.server.explains[0]).toMatchObject({ identity })
  })

  test('a peer that goes away in the middle of its handshake', () => {
    const made = pair({}, {}, ({ from, bytes }, index) => (from === 'client' && index > 2 ? [] : [bytes]))
    made.open()
    made.wait(300_000)
    expect(reasons(made)).toEqual(['handshake silence'])
  })
})

describe('bounds', () => {
  test('an address is explained once in a minute, and what else came is counted', () => {
    const made = pair()
    for (let second = 0; second < 60; second++) {
      made.inject(sealed(second))
      made.wait(1_000)
    }
    expect(made.server.explains).toMatchObject([{ passedOver: 0 }])
    made.inject(sealed(60))
    expect(made.server.explains).toMatchObject([{ passedOver: 0 }, { passedOver: 59 }])
    expect(explainUnheard(made.server.explains[1]!)).toMatch(/ \(59 more since the last explanation\)$/)
  })

  test('100,000 datagrams from as many addresses leave 32 rows and 32 explanations a minute, nothing on the wire, and other reasons are heard of', () => {
    const made = pair()
    silent(made, () => {
      for (let i = 0; i < 100_000; i++)
        made.inject(sealed(i), `coap://10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}:${1_024 + (i % 60_000)}`)
    })
    expect(made.server.explains).toHaveLength(32)
    expect(made.server.state().unexplained.size).toBe(32)
    made.inject(Uint8Array.of(0x40, 1, 0, 7))
    expect(made.server.explains.at(-1)).toMatchObject({ reason: 'not-dtls', passedOver: 100_000 - 32 })
    made.wait(60_000)
    made.inject(sealed(1))
    expect(made.server.explains.at(-1)).toMatchObject({ reason: 'no-session', address })
    expect(made.server.state().unexplained.size).toBe(1)
  })

  test('0 of `explainedMax` explains nothing', () => {
    const made = pair({}, { parameters: { explainedMax: 0 } })
    for (let i = 0; i < 10; i++) made.inject(sealed(i), `${clientPath}${i}`)
    expect(made.server.explains).toEqual([])
  })
})

test('what a stranger says it is moves no cursor, and is cut', () => {
  const why = { type: 'unheard', reason: 'handshake', failure: 'no-credentials', address, known: [], passedOver: 0 } as const
  const line = (identity: Uint8Array) => explainUnheard({ ...why, identity })
  expect(line(new TextEncoder().encode('urn:dev\u001b[2J'))).toContain('the identity is 0x75726e3a6465761b5b324a;')
  expect(line(new TextEncoder().encode('a "name"'))).toContain('the identity is "a \\"name\\"";')
  expect(line(new Uint8Array(60_000).fill(65)).length).toBeLessThan(250)
})
