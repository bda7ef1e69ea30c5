/** A client and a server over one wire: every datagram on it is transmitted, what either delivers is delivered; some datagrams are lost. */
import { filter, Observable, of, Subject, timer, map, type Subscription } from 'rxjs'
import type { Layer } from '../../src/core/duplex.ts'
import { seeded } from '../../src/core/dice.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { Datagram, DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import { cable } from '../../src/datagram/cable.ts'
import { handshakeTypes } from '../../src/datagram/dtls/handshake.ts'
import type { DtlsOptions } from '../../src/datagram/dtls/options.ts'
import { dtls } from '../../src/datagram/dtls/pipeline.ts'
import { contentTypes, recordsOf } from '../../src/datagram/dtls/record.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { ladder, like, type Lanes, type Recorded } from '../../src/testing/index.ts'

export const server = 'coaps://10.0.0.1:5684'
export const octets = (text: string): Uint8Array => new TextEncoder().encode(text)
export const key: Secret = new Secret(octets('a key of 16 octet'))
export const identity: Uint8Array = octets('device')

/** What the datagram carries, a name for each record, in the words of RFC 6347. */
export const contentsOf = ({ type, bytes }: Datagram): string =>
  (type !== 'datagram' ? [] : recordsOf(bytes, 8))
    .map(({ type, epoch, fragment }) => {
      if (type === contentTypes.changeCipherSpec) return 'ChangeCipherSpec'
      if (type === contentTypes.alert && epoch === 0) return `Alert ${fragment[1]}`
      if (epoch === 1) return type === contentTypes.cid ? 'cid' : `sealed ${type}`
      return names[fragment[0]!] ?? '?'
    })
    .join(' ')
const names: Readonly<Record<number, string>> = Object.fromEntries(Object.entries(handshakeTypes).map(([name, number]) => [number, name]))

export interface PairOptions {
  readonly client?: Partial<DtlsOptions>
  readonly server?: Partial<DtlsOptions>
  /** Which datagrams are lost, counted from 0. */
  readonly lost?: readonly number[]
  readonly clientKey?: Secret
  /** How long a server's look-up takes. */
  readonly lookUpMs?: number
  readonly untilMs?: number
  readonly journal?: Environment['journal']
}

/** A quarter of a second: what one character is, and how long a datagram travels. */
export const quarterMs = 250

/** `o` opens, `d` sends, `x` ends, `z` lets the session sleep. Transmitted: `c` ClientHello, `v` HelloVerifyRequest, `C` ClientHello with its cookie, and so on; delivered: `s` by the server, `o` by the client. */
export const words = (): Readonly<Record<string, unknown>> => {
  return {
    o: { type: 'open', remote: server, uri: server },
    d: { type: 'datagram', remote: server, bytes: octets('data') },
    x: { type: 'close', remote: server, keepSession: false },
    z: { type: 'close', remote: server, keepSession: true },
    c: (word: unknown) => isHello(word, 0),
    v: carries('helloVerifyRequest'),
    C: (word: unknown) => isHello(word, 20),
    S: carries('serverHello serverHelloDone'),
    K: carries('clientKeyExchange ChangeCipherSpec sealed 22'),
    F: carries('ChangeCipherSpec sealed 22'),
    R: carries('serverHello ChangeCipherSpec sealed 22'),
    D: carries('sealed 23'),
    A: carries('sealed 21'),
    s: like({ type: 'opened', remote: 'coaps://10.0.0.2:49152', identity }),
    a: like({ type: 'opened', remote: server, identity }),
    t: like({ type: 'opened', remote: 'coaps://10.0.0.2:49153', identity }),
    h: like({ type: 'datagram', bytes: octets('data') }),
    e: like({ type: 'closed', remote: server, reason: 'asked' }),
    l: like({ type: 'closed', reason: 'lost', detail: 'close-notify' }),
    w: like({ type: 'closed', detail: 'wrong-key' }),
    n: like({ type: 'closed', detail: 'no-common-suite' }),
    u: like({ type: 'closed', detail: 'unknown-identity' }),
    i: like({ type: 'closed', detail: 'no-credentials' }),
    q: like({ type: 'closed', reason: 'unreachable', detail: 'silence' }),
    f: carries('Alert 40'),
    m: carries('Alert 51'),
    p: carries('Alert 115'),
    I: carries('cid'),
    k: like({ type: 'closed', detail: 'extended-master-secret' }),
  }
}

/** Whether a datagram carries just that. */
export const carries =
  (contents: string) =>
  (word: unknown): boolean =>
    contentsOf(word as Datagram) === contents

/** Whether it is a ClientHello with a cookie of so many octets. */
const isHello = (word: unknown, cookieBytes: number): boolean => {
  const { bytes } = word as Datagram
  const sessionAt = 13 + 12 + 34
  return contentsOf(word as Datagram) === 'clientHello' && bytes[sessionAt + 1 + bytes[sessionAt]!] === cookieBytes
}

/** Plays a ladder of both ends. */
export const play = (options: PairOptions, lanes: Lanes, more: Readonly<Record<string, unknown>> = {}): Recorded =>
  ladder(
    { layer: (env: Environment) => both(env, options) },
    {
      msPerChar: quarterMs,
      values: { ...words(), ...more },
      ...(options.untilMs === undefined ? {} : { untilMs: options.untilMs }),
    },
    lanes,
  )

const both =
  (env: Environment, options: PairOptions): Layer<DatagramDown, DatagramUp, DatagramDown, DatagramUp> =>
  (below) =>
  (submitted$) =>
    new Observable((observer) => {
      const seen$ = new Subject<DatagramDown>()
      let count = 0
      const subscriptions: Subscription[] = [below(seen$).subscribe()]
      const isKept = (word: DatagramDown): boolean => {
        if (word.type !== 'datagram') return true
        seen$.next(word)
        return !(options.lost ?? []).includes(count++)
      }
      const wires = cable({ scheduler: env.scheduler, random: seeded(1) }, { delayMs: quarterMs })
      const wire = (name: string) => (down$: Observable<DatagramDown>) => wires(name)(down$.pipe(filter(isKept)))
      const world = (seed: number): Environment => ({
        ...env,
        crypto,
        random: seeded(seed),
        ...(options.journal === undefined ? {} : { journal: options.journal }),
      })
      const peer = () => timer(options.lookUpMs ?? 0, env.scheduler).pipe(map(() => key))
      const found = options.lookUpMs === undefined ? () => of(key) : peer
      const plain = { connectionIdBytes: undefined }
      const serving = dtls(world(2), { ...plain, ...options.server, credentials: { peer: found, ...options.server?.credentials } })
      const own = () => of({ identity, key: options.clientKey ?? key })
      const going = dtls(world(3), { ...plain, ...options.client, credentials: { own, ...options.client?.credentials } })
      subscriptions.push(serving(wire('coap://10.0.0.1:5684'))(new Subject()).subscribe((word) => observer.next(word)))
      subscriptions.push(going(wire('coap://10.0.0.2:40000'))(submitted$).subscribe((word) => observer.next(word)))
      subscriptions.forEach((one) => observer.add(one))
    })
