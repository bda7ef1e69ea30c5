/** The laws over DTLS: a machine that talks with itself, as client at one address and server at another (RFC 6347). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seeded, type Random } from '../../src/core/dice.ts'
import type { Machine } from '../../src/core/machine.ts'
import { copy } from '../../src/core/snapshot.ts'
import type { Turn } from '../../src/core/journal.ts'
import { single } from '../../src/core/part.ts'
import type { DatagramUp } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import { down, up } from '../../src/core/stack.ts'
import { Table } from '../../src/core/table.ts'
import { dtls, type Dtls, type DtlsEffect, type DtlsEvent } from '../../src/datagram/dtls/dtls.ts'
import type { Context } from '../../src/datagram/dtls/handshaking.ts'
import { defaultDtlsParameters, type DtlsParameters } from '../../src/datagram/dtls/options.ts'
import { ciphers, crypto } from '../../src/platform/crypto.ts'
import { hex, laws, play, scripts } from '../../src/testing/index.ts'
import { check } from './tight.ts'

const psk = new Secret(Uint8Array.from({ length: 16 }, (_, at) => 0xa0 + at))
const identity = new TextEncoder().encode('device')

const tight: DtlsParameters = {
  ...defaultDtlsParameters,
  suites: [
    'TLS_PSK_WITH_AES_128_CCM_8',
    'TLS_PSK_WITH_AES_128_GCM_SHA256',
    'TLS_PSK_WITH_AES_128_CBC_SHA256',
    'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256',
  ],
  peersMax: 3,
  handshakesMax: 2,
  handshakesPerSecondMax: 3,
  reassemblyBytesMax: 400,
  sessionsMax: 2,
  sessionLifetimeMs: 600_000,
  waitingBytesMax: 40,
  heldRecordsMax: 2,
  retransmissionsMax: 3,
  idleMs: 1_000_000,
  datagramBytesMax: 220,
}
const contextOf = (p: DtlsParameters): Context => ({
  crypto,
  ciphers,
  p,
  hint: Uint8Array.of(1, 2, 3),
  opens: true,
  serves: true,
})

const there = 'coaps://10.0.0.1:5684'
const [front, back] = ['coap://10.0.0.1:5684', 'coap://10.0.0.2:40000']
const remotes = fc.constantFrom(there, front, back, 'coaps://10.0.0.2:40000', 'coap://10.0.0.3:1')
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc
    .record({
      type: fc.constantFrom(20, 21, 22, 23, 25),
      epoch: fc.nat(2),
      sequence: fc.nat(3),
      fragment: fc.uint8Array({ maxLength: 60 }),
    })
    .map(({ type, epoch, sequence, fragment }) =>
      Uint8Array.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, sequence, 0, fragment.length, ...fragment]),
    ),
)
const events: fc.Arbitrary<DtlsEvent> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('datagram' as const), remote: remotes, bytes }).map(up) },
  {
    weight: 6,
    arbitrary: fc
      .record({
        type: fc.constant('datagram' as const),
        remote: fc.constantFrom(there, 'coaps://10.0.0.2:40000'),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }),
      })
      .map(down),
  },
  { weight: 2, arbitrary: remotes.map((remote) => down({ type: 'open', remote, uri: remote, account: 1 } as const)) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('datagram' as const), remote: remotes, bytes: fc.uint8Array({ maxLength: 30 }) }).map(down),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('close' as const), remote: remotes, keepSession: fc.boolean() }).map(down) },
  {
    weight: 1,
    arbitrary: fc
      .oneof(
        remotes.map((remote): DatagramUp => ({ type: 'opened', remote, address: '10.0.0.1:5684', local: '10.0.0.2:40000' })),
        remotes.map((remote): DatagramUp => ({ type: 'closed', remote, reason: 'socket' })),
        remotes.map((remote): DatagramUp => ({ type: 'undeliverable', remote, reason: 'unreachable' })),
      )
      .map(up),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('found' as const),
      remote: remotes,
      number: fc.nat(4),
      identity: fc.constant(identity),
      key: fc.constant(psk),
    }),
  },
)
/** What leaves at one address arrives at the other; what is looked up is found; what is opened, opens. */
const answers = (effect: DtlsEffect): readonly DtlsEvent[] => {
  if (effect.type === 'look-up')
    return [
      { type: 'found', remote: effect.remote, number: effect.number, identity, key: psk },
      { type: 'found', remote: effect.remote, number: effect.number },
    ]
  if (effect.type !== 'down') return []
  const { value } = effect
  if (value.type === 'open') return [up({ type: 'opened', remote: value.remote, address: '10.0.0.1:5684', local: '10.0.0.2:40000' })]
  if (value.type === 'close') return [up({ type: 'closed', remote: value.remote, reason: 'asked' })]
  const from = value.remote === back ? there : back
  const flipped = Uint8Array.from(value.bytes)
  if (flipped.length > 0) flipped[flipped.length - 1]! ^= 1
  return [
    up({ type: 'datagram', remote: from, bytes: value.bytes }),
    up({ type: 'datagram', remote: from, bytes: flipped }),
    up({ type: 'datagram', remote: front, bytes: value.bytes }),
  ]
}

