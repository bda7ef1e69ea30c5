/** The traps of DTLS, each with its test: cookies, downgrades, renegotiation, moving peers, bounds, restarts (RFC 6347, RFC 7627, RFC 9146). */
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { restore } from '../../src/core/snapshot.ts'
import { down, up } from '../../src/core/stack.ts'
import { cookieIn, fragmentsOf, handshakeTypes, messageBytes } from '../../src/datagram/dtls/handshake.ts'
import { clientHelloBody, clientHelloOf, type ClientHello } from '../../src/datagram/dtls/hello.ts'
import { nothing } from '../../src/datagram/dtls/octets.ts'
import { defaultDtlsParameters, type DtlsParameters } from '../../src/datagram/dtls/options.ts'
import { seal } from '../../src/datagram/dtls/protection.ts'
import { contentTypes, plainRecord, recordsOf, sequenceEnd, version12 } from '../../src/datagram/dtls/record.ts'
import { restored, saved } from '../../src/datagram/dtls/saved.ts'
import { stored, unstored } from '../../src/datagram/dtls/stored.ts'
import { suites } from '../../src/datagram/dtls/suite.ts'
import { ciphers } from '../../src/platform/crypto.ts'
import { equal } from '../../src/testing/index.ts'
import { clientName, clientPath, details, end, openings, pair, psk, serverName, texts, type End } from './dtls-pair.ts'

const hello: ClientHello = {
  version: version12,
  random: new Uint8Array(32).fill(7),
  sessionId: nothing,
  cookie: nothing,
  suites: [suites.TLS_PSK_WITH_AES_128_CCM_8.code],
  extensions: { extendedMasterSecret: true, encryptThenMac: false, secp256r1: false },
}
const helloRecord = (said: ClientHello, number = 0, sequence = 0): Uint8Array =>
  plainRecord(contentTypes.handshake, sequence, messageBytes({ type: handshakeTypes.clientHello, number, body: clientHelloBody(said) }))
const session = {
  id: nothing,
  suite: 'TLS_PSK_WITH_AES_128_CCM_8' as const,
  master: psk,
  extended: true,
  identity: nothing,
  expiresAt: 1e9,
}
const serverAlone = (parameters: Partial<DtlsParameters> = {}) => {
  const sent: { readonly remote: string; readonly bytes: Uint8Array }[] = []
  const clock = { now: 1_000 }
  const server = end({ parameters }, clock, (word) => {
    if (word.type === 'datagram') sent.push(word)
  })
  const receive = (bytes: Uint8Array, remote = clientPath) => {
    const before = sent.length
    server.post(up({ type: 'datagram', remote, bytes }))
    return sent.slice(before).map((word) => word.bytes)
  }
  /** A ClientHello with the cookie that the server gave for it. */
  const greet = (said: ClientHello, remote = clientPath) => {
    const answer = receive(helloRecord(said), remote).at(-1)
    const [message] = fragmentsOf(recordsOf(answer!, 0)[0]!.fragment)
    return receive(helloRecord({ ...said, cookie: cookieIn(message!.bytes)! }, 1, 1), remote)
  }
  return { server, receive, greet, clock }
}
const alertIn = (datagrams: readonly Uint8Array[]) =>
  datagrams.flatMap((bytes) => recordsOf(bytes, 0)).find(({ type }) => type === contentTypes.alert)?.fragment[1]

