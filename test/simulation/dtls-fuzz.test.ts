/** DTLS against whoever sits on the wire: messages out of place, missing, repeated, forged and mutated; floods of strangers (RFC 6347 §4.2, RFC 5246 §7). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { snapshot } from '../../src/core/snapshot.ts'
import type { Dtls } from '../../src/datagram/dtls/dtls.ts'
import { fragmentBytes, fragmentsOf, handshakeTypes } from '../../src/datagram/dtls/handshake.ts'
import { contentTypes, plainRecord, recordBytes, recordsOf, type DtlsRecord } from '../../src/datagram/dtls/record.ts'
import { concat } from '../../src/datagram/dtls/octets.ts'
import { clientPath, details, openings, pair, texts, type EndOptions, type Pair, type Parcel } from '../properties/dtls-pair.ts'

// ── what the one on the wire can do ──────────────────────────────────────────────────────────────────────────────────────────

/** Something done to a datagram; numbers are taken modulo what there is. */
type Deed =
  | { readonly do: 'pass' | 'drop' | 'twice' | 'reverse' | 'apart' }
  | { readonly do: 'hold'; readonly parcels: number }
  | { readonly do: 'lose-record' | 'repeat-record'; readonly record: number }
  | { readonly do: 'flip'; readonly record: number; readonly octet: number; readonly bits: number }
  | { readonly do: 'retype' | 'epoch' | 'sequence'; readonly record: number; readonly to: number }
  | { readonly do: 'message'; readonly record: number; readonly field: 'type' | 'number' | 'length' | 'offset'; readonly to: number }
  | { readonly do: 'replay'; readonly parcel: number }
  | { readonly do: 'forge'; readonly what: number; readonly first: boolean; readonly number: number }

const small = fc.nat({ max: 8 })
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Deed>({ do: 'pass' }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('drop', 'twice', 'reverse', 'apart') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('hold' as const), parcels: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('lose-record' as const, 'repeat-record' as const), record: small }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('flip' as const),
      record: small,
      octet: fc.nat({ max: 300 }),
      bits: fc.integer({ min: 1, max: 255 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('retype' as const, 'epoch' as const, 'sequence' as const),
      record: small,
      to: fc.constantFrom(0, 1, 2, 20, 21, 22, 23, 25, 65_535),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('message' as const),
      record: small,
      field: fc.constantFrom('type' as const, 'number' as const, 'length' as const, 'offset' as const),
      to: fc.constantFrom(0, 1, 2, 3, 4, 5, 12, 14, 16, 20, 255, 65_535),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('replay' as const), parcel: fc.nat({ max: 20 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('forge' as const), what: fc.nat({ max: 9 }), first: fc.boolean(), number: small }) },
)
const deeds = fc.array(deed, { minLength: 1, maxLength: 14 })

const octetsOf = (records: readonly DtlsRecord[]) => concat(...records.map(recordBytes))
const zeros = new Uint8Array(12)
const message = (type: number, number: number, bytes: Uint8Array) =>
  plainRecord(contentTypes.handshake, 100 + number, fragmentBytes({ type, length: bytes.length, number, offset: 0, bytes }))
/** What nobody who has not proven anything may say. */
const forgeries: readonly ((number: number) => Uint8Array)[] = [
  (number) => plainRecord(contentTypes.changeCipherSpec, 200 + number, Uint8Array.of(1)),
  (number) => message(handshakeTypes.finished, number, zeros),
  (number) => plainRecord(contentTypes.applicationData, 300 + number, new TextEncoder().encode('forged')),
  (number) => message(handshakeTypes.helloRequest, number, new Uint8Array(0)),
  (number) => message(handshakeTypes.serverHelloDone, number, new Uint8Array(0)),
  (number) => message(handshakeTypes.clientKeyExchange, number, Uint8Array.of(0, 6, ...new TextEncoder().encode('device'))),
  (number) =>
    concat(plainRecord(contentTypes.changeCipherSpec, 400 + number, Uint8Array.of(1)), message(handshakeTypes.finished, number, zeros)),
  (number) => recordBytes({ ...recordsOf(message(handshakeTypes.finished, number, zeros), 0)[0]!, epoch: 1, sequence: number }),
  (number) => message(handshakeTypes.helloVerifyRequest, number, Uint8Array.of(254, 255, 0)),
  (number) => message(handshakeTypes.clientHello, number, new Uint8Array(60).fill(3)),
]

