/** Words about links, options, the key log and what is saved, as whoever stands above DTLS sees them (RFC 6347, RFC 5246 §7.2.1). */
import { Observable, of, Subject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { seeded } from '../../src/core/dice.ts'
import type { DtlsOptions, DtlsSaved } from '../../src/datagram/dtls/options.ts'
import { dtls } from '../../src/datagram/dtls/pipeline.ts'
import { cable } from '../../src/datagram/cable.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'
import { bareEnvironment } from '../../src/testing/index.ts'
import { identity, key, octets, play, server } from './pair.ts'

const credentials: DtlsOptions['credentials'] = { own: () => of({ identity, key }), peer: () => of(key) }
const from = (text: string) => new TextDecoder().decode(Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)))

describe('the key log', () => {
  test('is the same line at both ends, in NSS format, once for each handshake', () => {
    const [ours, theirs]: [string[], string[]] = [[], []]
    play(
      { client: { keyLog: (line) => void ours.push(line) }, server: { keyLog: (line) => void theirs.push(line) }, untilMs: 8_000 },
      { submitted: 'o-------z---o', transmitted: '*', delivered: '*' },
    )
    expect(ours).toHaveLength(2)
    expect(ours).toEqual(theirs)
    for (const line of ours) expect(line).toMatch(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/)
    expect(from(ours[0]!.slice(14))).not.toContain('a key of 16 octet')
  })
})

/** A layer over a below that the test plays. */
const alone = (options: Partial<DtlsOptions> = {}) => {
  const scheduler = virtualScheduler()
  const [above$, below$] = [new Subject<DatagramDown>(), new Subject<DatagramUp>()]
  const sent: DatagramDown[] = []
  const heard: DatagramUp[] = []
  const env = bareEnvironment({ scheduler, random: seeded(1), crypto })
  const running = dtls(env, { credentials, ...options })(
    (down$) =>
      new Observable((observer) => {
        observer.add(down$.subscribe((word) => sent.push(word)))
        observer.add(below$.subscribe(observer))
      }),
  )(above$).subscribe((word) => heard.push(word))
  return { scheduler, above$, below$, sent, heard, running }
}

describe('words about links', () => {
  test('an open goes down as it is, and is answered when the handshake is done, not before', () => {
    const { above$, below$, sent, heard } = alone()
    above$.next({ type: 'open', remote: 'peer', uri: 'coaps://example.org', account: 3 })
    expect(sent).toEqual([{ type: 'open', remote: 'peer', uri: 'coaps://example.org', account: 3 }])
    below$.next({ type: 'opened', remote: 'peer', address: '192.0.2.1:5684', local: '192.0.2.2:40000' })
    expect([sent.length, heard]).toEqual([2, []])
  })
  test('a link that ends below ends above, with the reason', () => {
    const { above$, below$, heard } = alone()
    above$.next({ type: 'open', remote: 'peer', uri: 'coaps://nowhere.example' })
    below$.next({ type: 'closed', remote: 'peer', reason: 'name-not-found', detail: 'no such name' })
    expect(heard).toEqual([{ type: 'closed', remote: 'peer', reason: 'name-not-found', detail: 'no such name' }])
  })
  test('where it listens is said in its own scheme', () => {
    const { below$, heard } = alone()
    below$.next({ type: 'listening', scheme: 'coap', address: '::1', port: 5684 })
    expect(heard).toEqual([{ type: 'listening', scheme: 'coaps', address: '::1', port: 5684 }])
  })
  test('an open of what is open makes it anew, and tells the peer of the old one [RFC 5246 §7.2.1]', () => {
    play({}, { submitted: 'o-------o', transmitted: '*', delivered: '-----sa--l--at' }, {})
  })
  test('a name goes with the ClientHello, an address does not [RFC 6066 §3]', () => {
    const hello = (uri: string): string => {
      const { above$, below$, sent } = alone()
      above$.next({ type: 'open', remote: 'peer', uri })
      below$.next({ type: 'opened', remote: 'peer', address: '192.0.2.1:5684', local: '192.0.2.2:40000' })
      const word = sent[1]!
      return word.type === 'datagram' ? String.fromCharCode(...word.bytes) : ''
    }
    expect(hello('coaps://lwm2m.example.org:5684')).toContain('lwm2m.example.org')
    expect(hello('coaps://192.0.2.1:5684')).not.toContain('192.0')
    expect(hello('coaps://[2001:db8::1]:5684')).not.toContain('2001')
  })
  test('data to a numeric remote that was never opened opens a link by itself, by the socket that is there', () => {
    const { above$, sent } = alone()
    above$.next({ type: 'datagram', remote: server, bytes: octets('data') })
    expect(sent).toMatchObject([{ type: 'datagram', remote: 'coap://10.0.0.1:5684' }])
  })
})

describe('options', () => {
  test('that cannot be meant are refused at once', () => {
    const fault = (options: Partial<DtlsOptions>): unknown => {
      try {
        alone(options)
        return undefined
      } catch (error) {
        return error instanceof Lwm2mError ? error.code : error
      }
    }
    expect([{ suites: [] }, { connectionIdBytes: 21 }, { datagramBytesMax: 100 }, { retransmitMs: 0 }].map(fault)).toEqual(
      Array(4).fill('invalid'),
    )
    expect(fault({})).toBeUndefined()
  })
  test('without ciphers there is no DTLS', () => {
    const env = bareEnvironment({ scheduler: virtualScheduler() })
    expect(() => dtls(env, { credentials })).toThrow(expect.objectContaining({ code: 'unsupported' }))
  })
})

test('what is saved goes on after a restart: the server says who is there, and knows its peer by the Connection ID, without a handshake', () => {
  const scheduler = virtualScheduler()
  const wires = cable({ scheduler, random: seeded(1) }, { delayMs: 10 })
  const env = (seed: number) => bareEnvironment({ scheduler, random: seeded(seed), crypto })
  const [client$, save$] = [new Subject<DatagramDown>(), new Subject<void>()]
  const heard: DatagramUp[] = []
  const states: DtlsSaved[] = []
  const serve = (seed: number, options: Partial<DtlsOptions>) =>
    dtls(env(seed), { credentials, ...options })(wires('coap://10.0.0.1:5684'))(new Subject()).subscribe((word) => heard.push(word))
  const first = serve(2, { save$, saved: (state) => states.push(state) })
  dtls(env(3), { credentials })(wires('coap://10.0.0.2:40000'))(client$).subscribe()
  client$.next({ type: 'open', remote: server, uri: server })
  scheduler.flush(1_000)
  save$.next()
  first.unsubscribe()
  serve(4, { from: states[0]! })
  client$.next({ type: 'datagram', remote: server, bytes: octets('still here') })
  scheduler.flush(2_000)
  expect(heard[1]).toEqual(heard[0])
  expect(heard.map(({ type }) => type)).toEqual(['opened', 'opened', 'datagram'])
})