describe('before its cookie', () => {
  test('a ClientHello costs no memory and is answered with less than it was [RFC 6347 §4.2.1]', () => {
    const { server, receive } = serverAlone()
    for (let number = 0; number < 10_000; number++) {
      const bytes = helloRecord({ ...hello, random: Uint8Array.from({ length: 32 }, (_, at) => (number >> (at & 15)) & 255) })
      const answers = receive(bytes, `coap://10.${number >> 8}.${number & 255}.1:5684`)
      expect(answers).toHaveLength(1)
      expect(answers[0]!.length).toBeLessThanOrEqual(bytes.length)
    }
    const { peers, paths, incoming, sessions } = server.state()
    expect([peers.size, paths.size, incoming.size, sessions.size]).toEqual([0, 0, 0, 0])
  })
  test('a cookie is good for its address, its ClientHello and its hours only [RFC 6347 §4.2.1]', () => {
    const { server, receive, clock } = serverAlone()
    const [answer] = receive(helloRecord(hello))
    const cookie = cookieIn(fragmentsOf(recordsOf(answer!, 0)[0]!.fragment)[0]!.bytes)!
    const other = { ...hello, random: new Uint8Array(32).fill(8), cookie }
    receive(helloRecord({ ...hello, cookie }, 1, 1), 'coap://10.0.0.9:1')
    receive(helloRecord(other, 1, 1))
    clock.now += 3 * 3_600_000
    receive(helloRecord({ ...hello, random: new Uint8Array(32) }))
    clock.now += 3 * 3_600_000
    receive(helloRecord({ ...hello, cookie }, 1, 1))
    expect(server.state().peers.size).toBe(0)
  })
  test('the ServerHello has the message_seq and the sequence number of the ClientHello that it answers [RFC 6347 §4.2.1]', () => {
    const { greet } = serverAlone()
    const [flight] = greet(hello)
    const [record] = recordsOf(flight!, 0)
    expect([record!.sequence, fragmentsOf(record!.fragment)[0]!.number]).toEqual([1, 1])
  })
})

describe('a server refuses', () => {
  test('a client of DTLS 1.0 [RFC 5246 §E.1]', () => {
    const { greet, server } = serverAlone()
    expect([alertIn(greet({ ...hello, version: 0xfeff })), details(server), server.state().peers.size]).toEqual([70, ['version'], 0])
  })
  test('a client without the extended master secret, unless that is waived [RFC 7627 §5.1]', () => {
    const without = { ...hello, extensions: { ...hello.extensions, extendedMasterSecret: false } }
    const strict = serverAlone()
    expect([alertIn(strict.greet(without)), details(strict.server)]).toEqual([40, ['extended-master-secret']])
    const waived = serverAlone({ extendedMasterSecret: 'waived' })
    expect([alertIn(waived.greet(without)), waived.server.state().peers.size]).toEqual([undefined, 1])
  })
  test('a client that says it renegotiates [RFC 5746 §3.6]', () => {
    const { greet, server } = serverAlone()
    const said = { ...hello, extensions: { ...hello.extensions, renegotiationInfo: new Uint8Array(12) } }
    expect([alertIn(greet(said)), server.state().peers.size]).toEqual([47, 0])
  })
  test('CBC without encrypt-then-MAC, unless that is allowed [RFC 7366]', () => {
    const said = { ...hello, suites: [suites.TLS_PSK_WITH_AES_128_CBC_SHA256.code] }
    const listed = { suites: ['TLS_PSK_WITH_AES_128_CBC_SHA256' as const] }
    expect(alertIn(serverAlone(listed).greet(said))).toBe(40)
    expect(alertIn(serverAlone({ ...listed, macThenEncrypt: true }).greet(said))).toBeUndefined()
  })
})