/** The wire in such hands: the script first, then everything passes. */
const wire = (script: readonly Deed[]) => {
  const held: { readonly parcel: Parcel; left: number }[] = []
  const past: Parcel[] = []
  return (parcel: Parcel, index: number): readonly Uint8Array[] => {
    const done = index < script.length ? perform(script[index]!, parcel, past) : [parcel.bytes]
    past.push(parcel)
    // What was held back goes with a later datagram of the same way.
    const late: Uint8Array[] = []
    for (const each of held) if (each.parcel.from === parcel.from && --each.left === 0) late.push(each.parcel.bytes)
    const now = script[index]
    if (now?.do === 'hold') {
      held.push({ parcel, left: now.parcels })
      return late
    }
    return [...done, ...late]
  }
}
const perform = (what: Deed, { bytes, from }: Parcel, past: readonly Parcel[]): readonly Uint8Array[] => {
  const records = recordsOf(bytes, 8)
  const edit = (at: number, change: (record: DtlsRecord) => readonly DtlsRecord[]) =>
    records.length === 0 ? [bytes] : [octetsOf(records.flatMap((record, i) => (i === at % records.length ? change(record) : [record])))]
  switch (what.do) {
    case 'pass':
    case 'hold':
      return [bytes]
    case 'drop':
      return []
    case 'twice':
      return [bytes, bytes]
    case 'reverse':
      return [octetsOf([...records].reverse())]
    case 'apart':
      return records.map(recordBytes).reverse()
    case 'lose-record':
      return edit(what.record, () => [])
    case 'repeat-record':
      return edit(what.record, (record) => [record, record])
    case 'flip':
      return edit(what.record, (record) => {
        const fragment = record.fragment.slice()
        if (fragment.length > 0) fragment[what.octet % fragment.length]! ^= what.bits
        return [{ ...record, fragment }]
      })
    case 'retype':
      return edit(what.record, (record) => [{ ...record, type: what.to & 31 }])
    case 'epoch':
      return edit(what.record, (record) => [{ ...record, epoch: what.to }])
    case 'sequence':
      return edit(what.record, (record) => [{ ...record, sequence: what.to }])
    case 'message':
      return edit(what.record, (record) => {
        const fragments = record.type === contentTypes.handshake && record.epoch === 0 ? fragmentsOf(record.fragment) : []
        if (fragments.length === 0) return [record]
        return [{ ...record, fragment: concat(...fragments.map((fragment) => fragmentBytes({ ...fragment, [what.field]: what.to }))) }]
      })
    case 'replay': {
      const mine = past.filter((each) => each.from === from)
      const found = mine[what.parcel % Math.max(1, mine.length)]
      return found === undefined ? [bytes] : [bytes, found.bytes]
    }
    case 'forge': {
      const forged = forgeries[what.what % forgeries.length]!(what.number)
      return what.first ? [forged, bytes] : [bytes, forged]
    }
  }
}

// ── what must hold ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const runs = { numRuns: 1_500, verbose: 1 } as const
const parameters: fc.Arbitrary<EndOptions['parameters']> = fc.constantFrom(
  {},
  { connectionIdBytes: undefined },
  { suites: ['TLS_PSK_WITH_AES_128_GCM_SHA256'] as const },
  { suites: ['TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256'] as const, datagramBytesMax: 256 },
)
const others = new Secret(new TextEncoder().encode('somebody else’s'))

const play = (script: readonly Deed[], client: EndOptions, server: EndOptions): Pair => {
  const made = pair(client, server, wire(script))
  made.open()
  made.send('one')
  made.wait(200_000)
  return made
}

describe('whoever is on the wire', () => {
  test('without the key there is no session, at either end, whatever comes in whatever order [RFC 5246 §7.4.9]', () => {
    fc.assert(
      fc.property(deeds, parameters, (script, some = {}) => {
        const { client, server } = play(script, { parameters: some, key: others }, { parameters: some })
        expect([openings(client), openings(server)]).toEqual([0, 0])
        expect([texts(client), texts(server)]).toEqual([[], []])
      }),
      runs,
    )
  })

  test('with the key, whatever is done to the handshake: nothing forged is delivered, nothing twice, and both ends agree', () => {
    fc.assert(
      fc.property(deeds, parameters, (script, some = {}) => {
        const made = play(script, { parameters: some }, { parameters: some })
        made.send('two')
        made.send('three')
        made.wait(1_000)
        const heard = texts(made.server)
        expect(new Set(heard).size).toBe(heard.length)
        for (const text of heard) expect(['one', 'two', 'three']).toContain(text)
        // Who thinks that there is a session proved it to the other, or was told why not.
        if (openings(made.client) === 0) expect(details(made.client).every((detail) => detail !== undefined)).toBe(true)
        if (heard.length > 0) expect(openings(made.server)).toBeGreaterThan(0)
      }),
      runs,
    )
  })

  test('when the wire is good again, a session is there, or is made by the next open: nothing is wedged', () => {
    fc.assert(
      fc.property(deeds, parameters, (script, some = {}) => {
        const made = play(script, { parameters: some }, { parameters: some })
        // What was held back may spoil a later handshake too: an old HelloVerifyRequest between a new one and its answer does.
        for (let opens = 0; opens < 4 && !texts(made.server).includes('after'); opens++) {
          made.open()
          made.send('after')
          made.wait(300_000)
        }
        expect(texts(made.server), JSON.stringify([details(made.client), details(made.server)])).toContain('after')
      }),
      runs,
    )
  })
})

// ── floods ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const sizeOf = ({ server, clock }: Pair) =>
  JSON.stringify(snapshot(server.machine, server.state(), { now: clock.now, wall: clock.now }), (_, held: unknown) =>
    held instanceof Uint8Array
      ? '.'.repeat(held.length)
      : held instanceof Secret
        ? '.'.repeat(32)
        : typeof held === 'bigint'
          ? String(held)
          : held,
  ).length
