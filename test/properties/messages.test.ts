/** The message layer under everything a network does (RFC 7252 §4). */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { seeded, type Random } from '../../src/core/dice.ts'
import { tick, type Machine, type Tick } from '../../src/core/machine.ts'
import { copy } from '../../src/core/snapshot.ts'
import { down, up } from '../../src/core/stack.ts'
import { messages, type Messages, type MessagesEffect, type MessagesEvent } from '../../src/exchange/messages.ts'
import { defaultParameters, type Parameters } from '../../src/exchange/parameters.ts'
import { noBytes, noOptions, unnumbered, type Message, type Submission } from '../../src/message/message.ts'

const runs = { numRuns: 1_000 }

/** A machine with its state, one step at a time. */
const at = (p: Parameters, seed: number) => {
  const machine: Machine<Messages, MessagesEvent, MessagesEffect> = messages(p)
  const luck = seeded(seed)
  const layer = {
    state: copy(machine.initial),
    step: (event: MessagesEvent | Tick, now: number): readonly MessagesEffect[] => {
      const [state, effects] = machine.step(layer.state, event, { now, wall: 0, dice: luck.dice() })
      layer.state = state
      return effects
    },
    deadline: () => machine.deadline(layer.state),
  }
  return layer
}
const message = (given: Partial<Message>): Message => ({
  type: 'CON',
  remote: 'a',
  messageId: 0,
  code: '0.02',
  token: '',
  options: noOptions,
  payload: noBytes,
  ...given,
})
const submission = (given: Partial<Submission>): Submission => ({
  ...message({ messageId: unnumbered }),
  reference: '',
  purpose: 'request',
  ...given,
})

// ── two endpoints and a network between them ─────────────────────────────────────────────────────────────────────────────────

interface Network {
  readonly seed: number
  readonly requests: number
  readonly loss: number
  readonly duplication: number
  readonly delayMs: number
  readonly thinkMs: number
  readonly nstart: number
}
const network: fc.Arbitrary<Network> = fc.record({
  seed: fc.integer(),
  requests: fc.integer({ min: 1, max: 8 }),
  loss: fc.constantFrom(0, 0.1, 0.5),
  duplication: fc.constantFrom(0, 0.3, 0.7),
  delayMs: fc.constantFrom(10, 3_000, 50_000),
  thinkMs: fc.constantFrom(0, 500, 10_000),
  nstart: fc.constantFrom(1, 3),
})

/** Plays requests through it until nothing moves; what was performed and what the client heard, by token. */
const played = ({ seed, requests, loss, duplication, delayMs, thinkMs, nstart }: Network) => {
  const p: Parameters = { ...defaultParameters, nstart }
  const luck: Random = seeded(seed)
  const chance = () => luck.uint32() / 2 ** 32
  const ends = { client: at(p, seed ^ 1), server: at(p, seed ^ 2) }
  const events: { readonly at: number; readonly order: number; readonly end: 'client' | 'server'; readonly event: MessagesEvent }[] = []
  const performed = new Map<string, number>()
  const heard = new Map<string, string[]>()
  const note = (token: string, what: string) => heard.set(token, [...(heard.get(token) ?? []), what])
  let order = 0
  const later = (end: 'client' | 'server', event: MessagesEvent, when: number) =>
    events.push({ at: Math.round(when), order: order++, end, event })
  const carry = (from: 'client' | 'server', value: Message, now: number) => {
    const to = from === 'client' ? 'server' : 'client'
    const arrived = { ...value, remote: from }
    if (chance() >= loss) later(to, up(arrived), now + chance() * delayMs)
    while (chance() < duplication) later(to, up(arrived), now + chance() * delayMs)
  }
  const perform = (end: 'client' | 'server', { value, type }: MessagesEffect, now: number) => {
    if (type === 'down') return carry(end, value as Message, now)
    if (value.type === 'settled') return note(String(value.reference), value.outcome)
    const delivered = value as Message
    if (end === 'client') return note(delivered.token, delivered.code)
    performed.set(delivered.token, (performed.get(delivered.token) ?? 0) + 1)
    const { remote, messageId, token } = delivered
    later('server', down(message({ type: 'ACK', remote, messageId, token, code: '2.04' })), now + chance() * thinkMs)
  }
  for (let index = 0; index < requests; index++) {
    const token = index.toString(16).padStart(2, '0')
    later('client', down(submission({ remote: 'server', token, reference: token })), chance() * 5_000)
  }
  for (let turns = 0; turns < 100_000; turns++) {
    events.sort((a, b) => a.at - b.at || a.order - b.order)
    const nextTick = (['client', 'server'] as const).map((end) => ({ end, at: ends[end].deadline() })).sort((a, b) => a.at - b.at)[0]!
    const next = events[0]
    if (next === undefined && ends.client.state.outgoing.size + ends.client.state.waiting.size === 0) return { performed, heard }
    if (next === undefined || nextTick.at < next.at)
      for (const effect of ends[nextTick.end].step(tick, nextTick.at)) perform(nextTick.end, effect, nextTick.at)
    else {
      events.shift()
      for (const effect of ends[next.end].step(next.event, next.at)) perform(next.end, effect, next.at)
    }
  }
  throw new Error('it never ends')
}

