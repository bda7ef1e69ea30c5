/** Two DTLS machines with a wire between them that the test holds in its hands, without streams. */
import { seeded } from '../../src/core/dice.ts'
import type { Machine } from '../../src/core/machine.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import { copy } from '../../src/core/snapshot.ts'
import { down, up } from '../../src/core/stack.ts'
import { dtls, type Dtls, type DtlsEffect, type DtlsEvent } from '../../src/datagram/dtls/dtls.ts'
import { defaultDtlsParameters, type DtlsParameters } from '../../src/datagram/dtls/options.ts'
import type { Unheard } from '../../src/datagram/dtls/unheard.ts'
import { ciphers, crypto } from '../../src/platform/crypto.ts'

export const psk: Secret = new Secret(new TextEncoder().encode('sixteen octets k'))
export const identity: Uint8Array = new TextEncoder().encode('device')

/** One end. `hears` are the words that it gave to those above. */
export interface End {
  readonly machine: Machine<Dtls, DtlsEvent, DtlsEffect>
  readonly state: () => Dtls
  readonly hears: DatagramUp[]
  /** What it explained. */
  readonly explains: Unheard[]
  readonly post: (event: DtlsEvent) => void
  readonly restore: (state: Dtls) => void
}
export interface EndOptions {
  readonly parameters?: Partial<DtlsParameters>
  readonly hint?: Uint8Array
  readonly key?: Secret
  /** The key at this moment, where it changes. */
  readonly keyNow?: () => Secret | undefined
  readonly seed?: number
}
/** The clock of a test. */
export interface Clock {
  now: number
}

/** An end that sends datagrams to `sent`; its look-ups are answered at once. */
export const end = (
  { parameters = {}, hint, key = psk, keyNow = () => key, seed = 1 }: EndOptions,
  clock: Clock,
  sent: (word: DatagramDown) => void,
): End => {
  const machine = dtls({ crypto, ciphers, p: { ...defaultDtlsParameters, ...parameters }, hint, opens: true, serves: true })
  const random = seeded(seed)
  const hears: DatagramUp[] = []
  const explains: Unheard[] = []
  let state = copy(machine.initial)
  const post = (event: DtlsEvent | { readonly type: 'tick' }) => {
    const [next, effects] = machine.step(state, event, { now: clock.now, wall: clock.now, dice: random.dice() })
    state = next
    for (const effect of effects) {
      if (effect.type === 'down') sent(effect.value)
      else if (effect.type === 'up') hears.push(effect.value)
      else if (effect.type === 'unheard') explains.push(effect)
      else if (effect.type === 'look-up') post({ type: 'found', remote: effect.remote, number: effect.number, identity, key: keyNow() })
    }
  }
  return {
    machine: { ...machine, step: machine.step },
    state: () => state,
    hears,
    explains,
    post: (event) => {
      while (machine.deadline(state) <= clock.now) post({ type: 'tick' })
      post(event)
    },
    restore: (from) => void (state = from),
  }
}

/** A datagram on its way. */
export interface Parcel {
  readonly from: 'client' | 'server'
  readonly bytes: Uint8Array
}
export const serverName = 'coaps://10.0.0.1:5684'
export const clientPath = 'coap://10.0.0.2:40000'
export const clientName = 'coaps://10.0.0.2:40000'

export interface Pair {
  readonly clock: Clock
  readonly client: End
  readonly server: End
  /** Everything that was ever on the wire. */
  readonly parcels: Parcel[]
  /** Puts what is under way through, until nothing is. */
  readonly settle: () => void
  /** Lets time pass, alarm by alarm. */
  readonly wait: (ms: number) => void
  readonly open: () => void
  readonly send: (text: string) => void
  /** Hands the server octets as if they came from there. */
  readonly inject: (bytes: Uint8Array, via?: string) => void
}

/** `wire` says what becomes of a datagram: itself by default, nothing, others. */
export const pair = (
  client: EndOptions = {},
  server: EndOptions = {},
  wire: (parcel: Parcel, index: number) => readonly Uint8Array[] = ({ bytes }) => [bytes],
): Pair => {
  const clock = { now: 1_000 }
  const parcels: Parcel[] = []
  const queue: Parcel[] = []
  const deliver = (from: Parcel['from']) => (word: DatagramDown) => {
    if (word.type === 'open') queue.push({ from: 'server', bytes: opened })
    if (word.type !== 'datagram') return
    const parcel = { from, bytes: word.bytes }
    parcels.push(parcel)
    for (const bytes of wire(parcel, parcels.length - 1)) queue.push({ from, bytes })
  }
  const going = end({ seed: 2, ...client }, clock, deliver('client'))
  const serving = end({ seed: 3, ...server }, clock, deliver('server'))
  const settle = () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (next.bytes === opened) going.post(up({ type: 'opened', remote: serverName, address: '10.0.0.1:5684', local: '10.0.0.2:40000' }))
      else if (next.from === 'client') serving.post(up({ type: 'datagram', remote: clientPath, bytes: next.bytes }))
      else going.post(up({ type: 'datagram', remote: serverName, bytes: next.bytes }))
    }
  }
  const nextAt = () => Math.min(going.machine.deadline(going.state()), serving.machine.deadline(serving.state()))
  const alarm = () => {
    for (const one of [going, serving])
      if (one.machine.deadline(one.state()) <= clock.now) one.post(up({ type: 'undeliverable', remote: 'nobody', reason: 'unreachable' }))
    settle()
  }
  const wait = (ms: number) => {
    const until = clock.now + ms
    for (let at = nextAt(); at <= until; at = nextAt()) {
      clock.now = Math.max(clock.now, at)
      alarm()
    }
    clock.now = until
  }
  const submit = (word: DatagramDown) => {
    going.post(down(word))
    settle()
  }
  return {
    clock,
    client: going,
    server: serving,
    parcels,
    settle,
    wait,
    open: () => submit({ type: 'open', remote: serverName, uri: serverName }),
    send: (text) => submit({ type: 'datagram', remote: serverName, bytes: new TextEncoder().encode(text) }),
    inject: (bytes, via = clientPath) => {
      serving.post(up({ type: 'datagram', remote: via, bytes }))
      settle()
    },
  }
}
const opened = new Uint8Array(0)

export const openings = ({ hears }: End): number => hears.filter(({ type }) => type === 'opened').length
export const texts = ({ hears }: End): readonly string[] =>
  hears.flatMap((word) => (word.type === 'datagram' ? [new TextDecoder().decode(word.bytes)] : []))
export const details = ({ hears }: End): readonly (string | undefined)[] =>
  hears.flatMap((word) => (word.type === 'closed' ? [word.detail] : []))