const rows = ({ peers, paths, incoming, sessions }: Dtls) => [peers.size, paths.size, incoming.size, sessions.size]
/** The ClientHello of somebody, without a cookie. */
const hello = (): Uint8Array => {
  const made = pair({}, {}, () => [])
  made.open()
  return made.parcels[0]!.bytes
}
/** Where the random is: behind the record header, the message header and the version. */
const randomAt = 13 + 12 + 2
const from = (i: number) => `coap://10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}:${1_024 + (i % 60_000)}`

describe('floods', () => {
  test('100,000 ClientHellos from as many addresses leave nothing behind, and a good client gets in after them [RFC 6347 §4.2.1]', () => {
    const made = pair({}, { parameters: { handshakesMax: 10 } })
    const first = hello()
    made.inject(first, from(0))
    const before = sizeOf(made)
    for (let i = 1; i <= 100_000; i++) {
      const spoofed = first.slice()
      new DataView(spoofed.buffer).setUint32(randomAt, i)
      made.inject(spoofed, from(i))
      if (i % 1_000 === 0) made.parcels.length = 0
    }
    expect(rows(made.server.state())).toEqual([0, 0, 0, 0])
    expect(sizeOf(made)).toBe(before)
    made.open()
    made.send('hello')
    made.wait(10_000)
    expect(texts(made.server)).toEqual(['hello'])
  })

  test('a cookie is good for its address and its ClientHello alone', () => {
    const greeted = pair({}, {})
    greeted.open()
    const cookied = greeted.parcels.filter(({ from: side }) => side === 'client')[1]!.bytes
    const fresh = pair({}, {})
    // The same server, as it were: the cookies' key is in its state.
    fresh.inject(hello())
    fresh.inject(cookied, 'coap://10.9.9.9:9')
    expect(rows(fresh.server.state())).toEqual([0, 0, 0, 0])
    for (const at of [randomAt, randomAt + 31, randomAt + 33 + 2]) {
      const other = cookied.slice()
      other[at]! ^= 1
      fresh.inject(other, clientPath)
      expect(rows(fresh.server.state())).toEqual([0, 0, 0, 0])
    }
  })

  test('strangers who are where they say: as many half-open handshakes as the bound, and they end', () => {
    const limits = { handshakesMax: 20, handshakesPerSecondMax: 1_000_000 }
    const made = pair({}, { parameters: limits })
    const first = hello()
    for (let i = 1; i <= 500; i++) {
      made.inject(first, from(i))
      const verify = made.parcels.at(-1)!.bytes
      const cookie = verify.subarray(13 + 12 + 3, 13 + 12 + 3 + verify[13 + 12 + 2]!)
      made.inject(withCookie(first, cookie), from(i))
    }
    expect(made.server.state().incoming.size).toBe(20)
    expect(made.server.state().peers.size).toBe(20)
    made.wait(300_000)
    expect(rows(made.server.state())).toEqual([0, 0, 0, 0])
    made.open()
    made.send('hello')
    made.wait(10_000)
    expect(texts(made.server)).toEqual(['hello'])
  })

  test('junk of any kind to a server and to a client in mid-handshake: no throw, no session, nothing kept', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.oneof(
              fc.uint8Array({ maxLength: 80 }),
              fc
                .tuple(fc.constantFrom(20, 21, 22, 23, 24, 25), fc.nat({ max: 2 }), fc.nat({ max: 9 }), fc.uint8Array({ maxLength: 60 }))
                .map(([type, epoch, sequence, fragment]) =>
                  recordBytes({
                    type,
                    version: 0xfefd,
                    epoch,
                    sequence,
                    cid: type === 25 ? new Uint8Array(8) : new Uint8Array(0),
                    fragment,
                  }),
                ),
            ),
            fc.nat({ max: 5 }),
          ),
          { maxLength: 30 },
        ),
        (pieces) => {
          const made = pair({}, {}, () => [])
          made.open()
          for (const [bytes, i] of pieces) made.inject(bytes, from(i))
          expect(openings(made.server)).toBe(0)
          expect(texts(made.server)).toEqual([])
          expect(rows(made.server.state())).toEqual([0, 0, 0, 0])
        },
      ),
      runs,
    )
  })
})

/** The same ClientHello with that cookie in it. */
const withCookie = (first: Uint8Array, cookie: Uint8Array): Uint8Array => {
  const [record] = recordsOf(first, 0)
  const [fragment] = fragmentsOf(record!.fragment)
  const { bytes } = fragment!
  const cookieAt = 2 + 32 + 1 + bytes[34]!
  const body = concat(bytes.subarray(0, cookieAt), Uint8Array.of(cookie.length), cookie, bytes.subarray(cookieAt + 1))
  return plainRecord(
    contentTypes.handshake,
    1,
    fragmentBytes({ type: 1, length: body.length, number: 1, offset: 0, bytes: body }),
    record!.version,
  )
}