describe('whoever stands between', () => {
  test('cannot talk both into a weaker suite [RFC 5246 §7.4.9]', () => {
    const weaker = { parameters: { suites: ['TLS_PSK_WITH_AES_128_CCM_8' as const, 'TLS_PSK_WITH_AES_128_GCM_SHA256' as const] } }
    const made = pair(weaker, weaker, ({ from, bytes }) => {
      const [record] = recordsOf(bytes, 8)
      const message = record?.epoch === 0 && record.type === contentTypes.handshake ? fragmentsOf(record.fragment)[0] : undefined
      const said = from === 'client' && message?.type === handshakeTypes.clientHello ? clientHelloOf(message.bytes) : undefined
      if (said === undefined) return [bytes]
      return [helloRecord({ ...said, suites: [suites.TLS_PSK_WITH_AES_128_GCM_SHA256.code] }, message!.number, record!.sequence)]
    })
    made.open()
    made.wait(300_000)
    expect([openings(made.client), openings(made.server)]).toEqual([0, 0])
  })
  /** The client's hello, changed on its way. */
  const rewritten =
    (change: (said: ClientHello) => ClientHello): Parameters<typeof pair>[2] =>
    ({ from, bytes }) => {
      const [record] = recordsOf(bytes, 8)
      const message = record?.epoch === 0 && record.type === contentTypes.handshake ? fragmentsOf(record.fragment)[0] : undefined
      const said = from === 'client' && message?.type === handshakeTypes.clientHello ? clientHelloOf(message.bytes) : undefined
      const changed = said === undefined ? undefined : change(said)
      if (changed === undefined || changed === said) return [bytes]
      return [helloRecord({ ...changed, suites: changed.suites.filter((code) => code !== 255) }, message!.number, record!.sequence)]
    }
  test('cannot take out the extended master secret, not even where it was waived: the server sees it by the Finished [RFC 7627 §5.1]', () => {
    const waived = { parameters: { extendedMasterSecret: 'waived' as const } }
    const made = pair(
      waived,
      waived,
      rewritten((said) => ({ ...said, extensions: { ...said.extensions, extendedMasterSecret: false } })),
    )
    made.open()
    made.wait(300_000)
    expect([openings(made.client), openings(made.server), details(made.server)]).toEqual([0, 0, ['finished']])
  })
  test('cannot change the hello of a session that is resumed: the client sees it by the Finished [RFC 5246 §7.4.9]', () => {
    let isChanged = false
    const change = rewritten((said) => (isChanged ? { ...said, extensions: { ...said.extensions, encryptThenMac: true } } : said))
    const plain = { parameters: { connectionIdBytes: undefined } }
    const made = pair(plain, plain, change)
    made.open()
    made.client.post(down({ type: 'close', remote: serverName, keepSession: true }))
    made.settle()
    isChanged = true
    made.open()
    expect([openings(made.client), openings(made.server), details(made.client)]).toEqual([1, 1, [undefined, 'finished']])
  })
  test('is not heard with a Finished in the clear [RFC 5246 §7.4.9]', () => {
    const forged = plainRecord(
      contentTypes.handshake,
      50,
      messageBytes({ type: handshakeTypes.finished, number: 3, body: new Uint8Array(12) }),
    )
    const made = pair({}, {}, ({ from, bytes }, index) => (from === 'client' && index === 4 ? [forged, bytes] : [bytes]))
    made.open()
    expect([openings(made.client), openings(made.server)]).toEqual([1, 1])
  })
  test('cannot finish early: a Finished before its time is not heard [RFC 6347 §4.1]', () => {
    const made = pair({}, {}, ({ from, bytes }) => {
      const records = recordsOf(bytes, 8)
      // The ClientKeyExchange is taken out of the client's flight.
      if (from !== 'client' || records.length < 3) return [bytes]
      return [bytes.subarray(13 + records[0]!.fragment.length)]
    })
    made.open()
    made.wait(300_000)
    expect([openings(made.client), openings(made.server), details(made.client)]).toEqual([0, 0, ['silence']])
  })
  test('cannot end an established link with an alert in the clear', () => {
    const made = pair()
    made.open()
    made.inject(plainRecord(contentTypes.alert, 9, Uint8Array.of(2, 40)))
    made.inject(plainRecord(contentTypes.alert, 10, Uint8Array.of(1, 0)))
    made.send('still here')
    expect([details(made.server), texts(made.server)]).toEqual([[], ['still here']])
  })
})

describe('on an established link', () => {
  test('renegotiation is answered with no_renegotiation, and the link goes on [RFC 5246 §7.2.2]', () => {
    const made = pair({ parameters: { connectionIdBytes: undefined } })
    made.open()
    const link = made.client.state().peers.get('', serverName)!.link!
    const message = messageBytes({ type: handshakeTypes.clientHello, number: 3, body: clientHelloBody(hello) })
    const count = made.parcels.length
    made.inject(seal(ciphers, link.write, { type: contentTypes.handshake, epoch: 1, sequence: link.sequence + 5, cid: nothing }, message))
    const [answer] = recordsOf(made.parcels[count]!.bytes, 0)
    expect([made.parcels.length - count, answer!.type, answer!.epoch]).toEqual([1, contentTypes.alert, 1])
    made.send('data')
    expect([texts(made.server), details(made.server), details(made.client)]).toEqual([['data'], [], []])
  })
  test('a client that begins anew at the same address keeps its old link until the new one is there [RFC 6347 §4.2.8]', () => {
    const made = pair()
    made.open()
    const before = made.server.state().peers.get('', clientName)!.link
    made.inject(helloRecord(hello))
    const answer = made.parcels.at(-1)!.bytes
    const cookie = cookieIn(fragmentsOf(recordsOf(answer, 0)[0]!.fragment)[0]!.bytes)!
    made.inject(helloRecord({ ...hello, cookie }, 1, 1))
    expect(made.server.state().peers.get('', clientName)!.handshake).toBeDefined()
    made.wait(300_000)
    expect([made.server.state().peers.get('', clientName)!.link?.write, details(made.server)]).toEqual([before?.write, []])
    made.send('old link')
    expect(texts(made.server)).toEqual(['old link'])
  })
  test('the last sequence number is never passed [RFC 6347 §4.1]', () => {
    const made = pair()
    made.open()
    const state = made.client.state()
    const peer = state.peers.get('', serverName)!
    state.peers.put('', serverName, { ...peer, link: { ...peer.link!, sequence: sequenceEnd - 3 } })
    for (const text of ['a', 'b', 'c', 'd']) made.send(text)
    expect([texts(made.server), details(made.client)]).toEqual([['a', 'b'], ['sequence']])
  })
})