test('a request is performed at most once, whatever is lost, duplicated, delayed and reordered [RFC 7252 §4.5]', () => {
  fc.assert(
    fc.property(network, (given) => {
      for (const [token, times] of played(given).performed) expect(times, token).toBe(1)
    }),
    runs,
  )
})
test('every request has exactly one outcome, and one that was answered was performed [RFC 7252 §4.2]', () => {
  fc.assert(
    fc.property(network, (given) => {
      const { performed, heard } = played(given)
      expect(heard.size).toBe(given.requests)
      for (const [token, outcomes] of heard) {
        expect(outcomes).toHaveLength(1)
        if (outcomes[0] === '2.04') expect(performed.get(token)).toBe(1)
      }
    }),
    runs,
  )
})
test('without loss and long delays every request is answered', () => {
  fc.assert(
    fc.property(network, (given) => {
      const { heard } = played({ ...given, loss: 0, delayMs: 900, thinkMs: 0 })
      for (const outcomes of heard.values()) expect(outcomes).toEqual(['2.04'])
    }),
    runs,
  )
})

// ── one endpoint and anything at all ─────────────────────────────────────────────────────────────────────────────────────────

type Move =
  | { readonly type: 'submit'; readonly remote: string; readonly non: boolean; readonly purpose: Submission['purpose'] }
  | { readonly type: 'reply'; readonly which: number; readonly kind: 'ACK' | 'RST' | 'piggybacked' }
  | { readonly type: 'forget'; readonly which: number }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'close'; readonly remote: string }
  | { readonly type: 'wrap'; readonly which: number }

const remote = fc.constantFrom('a', 'b')
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('submit' as const),
      remote,
      non: fc.boolean(),
      purpose: fc.constantFrom('request' as const, 'block' as const, 'notification' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('reply' as const),
      which: fc.nat(30),
      kind: fc.constantFrom('ACK' as const, 'RST' as const, 'piggybacked' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('forget' as const), which: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 100_000 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('close' as const), remote }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('wrap' as const), which: fc.nat(30) }) },
)
const limits = fc.record({
  nstart: fc.integer({ min: 1, max: 4 }),
  waitingMax: fc.integer({ min: 0, max: 5 }),
  outgoingMax: fc.integer({ min: 1, max: 8 }),
})

/** Makes the moves, looks on at each effect, and lets time pass until nothing is under way. */
const made = (
  given: Partial<Parameters>,
  moves: readonly Move[],
  look: (layer: ReturnType<typeof at>, effect: MessagesEffect, now: number, open: Map<string, string>) => void,
) => {
  const layer = at({ ...defaultParameters, ...given }, 1)
  const sent: Message[] = []
  let now = 0
  let count = 0
  const step = (event: MessagesEvent | Tick) => {
    const open = new Map([...layer.state.outgoing.all()].map(({ scope, key, row }) => [`${scope} ${key}`, row.message.token]))
    if (event.type === 'down' && event.value.type === 'forget')
      open.delete(`${event.value.remote} ${layer.state.outgoing.aliased(event.value.remote, event.value.reference)?.key}`)
    for (const effect of layer.step(event, now)) {
      if (effect.type === 'down' && 'reference' in effect.value) sent.push(effect.value as Message)
      look(layer, effect, now, open)
    }
  }
  const pass = (until: number) => {
    while (layer.deadline() <= until) {
      now = layer.deadline()
      step(tick)
    }
    now = Math.max(now, until)
  }
  for (const one of moves) {
    const one_ = 'which' in one ? sent[sent.length - 1 - (one.which % Math.max(1, sent.length))] : undefined
    if (one.type === 'wait') pass(now + one.ms)
    else if (one.type === 'submit') {
      const id = `${count++}`
      step(down(submission({ type: one.non ? 'NON' : 'CON', remote: one.remote, token: id, reference: id, purpose: one.purpose })))
    } else if (one.type === 'close') step(up({ type: 'closed', remote: one.remote, reason: 'lost' }))
    else if (one_ === undefined) continue
    else if (one.type === 'forget') step(down({ type: 'forget', remote: one_.remote, reference: one_.token }))
    else if (one.type === 'reply') {
      const code = one.kind === 'piggybacked' ? '2.04' : '0.00'
      step(
        up(
          message({
            type: one.kind === 'RST' ? 'RST' : 'ACK',
            remote: one_.remote,
            messageId: one_.messageId,
            token: code === '0.00' ? '' : one_.token,
            code,
          }),
        ),
      )
    } else {
      // As if 65,536 messages had gone since: the next message ID is one that may be open.
      const peer = layer.state.peers.get('', one_.remote)
      if (peer !== undefined) layer.state.peers.put('', one_.remote, { ...peer, nextMessageId: one_.messageId })
    }
  }
  pass(now + 1_000_000)
  return { layer, count }
}

/** Whose submission it tells of. */
const tokenOf = (value: MessagesEffect['value']): string => ('outcome' in value ? String(value.reference) : (value as Message).token)