/** A whole conversation of the machine with itself, seen through its journal. */
const conversation = (p: DtlsParameters, count = Infinity) => {
  const turns: Turn[] = []
  const effects: DtlsEffect[] = []
  const env = {
    scheduler: undefined as never,
    wall: () => 0,
    random: seeded(7),
    journal: { observed: true, write: (turn: Turn) => void turns.push(turn) },
  }
  const machine = dtls(contextOf(p))
  const queue: DtlsEvent[] = []
  const secrets: Uint8Array[] = [psk.reveal()]
  let state = machine.initial
  const witness = (_stamp: unknown, _event: unknown, next: Dtls) => {
    state = next
    secretsOf(next, secrets)
  }
  const part = single(machine, { witness })(env, (effect) => {
    effects.push(effect)
    const [answer] = answers(effect)
    if (answer !== undefined) queue.push(answer)
  })
  let said = 0
  const say = (event: DtlsEvent) => {
    queue.push(event)
    for (let next = queue.shift(); next !== undefined && said++ < count; next = queue.shift()) part.post(next, 1_000)
  }
  return { turns, effects, secrets, say, state: () => state }
}
/** The octets of every secret in a state, tables and all. */
const secretsOf = (value: unknown, found: Uint8Array[]): void => {
  if (value instanceof Secret) found.push(value.reveal())
  else if (value instanceof Table) for (const { row } of value.all()) secretsOf(row, found)
  else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
    for (const field of Object.values(value)) secretsOf(field, found)
}
/** Every octet string and text in plain data, as hex. */
const readable = (value: unknown, found: string[]): void => {
  if (value instanceof Uint8Array) found.push(hex(value))
  else if (typeof value === 'string') found.push(value, hex(new TextEncoder().encode(value)))
  else if (typeof value === 'object' && value !== null && !(value instanceof Secret))
    for (const field of Object.values(value)) readable(field, found)
}

describe('a conversation', () => {
  for (const suite of tight.suites)
    test(`with ${suite} leaves no octets of a secret in any turn, and no dice`, () => {
      const { turns, effects, secrets, say } = conversation({ ...tight, suites: [suite], keyLog: true })
      say(down({ type: 'open', remote: there, uri: there }))
      say(down({ type: 'datagram', remote: there, bytes: Uint8Array.of(1, 2, 3) }))
      say(down({ type: 'close', remote: there, keepSession: false }))
      expect(effects.filter((effect) => effect.type === 'up' && effect.value.type === 'opened')).toHaveLength(2)
      expect(effects.some((effect) => effect.type === 'up' && effect.value.type === 'datagram')).toBe(true)
      const long = secrets.filter(({ length }) => length >= 16).map(hex)
      expect(new Set(long).size).toBeGreaterThan(3)
      const seen: string[] = []
      readable(turns, seen)
      for (const secret of new Set(long)) expect(seen.filter((text) => text.includes(secret))).toEqual([])
      expect(turns.every(({ stamp }) => stamp.dice.length === 0)).toBe(true)
      expect(JSON.stringify(turns)).toContain('[secret]')
    })
})

/** The machine as it is after so many events of a conversation with itself. */
const after = (count: number): Machine<Dtls, DtlsEvent, DtlsEffect> => {
  const { say, state } = conversation({ ...tight, suites: ['TLS_PSK_WITH_AES_128_CCM_8'] }, count)
  say(down({ type: 'open', remote: there, uri: there }))
  return { ...dtls(contextOf(tight)), initial: copy(state()) }
}
const bound = {
  octets: 12_000,
  flood: (index: number, luck: Random): DtlsEvent => {
    const remote = `coap://10.${(index >> 8) & 255}.${index & 255}.1:5684`
    const random = Uint8Array.from({ length: 32 }, () => luck.uint32() & 255)
    const body = [0xfe, 0xfd, ...random, 0, 0, 0, 2, 0xc0, 0xa8, 1, 0]
    const message = [1, 0, 0, body.length, 0, 0, 0, 0, 0, 0, 0, body.length, ...body]
    const record = Uint8Array.from([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, message.length, ...message])
    return luck.uint32() % 3 > 0 ? up({ type: 'datagram', remote, bytes: record }) : down({ type: 'datagram', remote, bytes: random })
  },
}

describe('the laws from nothing', () => {
  check(laws(dtls(contextOf(tight)), { events, answers, bound }))
})
describe('the laws from an established link', () => {
  test('are tried on states in which data arrives, links end and are made again', () => {
    const reached = new Map<string, number>()
    const machine = after(Infinity)
    for (const script of fc.sample(scripts(events), { numRuns: 500, seed: 1 }))
      play(machine, script, {
        answers,
        visit: (state, event, stamp) => {
          const made = machine.step(state, event, stamp)
          for (const { value } of made[1].filter((effect) => effect.type === 'up'))
            reached.set(value.type, (reached.get(value.type) ?? 0) + 1)
          return made
        },
      })
    for (const word of ['datagram', 'closed', 'undeliverable']) expect(reached.get(word) ?? 0, word).toBeGreaterThan(50)
    expect(reached.get('opened') ?? 0).toBeGreaterThan(0)
  })
  check(laws(after(Infinity), { events, answers, bound }))
})
describe('the laws from the middle of a handshake', () => {
  for (const count of [3, 5, 6, 7, 8, 9, 10, 11])
    describe(`after ${count} events`, () => check(laws(after(count), { events, answers, runs: 100 })))
})