describe('a peer with a Connection ID', () => {
  const elsewhere = 'coap://198.18.0.7:1234'
  const moving = () => {
    let isHeld = false
    const made = pair({}, {}, ({ bytes }) => (isHeld ? [] : [bytes]))
    made.open()
    isHeld = true
    const send = (text: string) => {
      made.send(text)
      return made.parcels.at(-1)!.bytes
    }
    const at = () => made.server.state().peers.get('', clientName)!.via
    return { made, send, at }
  }
  test('moves with a newer, authentic record, and keeps its name [RFC 9146 §6]', () => {
    const { made, send, at } = moving()
    made.inject(send('moved'), elsewhere)
    expect([at(), texts(made.server)]).toEqual([elsewhere, ['moved']])
    expect(made.server.hears.at(-1)).toMatchObject({ remote: clientName })
  })
  test('moves not with an older one, with one seen before, or with one that is not authentic [RFC 9146 §6]', () => {
    const { made, send, at } = moving()
    const [older, newer, next] = [send('older'), send('newer'), send('next')]
    made.inject(newer)
    made.inject(newer, elsewhere)
    made.inject(older, elsewhere)
    const wrong = next.slice()
    wrong[wrong.length - 1]! ^= 1
    made.inject(wrong, elsewhere)
    expect([at(), texts(made.server)]).toEqual([clientPath, ['newer', 'older']])
  })
  test('whose old address somebody else takes is told from the newcomer', () => {
    const { made, send, at } = moving()
    made.inject(send('moved'), elsewhere)
    made.inject(helloRecord(hello))
    const cookie = cookieIn(fragmentsOf(recordsOf(made.parcels.at(-1)!.bytes, 0)[0]!.fragment)[0]!.bytes)!
    made.inject(helloRecord({ ...hello, cookie }, 1, 1))
    expect([made.server.state().peers.size, at()]).toEqual([2, elsewhere])
    made.inject(send('again'), elsewhere)
    expect(texts(made.server)).toEqual(['moved', 'again'])
  })
})