test('a message ID is not used again while its exchange is open [RFC 7252 §4.4]', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      made({ nstart: 4, outgoingMax: 50 }, moves, (_, { type, value }, __, open) => {
        if (type === 'up') for (const [place, token] of open) if (token === tokenOf(value)) open.delete(place)
        if (type !== 'down' || !('reference' in value)) return
        const { remote, messageId, token } = value as Message
        expect(open.get(`${remote} ${messageId}`) ?? token).toBe(token)
      })
    }),
    runs,
  )
})
test('never more than NSTART confirmable messages are under way to a peer, nor more than the bounds say in all [RFC 7252 §4.7]', () => {
  fc.assert(
    fc.property(limits, fc.array(move, { maxLength: 60 }), (given, moves) => {
      made(given, moves, ({ state }) => {
        for (const remote of ['a', 'b']) {
          expect(state.outgoing.count(remote)).toBeLessThanOrEqual(given.nstart)
          expect(state.waiting.count(remote)).toBeLessThanOrEqual(given.waitingMax)
        }
        expect(state.outgoing.size).toBeLessThanOrEqual(given.outgoingMax)
        expect(state.unconfirmed.size).toBeLessThanOrEqual(given.outgoingMax)
      })
    }),
    runs,
  )
})
test('every submission is told of once at most, every confirmable one that is not cancelled once, and in the end nothing is left', () => {
  fc.assert(
    fc.property(limits, fc.array(move, { maxLength: 60 }), (given, moves) => {
      const told = new Map<string, number>()
      const sentAs = new Map<string, string>()
      const { layer, count } = made(given, moves, (_, { type, value }) => {
        if (type === 'down' && 'reference' in value) sentAs.set((value as Message).token, value.type)
        if (type !== 'up' || value.type === 'closed') return
        const id = tokenOf(value)
        told.set(id, (told.get(id) ?? 0) + 1)
      })
      const cancels = moves.some(({ type }) => type === 'forget')
      for (let id = 0; id < count; id++) {
        const times = told.get(`${id}`) ?? 0
        expect(times).toBeLessThanOrEqual(1)
        if (sentAs.get(`${id}`) === 'CON' && !cancels) expect(times).toBe(1)
        if (sentAs.get(`${id}`) === undefined && !cancels) expect(times).toBe(1)
      }
      const { outgoing, waiting, unconfirmed, probes, peers } = layer.state
      expect([outgoing, waiting, unconfirmed, probes, peers].map(({ size }) => size)).toEqual([0, 0, 0, 0, 0])
    }),
    runs,
  )
})

// ── duplicates, against a model ──────────────────────────────────────────────────────────────────────────────────────────────

const arrival = fc.record({
  remote,
  messageId: fc.nat(3),
  token: fc.constantFrom('', 'aa', 'bb'),
  code: fc.constantFrom('0.01' as const, '0.02' as const, '0.03' as const, '2.05' as const),
  type: fc.constantFrom('CON' as const, 'NON' as const),
  afterMs: fc.oneof(fc.constant(0), fc.nat(200_000)),
  answer: fc.constantFrom(undefined, '2.04' as const, '2.31' as const, '0.00' as const),
  size: fc.constantFrom(0, 100),
})
test('what may not be performed twice is delivered once in its lifetime, also when its message ID is used for other messages [RFC 7252 §4.5]', () => {
  const tight = { seenPerPeerMax: 2, seenBytesPerPeerMax: 250, seenMax: 3 }
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 60 }), (arrivals) => {
      const layer = at({ ...defaultParameters, ...tight }, 1)
      const known = new Map<string, number>()
      let now = 0
      for (const { afterMs, answer, size, ...given } of arrivals) {
        now += afterMs
        while (layer.deadline() <= now) layer.step(tick, layer.deadline())
        const value = message(given)
        const delivered = layer.step(up(value), now).some(({ type }) => type === 'up')
        const once = given.code === '0.02' || given.code === '0.03'
        const key = `${value.remote} ${value.messageId} ${value.token}`
        const isKnown = (known.get(key) ?? -1) > now
        if (once && delivered) expect(isKnown, key).toBe(false)
        if (once && delivered && answer !== '2.31') known.set(key, now + (value.type === 'CON' ? 247_000 : 145_000))
        if (delivered && answer !== undefined && value.type === 'CON')
          layer.step(
            down(
              message({ ...value, type: 'ACK', code: answer, token: answer === '0.00' ? '' : value.token, payload: new Uint8Array(size) }),
            ),
            now,
          )
      }
      const { kept, seen, performed, reused } = layer.state
      const weight = (table: typeof seen, of: string) => [...table.in(of)].reduce((sum, { row }) => sum + row.octets, 0)
      for (const of of ['a', 'b'])
        expect(kept.get('', of) ?? { seen: 0, performed: 0 }).toEqual({
          seen: weight(seen, of),
          performed: weight(performed, of) + weight(reused, of),
        })
      for (const of of ['a', 'b']) expect(weight(seen, of)).toBeLessThanOrEqual(250)
    }),
    { numRuns: 3_000 },
  )
})
