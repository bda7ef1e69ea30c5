/** Whole links between two ends: whatever happens on the wire, both agree or nothing is opened (RFC 6347, RFC 9146). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { suites, type SuiteName } from '../../src/datagram/dtls/suite.ts'
import { clientName, details, openings, pair, serverName, texts, type Pair, type Parcel } from './dtls-pair.ts'

const runs = { numRuns: 1_000, seed: 20_261_121 }
const suite = fc.constantFrom(...(Object.keys(suites) as SuiteName[]))
const parametersOf = (name: SuiteName) => ({ parameters: { suites: [name] } })
const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const wrong = bytes.slice()
  wrong[(bit >> 3) % wrong.length]! ^= 1 << (bit & 7)
  return wrong
}
const established = (name: SuiteName, cidBytes: number | undefined = 8): Pair => {
  const made = pair(
    { parameters: { suites: [name], connectionIdBytes: cidBytes } },
    { parameters: { suites: [name], connectionIdBytes: cidBytes } },
  )
  made.open()
  expect([openings(made.client), openings(made.server)]).toEqual([1, 1])
  return made
}

describe('a handshake', () => {
  test('goes through whatever the size of its datagrams is, from 200 octets on, and keeps to it [RFC 6347 §4.2.3]', () => {
    fc.assert(
      fc.property(suite, fc.integer({ min: 200, max: 1_400 }), fc.nat(700), (name, datagramBytesMax, hintBytes) => {
        const limits = { parameters: { suites: [name], datagramBytesMax } }
        const made = pair(limits, { ...limits, hint: new Uint8Array(hintBytes) })
        made.open()
        expect([openings(made.client), openings(made.server)]).toEqual([1, 1])
        expect(Math.max(...made.parcels.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(datagramBytesMax)
      }),
      runs,
    )
  })
  test('with nothing lost takes six datagrams, none of them twice', () => {
    const { open, parcels, wait } = pair()
    open()
    wait(600_000)
    expect(parcels).toHaveLength(6)
  })
  test('in which every datagram comes twice sends nothing again but what costs no memory: the HelloVerifyRequest', () => {
    const { open, parcels, wait, client, server } = pair({}, {}, ({ bytes }) => [bytes, bytes])
    open()
    wait(600_000)
    expect([openings(client), openings(server), parcels.length]).toEqual([1, 1, 7])
  })
  test('in which one bit of one datagram changes ends well for both, or for neither and with a reason [RFC 6347 §4.1.2.7]', () => {
    fc.assert(
      fc.property(suite, fc.nat(5), fc.nat(20_000), (name, which, bit) => {
        const made = pair(parametersOf(name), parametersOf(name), ({ bytes }, index) => [index === which ? flipped(bytes, bit) : bytes])
        made.open()
        made.wait(300_000)
        const ends = [openings(made.client), openings(made.server)]
        if (ends[0] === 1) {
          expect(ends).toEqual([1, 1])
          made.send('after')
          expect(texts(made.server)).toEqual(['after'])
        } else expect([ends, details(made.client).length]).toEqual([[0, 0], 1])
      }),
      runs,
    )
  })
  test('in which one datagram is lost, doubled or late ends well', () => {
    fc.assert(
      fc.property(suite, fc.nat(5), fc.constantFrom('lost', 'doubled', 'late'), (name, which, fate) => {
        let late: Parcel | undefined
        const made = pair(parametersOf(name), parametersOf(name), (parcel, index) => {
          const { bytes, from } = parcel
          if (index === which) {
            if (fate === 'late') late = parcel
            return fate === 'doubled' ? [bytes, bytes] : []
          }
          const held = late
          if (held?.from !== from) return [bytes]
          late = undefined
          return [bytes, held.bytes]
        })
        made.open()
        made.wait(10_000)
        expect([openings(made.client), openings(made.server)]).toEqual([1, 1])
      }),
      { ...runs, numRuns: 200 },
    )
  })
  test('with different keys is never opened by either, and both hear why [RFC 4279 §2]', () => {
    fc.assert(
      fc.property(suite, fc.uint8Array({ minLength: 1, maxLength: 64 }), (name, key) => {
        const made = pair({ ...parametersOf(name), key: new Secret(key) }, parametersOf(name))
        made.open()
        made.wait(300_000)
        expect([openings(made.client), openings(made.server), details(made.client), details(made.server)]).toEqual([
          0,
          0,
          ['wrong-key'],
          ['wrong-key'],
        ])
      }),
      { ...runs, numRuns: 200 },
    )
  })
})

describe('an established link', () => {
  test('drops a datagram in which any bit changed, and takes the right one after it [RFC 6347 §4.1.2.7]', () => {
    const links = new Map((Object.keys(suites) as SuiteName[]).map((name) => [name, established(name)]))
    let count = 0
    fc.assert(
      fc.property(suite, fc.nat(20_000), (name, bit) => {
        const { send, server, inject, parcels } = links.get(name)!
        const text = `message ${count++}`
        send(text)
        const sealed = parcels.at(-1)!.bytes
        const before = texts(server).length
        inject(flipped(sealed, bit))
        expect(texts(server).length).toBe(before)
        send('next')
        expect(texts(server).slice(before)).toEqual(['next'])
      }),
      runs,
    )
  })
  test('delivers each datagram once, however often and in whatever order they come within the window [RFC 6347 §4.1.2.6]', () => {
    fc.assert(
      fc.property(
        suite,
        fc.option(fc.constantFrom(0, 8), { nil: undefined }),
        fc.array(fc.nat(19), { minLength: 20, maxLength: 60 }),
        (name, cidBytes, order) => {
          let isHeld = false
          const parameters = { suites: [name], connectionIdBytes: cidBytes }
          const made = pair({ parameters }, { parameters }, ({ bytes }) => (isHeld ? [] : [bytes]))
          made.open()
          isHeld = true
          const first = made.parcels.length
          for (let number = 0; number < 20; number++) made.send(String(number))
          const sealed = made.parcels.slice(first)
          for (const which of order) made.inject(sealed[which]!.bytes)
          expect([...texts(made.server)].sort()).toEqual([...new Set(order)].map(String).sort())
        },
      ),
      { ...runs, numRuns: 300 },
    )
  })
  test('gives nothing up of what anybody else sends, and does not answer', () => {
    const { server, inject, parcels, client } = established('TLS_PSK_WITH_AES_128_CCM_8')
    fc.assert(
      fc.property(fc.constantFrom(20, 21, 22, 23, 25), fc.nat(3), fc.uint8Array({ maxLength: 60 }), (type, epoch, fragment) => {
        fc.pre(!(type === 22 && epoch === 0 && fragment[0] === 1))
        const before = [server.hears.length, client.hears.length, parcels.length]
        inject(Uint8Array.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 99, 0, fragment.length, ...fragment]))
        expect([server.hears.length, client.hears.length, parcels.length]).toEqual(before)
      }),
      runs,
    )
  })
  test('has one name on either side', () => {
    const { server, client, send } = established('TLS_PSK_WITH_AES_128_CCM_8')
    send('hello')
    expect(client.hears[0]).toMatchObject({ type: 'opened', remote: serverName, address: '10.0.0.1:5684', local: '10.0.0.2:40000' })
    expect(server.hears.map((word) => ('remote' in word ? word.remote : ''))).toEqual([clientName, clientName])
  })
})