describe('bounds', () => {
  const from = (index: number) => `coap://10.1.${index >> 8}.${index & 255}:5684`
  const crowd = (greet: (said: ClientHello, remote: string) => unknown, count: number) => {
    for (let index = 0; index < count; index++) greet(hello, from(index))
  }
  test('of handshakes under way: one more is not answered until there is room', () => {
    const { greet, server, clock } = serverAlone({ handshakesMax: 5, handshakesPerSecondMax: 1_000 })
    crowd(greet, 9)
    expect([server.state().peers.size, server.state().incoming.size]).toEqual([5, 5])
    for (let index = 0; index < 60; index++) {
      clock.now += 60_000
      server.post(up({ type: 'undeliverable', remote: 'nobody', reason: 'unreachable' }))
    }
    expect([server.state().peers.size, server.state().incoming.size, new Set(details(server))]).toEqual([0, 0, new Set(['silence'])])
  })
  test('of handshakes under way: one that is done makes room', () => {
    const made = pair({}, { parameters: { handshakesMax: 1 } })
    made.open()
    expect([openings(made.server), made.server.state().incoming.size]).toEqual([1, 0])
  })
  test('of handshakes in a second: one more is not answered, and tried again later', () => {
    const { greet, server, clock } = serverAlone({ handshakesPerSecondMax: 4 })
    crowd(greet, 9)
    expect(server.state().peers.size).toBe(4)
    clock.now += 1_000
    crowd(greet, 9)
    expect(server.state().peers.size).toBe(8)
  })
  test('of peers: the one that has been silent longest makes room', () => {
    const made = pair({}, { parameters: { peersMax: 1 } })
    made.open()
    made.wait(5_000)
    made.inject(helloRecord(hello), from(1))
    const cookie = cookieIn(fragmentsOf(recordsOf(made.parcels.at(-1)!.bytes, 0)[0]!.fragment)[0]!.bytes)!
    made.inject(helloRecord({ ...hello, cookie }, 1, 1), from(1))
    expect([details(made.server), made.server.state().peers.size]).toEqual([['limit'], 1])
  })
  test('of peers: while all are shaking hands nobody makes room', () => {
    const { greet, server } = serverAlone({ peersMax: 2 })
    crowd(greet, 5)
    expect([server.state().peers.size, details(server)]).toEqual([2, []])
  })
  test('of data that waits for a handshake: what is too much is undeliverable', () => {
    const made = pair({ parameters: { waitingBytesMax: 10 } }, {}, () => [])
    made.open()
    for (const text of ['12345', '67890', 'x']) made.send(text)
    expect(made.client.hears).toEqual([{ type: 'undeliverable', remote: serverName, reason: 'not-open' }])
  })
  test('of sessions: the one that expires first is forgotten', () => {
    const made = pair({}, { parameters: { sessionsMax: 2 } })
    for (let count = 0; count < 4; count++) {
      made.client.post(down({ type: 'close', remote: serverName, keepSession: false }))
      made.open()
      made.wait(1_000)
    }
    expect([openings(made.client), made.server.state().sessions.size]).toEqual([4, 2])
  })
  test('of silence: a peer that says nothing is told that it is forgotten', () => {
    const made = pair({}, { parameters: { idleMs: 60_000 } })
    made.open()
    made.wait(30_000)
    made.send('still here')
    made.wait(50_000)
    expect(details(made.server)).toEqual([])
    made.wait(20_000)
    expect([details(made.server), details(made.client)]).toEqual([['idle'], ['close-notify']])
  })
})

describe('a session', () => {
  const kept = { type: 'close', remote: serverName, keepSession: true } as const
  const plain = { parameters: { connectionIdBytes: undefined } }
  const resumes = (made: ReturnType<typeof pair>) => {
    made.client.post(down(kept))
    made.settle()
    const before = made.parcels.length
    made.open()
    return made.parcels.length - before
  }
  test('is resumed with three flights instead of four, after the cookie [RFC 5246 §7.3]', () => {
    const made = pair(plain, plain)
    made.open()
    expect([resumes(made), openings(made.client), openings(made.server)]).toEqual([5, 2, 2])
  })
  test('grows no younger by being resumed, and is not resumed where it was made without the extended master secret [RFC 7627 §5.3]', () => {
    const made = pair(plain, plain)
    made.open()
    const { sessions } = made.server.state()
    const { scope, key, row } = [...sessions.all()][0]!
    made.wait(5_000)
    expect(resumes(made)).toBe(5)
    expect([...sessions.all()][0]!.row.expiresAt).toBe(row.expiresAt)
    sessions.put(scope, key, { ...row, extended: false })
    expect(resumes(made)).toBe(6)
  })
  test('is resumed only while its identity has a key, and the key that it was made with', () => {
    let current: Secret | undefined = psk
    const made = pair(plain, { ...plain, keyNow: () => current })
    made.open()
    expect(resumes(made)).toBe(5)
    current = undefined
    resumes(made)
    expect([openings(made.client), details(made.client).at(-1), details(made.server).at(-1)]).toEqual([
      2,
      'unknown-identity',
      'no-credentials',
    ])
    current = new Secret(new TextEncoder().encode('another'))
    made.open()
    made.wait(300_000)
    expect([openings(made.client), details(made.client).at(-1)]).toEqual([2, 'wrong-key'])
    current = psk
    made.open()
    expect(resumes(made)).toBe(5)
    const { sessions } = made.server.state()
    for (const { scope, key, row } of [...sessions.all()]) sessions.put(scope, key, { ...row, proof: new Secret(new Uint8Array(32)) })
    expect([resumes(made), openings(made.client)]).toEqual([6, 5])
  })
  test('is not resumed when the server closed its link for good', () => {
    const made = pair(plain, plain)
    made.open()
    made.server.post(down({ type: 'close', remote: clientName, keepSession: false }))
    made.settle()
    expect([made.server.state().sessions.size, details(made.client), resumes(made)]).toEqual([0, ['close-notify'], 6])
  })
  test('is not resumed after its lifetime', () => {
    const made = pair(plain, { parameters: { connectionIdBytes: undefined, sessionLifetimeMs: 10_000 } })
    made.open()
    made.wait(11_000)
    expect(resumes(made)).toBe(6)
  })
  test('is not resumed by a server that does not know it: the handshake is a full one', () => {
    const made = pair(plain, { parameters: { connectionIdBytes: undefined, resumption: false } })
    made.open()
    expect([resumes(made), openings(made.client)]).toEqual([6, 2])
  })
  test('is not resumed after a fatal alert [RFC 5246 §7.2.2]', () => {
    const made = pair(plain, plain)
    made.open()
    const link = made.client.state().peers.get('', serverName)!.link!
    made.inject(
      seal(ciphers, link.write, { type: contentTypes.alert, epoch: 1, sequence: link.sequence + 5, cid: nothing }, Uint8Array.of(2, 80)),
    )
    expect([details(made.server), made.server.state().sessions.size]).toEqual([['alert'], 0])
  })
})

describe('after a restart', () => {
  const again = (one: End, now: number) => {
    const moment = { now, wall: now }
    one.restore(restored(one.machine, unstored(stored(saved(one.machine, one.state(), moment)).reveal())!, moment))
  }
  test('of the server a link goes on, with sequence numbers never used before', () => {
    const made = pair()
    made.open()
    made.send('before')
    const before = made.server.state().peers.get('', clientName)!.link!.sequence
    again(made.server, made.clock.now)
    made.send('after')
    expect(texts(made.server)).toEqual(['before', 'after'])
    expect(made.server.state().peers.get('', clientName)!.link!.sequence).toBeGreaterThan(before + 1_000_000)
    made.server.post(down({ type: 'datagram', remote: clientName, bytes: new TextEncoder().encode('answer') }))
    made.settle()
    expect(texts(made.client)).toEqual(['answer'])
  })
  test('of a client with a Connection ID the link goes on with the next open, without a handshake [RFC 9146 §6]', () => {
    const made = pair()
    made.open()
    again(made.client, made.clock.now)
    const before = made.parcels.length
    made.open()
    made.send('on')
    expect([openings(made.client), made.parcels.length - before, texts(made.server)]).toEqual([2, 1, ['on']])
  })
  test('of a client without one the session is resumed [RFC 5246 §7.3]', () => {
    const made = pair({ parameters: { connectionIdBytes: undefined } })
    made.open()
    again(made.client, made.clock.now)
    const before = made.parcels.length
    made.open()
    expect([openings(made.client), made.parcels.length - before]).toEqual([2, 5])
  })
  test('with smaller bounds the newest are kept', () => {
    const { greet, server } = serverAlone()
    for (let index = 0; index < 5; index++) greet(hello, `coap://10.0.1.${index}:1`)
    for (const { row } of [...server.state().peers.all()]) server.state().sessions.put('peer', row.name, { ...session, id: nothing })
    const small = serverAlone({ sessionsMax: 2 }).server.machine
    const state = restored(small, saved(server.machine, server.state(), { now: 1, wall: 1 }), { now: 1, wall: 1 })
    expect([...state.sessions.all()].map(({ key }) => key)).toEqual(['coaps://10.0.1.3:1', 'coaps://10.0.1.4:1'])
  })
  test('what is stored is what was saved, its secrets too; what cannot be read is none', () => {
    const made = pair()
    made.open()
    const state = saved(made.server.machine, made.server.state(), { now: 1_000, wall: 5_000 })
    expect(equal(unstored(stored(state).reveal()), state)).toBe(true)
    for (const octets of [nothing, Uint8Array.of(0x7b), new TextEncoder().encode('{"machine":"dtls"}'), new TextEncoder().encode('null')])
      expect(unstored(octets)).toBeUndefined()
    expect([String(stored(state)), JSON.stringify(stored(state))]).toEqual(['[secret]', '"[secret]"'])
  })
  test('what is saved is what is restored, times moved', () => {
    const made = pair()
    made.open()
    const { machine } = made.server
    const state = restore(machine, saved(machine, made.server.state(), { now: 1_000, wall: 5_000 }), { now: 50, wall: 6_000 })
    const [session] = [...state.sessions.all()]
    expect(session!.row.expiresAt).toBe(1_000 + defaultDtlsParameters.sessionLifetimeMs - 1_000 - 1_000 + 50)
  })
})
