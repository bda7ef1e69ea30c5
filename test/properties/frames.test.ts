/** Messages on reliable transports: frames, settings and signals (RFC 8323). */
import fc from 'fast-check'
import { concat, delay, firstValueFrom, of, pipe, take, toArray } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { seeded } from '../../src/core/dice.ts'
import { silent } from '../../src/core/journal.ts'
import { tick } from '../../src/core/machine.ts'
import { copy } from '../../src/core/snapshot.ts'
import { down, up } from '../../src/core/stack.ts'
import { bodies, transfers } from '../../src/blockwise/pipeline.ts'
import { streamCable } from '../../src/datagram/cable.ts'
import { datagram } from '../../src/datagram/datagram.ts'
import { endpoint, type Handler } from '../../src/exchange/ask.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { exchanges } from '../../src/exchange/pipeline.ts'
import { request } from '../../src/exchange/request.ts'
import { codes, isReserved } from '../../src/message/code.ts'
import { decodeFrame, encodeFrame, frameHead, frameLength } from '../../src/message/frame.ts'
import { frames, type FramesEffect } from '../../src/message/frames.ts'
import type { Malformed, Message } from '../../src/message/message.ts'
import { uintBytes, uintOption } from '../../src/message/option.ts'
import { defaultSignals, signals, type SignalsEffect, type SignalsEvent } from '../../src/message/signals.ts'
import { frames as framing, signals as signalling } from '../../src/message/stream.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'
import { arbitraries as any, laws } from '../../src/testing/index.ts'
import { check } from '../laws/tight.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bare = (code: Message['code'], more: Partial<Message> = {}): Message => ({
  type: 'NON',
  remote: 'a',
  messageId: 0,
  code,
  token: '',
  options: [],
  payload: new Uint8Array(0),
  ...more,
})
/** Malformed once is silent ever after. */
const understood = any.messages.filter(({ code }) => !isReserved(code))
const whole = (bytes: Uint8Array) => decodeFrame('a', bytes, frameHead(bytes)!)

describe('a frame', () => {
  test('is length, token length, code, token, then options and payload [RFC 8323 §3.2]', () => {
    // Len 10 (marker and nine octets), TKL 2
    const message = bare('2.05', { token: '0102', payload: new TextEncoder().encode('hi there!') })
    expect(hex(encodeFrame(message).bytes)).toBe(`a2450102ff${hex(message.payload)}`)
  })

  test.each([
    [12, 'c0', 2],
    [13, 'd000', 3],
    [268, 'd0ff', 3],
    [269, 'e00000', 4],
    [65_804, 'e0ffff', 4],
    [65_805, 'f000000000', 6],
    [70_000, 'f000001063', 6],
  ])('of %i octets of options and payload begins with %s [RFC 8323 §3.2]', (length, head, headBytes) => {
    const { bytes } = encodeFrame(bare('2.05', { payload: new Uint8Array(length - 1) }))
    expect(hex(bytes.subarray(0, headBytes - 1))).toBe(head)
    expect(frameHead(bytes)).toEqual({ headBytes, tokenLength: 0, frameBytes: headBytes + length })
    expect(bytes.length).toBe(headBytes + length)
  })

  test('of an empty message is two octets [RFC 8323 §3.4]', () => {
    expect(hex(encodeFrame(bare('0.00')).bytes)).toBe('0000')
    expect(whole(Uint8Array.of(0, 0))).toEqual(bare('0.00'))
  })

  test('gives the message back, without its type and message ID [RFC 8323 §3.2]', () => {
    fc.assert(
      fc.property(
        any.messages,
        fc.constantFrom(...codes.filter((code) => code !== '0.00' && (!isReserved(code) || code.startsWith('7')))),
        (given, code) => {
          const message = { ...given, code }
          const { bytes } = encodeFrame(message)
          expect(whole(bytes)).toMatchObject({
            type: 'NON',
            messageId: 0,
            remote: message.remote === 'a' ? 'a' : 'a',
            code,
            token: message.token,
          })
          const back = whole(bytes) as Message
          expect(back.options.map(({ number, value }) => [number, hex(value)])).toEqual(
            message.options.map(({ number, value }) => [number, hex(value)]),
          )
          expect(hex(back.payload)).toBe(hex(message.payload))
          expect(frameLength(message)).toBe(bytes.length)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('cut short never reads as a whole one', () => {
    fc.assert(
      fc.property(any.messages, fc.nat(), (message, cut) => {
        const { bytes } = encodeFrame(message)
        const part = bytes.subarray(0, cut % bytes.length)
        const head = frameHead(part)
        expect(head === undefined || head.frameBytes > part.length).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test('of any octets is a message or malformed, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const head = frameHead(bytes)
        if (head === undefined || head.frameBytes > bytes.length || head.tokenLength > 8) return
        expect(['NON', 'malformed']).toContain(decodeFrame('a', bytes.subarray(0, head.frameBytes), head).type)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a stream', () => {
  const limits = { maxMessageBytes: 2000, maxConnections: 3, messageMs: 60_000 }
  const stamp = { now: 0, wall: 0, dice: [1, 2, 3, 4, 5, 6, 7, 8] }
  const opened = (remote: string) => up({ type: 'opened', remote, address: 'x:1', local: 'y:2' } as const)
  const machine = frames(limits)
  const heard = (pieces: readonly Uint8Array[]): (Message | Malformed)[] => {
    let state = copy(machine.initial)
    const found: FramesEffect[] = []
    for (const event of [opened('a'), ...pieces.map((bytes) => up(datagram('a', bytes)))]) {
      const [next, effects] = machine.step(state, event, stamp)
      state = next
      found.push(...effects)
    }
    return found.flatMap(({ value }) => (value.type === 'NON' || value.type === 'malformed' ? [value] : []))
  }

  test('cut anywhere gives the same messages in the same order [RFC 8323 §3.2]', () => {
    fc.assert(
      fc.property(fc.array(understood, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sent, cuts) => {
        const all = Buffer.concat(sent.map((message) => encodeFrame({ ...message, payload: message.payload.subarray(0, 1000) }).bytes))
        const pieces: Uint8Array[] = []
        for (let at = 0, i = 0; at < all.length; at += cuts[i++ % cuts.length]!)
          pieces.push(Uint8Array.from(all.subarray(at, at + cuts[i % cuts.length]!)))
        expect(heard(pieces)).toEqual(heard([all]))
        expect(heard([all]).length).toBe(sent.length)
      }),
      { numRuns: 1000 },
    )
  })

  test('of many single octets costs little more than one piece', () => {
    const big = frames({ maxMessageBytes: 1 << 20, maxConnections: 1, messageMs: 60_000 })
    const { bytes } = encodeFrame(bare('2.05', { payload: new Uint8Array(200_000) }))
    let state = big.step(copy(big.initial), opened('a'), stamp)[0]
    let chunks = 0
    let effects: readonly FramesEffect[] = []
    for (let i = 0; i < bytes.length; i++) {
      ;[state, effects] = big.step(state, up(datagram('a', bytes.subarray(i, i + 1))), stamp)
      chunks = Math.max(chunks, state.rows.get('', 'a')!.chunks.length)
    }
    expect(effects).toMatchObject([{ type: 'up', value: { code: '2.05' } }])
    expect(chunks).toBeLessThan(20)
  })

  test('with a frame longer than we take is malformed before it is there, once, and then silent [RFC 8323 §5.3.1]', () => {
    const found = heard([
      encodeFrame(bare('2.05')).bytes,
      encodeFrame(bare('2.05', { payload: new Uint8Array(3000) })).bytes.subarray(0, 5),
      new Uint8Array(100),
    ])
    expect(found).toMatchObject([{ code: '2.05' }, { type: 'malformed', reason: 'length', confirmable: false }])
  })

  test.each([9, 12, 15])('with a token length of %i is malformed [RFC 8323 §3.2]', (tokenLength) =>
    expect(heard([Uint8Array.of(tokenLength, 0x45)])).toMatchObject([{ type: 'malformed', reason: 'token' }]),
  )

  test('with a length of four gibibytes is malformed at its sixth octet, and nothing is kept of it [RFC 8323 §3.2]', () => {
    expect(heard([Uint8Array.of(0xf0, 0xff, 0xff, 0xff, 0xff), Uint8Array.of(0x01, 1, 2, 3)])).toMatchObject([
      { type: 'malformed', reason: 'length' },
    ])
  })

  test('with half a message, and no more of it in time, is malformed once; octets one by one do not buy time', () => {
    let state = copy(machine.initial)
    const found: FramesEffect[][] = []
    const events: readonly (readonly [number, Parameters<typeof machine.step>[1]])[] = [
      [0, opened('a')],
      [10, up(datagram('a', Uint8Array.of(0x50)))],
      [30_000, up(datagram('a', Uint8Array.of(0x45)))],
      [60_009, tick],
      [60_010, tick],
      [60_011, up(datagram('a', encodeFrame(bare('2.05')).bytes))],
    ]
    for (const [now, event] of events) {
      const [next, effects] = machine.step(state, event, { ...stamp, now })
      state = next
      found.push([...effects])
    }
    expect(found.slice(1)).toEqual([
      [],
      [],
      [],
      [up({ type: 'malformed', remote: 'a', reason: 'slow', confirmable: false, messageId: 0 })],
      [],
    ])
  })

  check(
    laws(machine, {
      events: fc.oneof(
        any.linkUp.map(up),
        any.linkDown.map(down),
        any.messages.map(down),
        any.messages.map((message) => up(encodeFrame(message))),
        fc.tuple(any.remotes, fc.uint8Array({ maxLength: 20 })).map(([remote, bytes]) => up(datagram(remote, bytes))),
      ),
      bound: {
        octets: 30_000,
        flood: (index) => (index % 2 === 0 ? opened(String(index)) : up(datagram(String(index - 1), Uint8Array.of(0xe0, 0, 0, 1)))),
      },
    }),
  )
})

describe('a connection', () => {
  const p = { ...defaultSignals, maxMessageBytes: 5000, waitingMax: 2 }
  const machine = signals(p)
  /** Runs the events at one instant each, and gives what each did. */
  const run = (events: readonly (SignalsEvent | typeof tick)[], at: readonly number[] = []): (readonly SignalsEffect[])[] => {
    let state = copy(machine.initial)
    return events.map((event, i) => {
      const [next, effects] = machine.step(state, event, { now: at[i] ?? 0, wall: 0, dice: [1, 2, 3, 4, 5, 6, 7, 8] })
      state = next
      return effects
    })
  }
  const opened = up({ type: 'opened', remote: 'a', address: 'x:1', local: 'y:2' } as const)
  const csm = up(bare('7.01'))
  const asked = (reference: string, more: Partial<Message> = {}) =>
    down({ ...bare('0.01', { type: 'CON', messageId: -1, token: reference, ...more }), reference, purpose: 'request' as const })
  const closing = down({ type: 'close', remote: 'a', keepSession: false })
  const last = (effects: (readonly SignalsEffect[])[]) => effects.at(-1)!

  test('begins with our settings, before anything that waited [RFC 8323 §5.3]', () => {
    const [opening, , connected] = run([asked('01'), asked('02'), opened])
    expect(opening).toEqual([down({ type: 'open', remote: 'a', uri: 'a' })])
    expect(connected!.map(({ value }) => ('code' in value ? `${value.type} ${value.code} ${value.token}` : value.type))).toEqual([
      'opened',
      'NON 7.01 ',
      'NON 0.01 01',
      'settled',
      'NON 0.01 02',
      'settled',
    ])
    expect(connected![1]!.value).toMatchObject({ options: [{ number: 2, value: uintBytes(5000) }, { number: 4 }] })
  })

  test('whose peer does not begin with its settings is aborted [RFC 8323 §5.3]', () => {
    expect(last(run([opened, up(bare('0.01'))]))).toMatchObject([{ type: 'down', value: { code: '7.05' } }, closing])
  })

  test('hands requests and responses up, and no empty message [RFC 8323 §3.4]', () => {
    expect(last(run([opened, csm, up(bare('0.01', { token: '07' }))]))).toEqual([up(bare('0.01', { token: '07' }))])
    expect(last(run([opened, csm, up(bare('0.00'))]))).toEqual([])
  })

  test('carries no RST, no empty ACK, no Forget, and says of a CON that it arrived [RFC 8323 §3.1]', () => {
    for (const value of [
      bare('0.00', { type: 'ACK' }),
      bare('0.00', { type: 'RST' }),
      { type: 'forget', remote: 'a', reference: '01' } as const,
    ])
      expect(last(run([opened, csm, down(value)]))).toEqual([])
    expect(last(run([opened, csm, down(bare('2.05', { type: 'ACK', messageId: 77, token: '01' }))]))).toEqual([
      down(bare('2.05', { token: '01' })),
    ])
    expect(last(run([opened, csm, asked('01')]))[1]).toEqual(up({ type: 'settled', remote: 'a', reference: '01', outcome: 'acknowledged' }))
  })

  test('answers a ping with a pong of the same token [RFC 8323 §5.4]', () => {
    expect(last(run([opened, csm, up(bare('7.02', { token: 'abcd' }))]))).toEqual([down(bare('7.03', { token: 'abcd' }))])
  })

  test('tells the floors above what the peer takes, again whenever it changes [RFC 8323 §5.3]', () => {
    const words = run([
      opened,
      up(bare('7.01', { options: [uintOption(2, 9000), { number: 4, value: new Uint8Array(0) }] })),
      up(bare('7.01', { options: [uintOption(2, 500)] })),
    ])
    const settings = (maxMessageBytes: number) => [
      up({ type: 'settings', remote: 'a', maxMessageBytes, bert: maxMessageBytes > 1152 } as const),
    ]
    expect(words.slice(1)).toEqual([settings(9000), settings(500)])
  })

  test('has custody of what came before a ping that asks for it, when that is answered; a later one does not wait for ever [RFC 8323 §5.4.1]', () => {
    const ping = (token: string) => up(bare('7.02', { token, options: [{ number: 2, value: new Uint8Array(0) }] }))
    const pong = (token: string, ...options: Message['options']) => down(bare('7.03', { token, options }))
    const custody = { number: 2, value: new Uint8Array(0) }
    expect(last(run([opened, csm, ping('aa')]))).toEqual([pong('aa', custody)])
    const answer = down(bare('2.05', { type: 'ACK', token: '05' }))
    const answered = run([opened, csm, up(bare('0.01', { token: '05' })), ping('aa'), ping('bb'), answer])
    expect(answered.slice(3)).toEqual([[], [], [down(bare('2.05', { token: '05' })), pong('aa', custody), pong('bb', custody)]])
    const never = run([opened, csm, up(bare('0.01', { token: '05' })), ping('aa'), tick, tick, answer], [0, 0, 0, 10, 2009, 2010, 3000])
    expect(never.slice(3)).toEqual([[], [], [pong('aa')], [down(bare('2.05', { token: '05' }))]])
  })

  test('is aborted when no settings come in time [RFC 8323 §5.3]', () => {
    const effects = run([opened, tick, tick], [0, 19_999, 20_000])
    expect(effects[1]).toEqual([])
    expect(effects[2]).toMatchObject([{ value: { code: '7.05' } }, closing])
  })

  test('is pinged when nothing came for long, and given up without a pong [RFC 8323 §5.4]', () => {
    const hour = 3_600_000
    const ours = down({ type: 'open' as const, remote: 'a', uri: 'coap+tcp://a' })
    const effects = run(
      [
        ours,
        opened,
        csm,
        tick,
        up(bare('7.03', { token: '0000' })),
        tick,
        tick,
        tick,
        up({ type: 'closed', remote: 'a', reason: 'asked' }),
      ],
      [0, 0, 0, hour, hour + 50, 2 * hour, 2 * hour + 50, 2 * hour + 60_050, 2 * hour + 60_060],
    )
    expect(effects.slice(3)).toEqual([
      [down(bare('7.02', { token: '0000' }))],
      [],
      [],
      [down(bare('7.02', { token: '0001' }))],
      [closing],
      [up({ type: 'closed', remote: 'a', reason: 'lost', detail: 'silent' })],
    ])
  })

  test('that the peer opened is pinged a quarter later: the ping of the peer does for both [RFC 8323 §5.4]', () => {
    const hour = 3_600_000
    const quiet = run([opened, csm, tick, tick], [0, 0, hour, 1.25 * hour])
    expect(quiet.slice(2)).toEqual([[], [down(bare('7.02', { token: '0000' }))]])
    const pinged = run([opened, csm, up(bare('7.02', { token: '0000' })), tick, tick], [0, 0, hour, 1.25 * hour, 2.25 * hour])
    expect(pinged.slice(3)).toEqual([[], [down(bare('7.02', { token: '0000' }))]])
  })

  test('that we close is released first [RFC 8323 §5.5]', () => {
    expect(last(run([opened, csm, down({ type: 'close', remote: 'a', keepSession: false })]))).toEqual([down(bare('7.04')), closing])
  })

  test('asks a ping of its own, and its pong answers it as an RST would [RFC 8323 §5.4]', () => {
    const ping = down({ ...bare('0.00', { type: 'CON', messageId: -1 }), reference: 'p', purpose: 'request' as const })
    const effects = run([opened, csm, ping, up(bare('7.03', { token: '9999' })), up(bare('7.03', { token: '0000' }))])
    expect(effects.slice(2)).toEqual([
      [down(bare('7.02', { token: '0000' }))],
      [],
      [up({ type: 'settled', remote: 'a', reference: 'p', outcome: 'reset' })],
    ])
  })

  test('takes a pong without a token as about its oldest ping', () => {
    const ping = (reference: string) => down({ ...bare('0.00', { type: 'CON', messageId: -1 }), reference, purpose: 'request' as const })
    const effects = run([opened, csm, ping('p'), ping('q'), up(bare('7.03')), up(bare('7.03')), up(bare('7.03'))])
    const answered = (reference: string) => [up({ type: 'settled', remote: 'a', reference, outcome: 'reset' } as const)]
    expect(effects.slice(4)).toEqual([answered('p'), answered('q'), []])
  })

  test('sends nothing longer than the peer takes: 1152 octets until it says more [RFC 8323 §5.3.1]', () => {
    const long = asked('01', { payload: new Uint8Array(1200) })
    const refused = [up({ type: 'settled', remote: 'a', reference: '01', outcome: 'undeliverable' })]
    expect(last(run([opened, csm, long]))).toEqual(refused)
    expect(last(run([opened, up(bare('7.01', { options: [uintOption(2, 1300)] })), long])).length).toBe(2)
    expect(last(run([opened, up(bare('7.01', { options: [uintOption(2, 1300)] })), csm, long])).length).toBe(2)
    expect(last(run([opened, up(bare('7.01', { options: [uintOption(2, 100)] })), asked('01', { payload: new Uint8Array(100) })]))).toEqual(
      [up({ type: 'settled', remote: 'a', reference: '01', outcome: 'undeliverable' })],
    )
  })

  test('is aborted over a critical option that is not known, which is named [RFC 8323 §5.2, §5.6]', () => {
    const effects = last(run([opened, up(bare('7.01', { options: [uintOption(5, 1)] }))]))
    expect(effects).toMatchObject([{ type: 'down', value: { code: '7.05', options: [{ number: 2, value: Uint8Array.of(5) }] } }, closing])
    expect(last(run([opened, up(bare('7.01', { options: [uintOption(6, 1)] }))]))).toMatchObject([
      { type: 'up', value: { type: 'settings' } },
    ])
    expect(last(run([opened, csm, up(bare('7.02', { options: [uintOption(9, 1)] }))]))).toMatchObject([
      { value: { code: '7.05' } },
      closing,
    ])
  })

  test('is aborted over what is no frame, and says why when it has closed [RFC 8323 §5.6]', () => {
    const malformed = up({ type: 'malformed', remote: 'a', reason: 'token', confirmable: false, messageId: 0 } as const)
    const effects = run([opened, csm, malformed, up(bare('0.01')), up({ type: 'closed', remote: 'a', reason: 'asked' })])
    expect(effects[2]).toMatchObject([{ value: { code: '7.05' } }, closing])
    expect(effects[3]).toEqual([])
    expect(effects[4]).toEqual([up({ type: 'closed', remote: 'a', reason: 'lost', detail: 'malformed: token' })])
  })

  test('that the peer aborts is closed, with its words [RFC 8323 §5.6]', () => {
    const effects = run([
      opened,
      csm,
      up(bare('7.05', { payload: new TextEncoder().encode('tired') })),
      up({ type: 'closed', remote: 'a', reason: 'lost' }),
    ])
    expect(effects[2]).toEqual([closing])
    expect(effects[3]).toEqual([up({ type: 'closed', remote: 'a', reason: 'lost', detail: 'aborted: tired' })])
  })

  test('that the peer releases takes no new request, answers what was asked, and is closed soon [RFC 8323 §5.5]', () => {
    const effects = run(
      [opened, csm, up(bare('0.01', { token: '05' })), up(bare('7.04')), asked('01'), down(bare('2.05', { type: 'ACK', token: '05' }))],
      [0, 0, 0, 0, 1, 1],
    )
    expect(effects[3]).toEqual([])
    expect(effects[4]).toEqual([up({ type: 'settled', remote: 'a', reference: '01', outcome: 'aborted' })])
    expect(effects[5]).toEqual([down(bare('2.05', { token: '05' })), closing])
  })

  test('that the peer releases is closed at once when nothing is under way, and after a while whatever is [RFC 8323 §5.5]', () => {
    expect(last(run([opened, csm, up(bare('7.04'))]))).toEqual([closing])
    const effects = run([opened, csm, up(bare('0.01', { token: '05' })), up(bare('7.04')), tick, tick], [0, 0, 0, 0, 1999, 2000])
    expect(effects.slice(3)).toEqual([[], [], [closing]])
  })

  test('that does not open fails what waited for it', () => {
    const effects = run([asked('01'), asked('02'), asked('03'), up({ type: 'closed', remote: 'a', reason: 'refused' })])
    expect(effects[2]).toEqual([up({ type: 'settled', remote: 'a', reference: '03', outcome: 'refused' })])
    expect(effects[3]!.map(({ value }) => ('outcome' in value ? `${value.reference} ${value.outcome}` : value.type))).toEqual([
      '01 undeliverable',
      '02 undeliverable',
      'closed',
    ])
  })

  check(
    laws(signals({ ...p, maxConnections: 4 }), {
      events: fc.oneof(
        any.linkUp.map(up),
        any.malformed.map(up),
        any.messageDown.map(down),
        any.messages.map((message) => up({ ...message, type: 'NON' as const })),
        fc
          .tuple(any.messages, fc.constantFrom('7.01', '7.02', '7.03', '7.04', '7.05', '7.31'))
          .map(([message, code]) => up({ ...message, type: 'NON' as const, code: code })),
      ),
      bound: { octets: 6_000, flood: (index) => asked(String(index), { remote: String(index % 100) }) },
    }),
  )
})

describe('exchanges over a stream', () => {
  const world = () => {
    const scheduler = virtualScheduler()
    const env = { scheduler, wall: () => 0, random: seeded(5), journal: silent, strict: true }
    const ends = streamCable(env, { delayMs: 3, pieceBytes: 7 })
    const at = (name: string, handler?: Handler) =>
      endpoint(
        pipe(framing(env), signalling(env), exchanges(env, defaultParameters), transfers(env, defaultParameters), bodies({}))(ends(name)),
        env.random.fork(name),
        handler,
      )
    return { scheduler, at }
  }
  const text = (payload: Uint8Array) => new TextDecoder().decode(payload)

  test('a request has its response, without a retransmission', () => {
    const { scheduler, at } = world()
    const server = at('coap://10.0.0.1', () => of({ code: '2.05', options: [], payload: new TextEncoder().encode('22.5') }))
    server.up$.subscribe()
    const heard: string[] = []
    at('coap://10.0.0.2')
      .ask(request('GET', 'coap://10.0.0.1/temperature'))
      .subscribe(({ code, payload }) => heard.push(`${scheduler.now()} ${code} ${text(payload)}`))
    scheduler.flush(10_000)
    expect(heard.map((line) => line.replace(/^\d+ /, ''))).toEqual(['2.05 22.5'])
    expect(Number.parseInt(heard[0]!)).toBeLessThan(20)
  })

  test('an observation is notified until it is cancelled', () => {
    const { scheduler, at } = world()
    const value = (payload: string) => of({ code: '2.05', options: [], payload: new TextEncoder().encode(payload) } as const)
    const server = at('coap://10.0.0.1', () =>
      concat(value('1'), value('2').pipe(delay(1000, scheduler)), value('3').pipe(delay(1000, scheduler))),
    )
    server.up$.subscribe()
    const heard: string[] = []
    at('coap://10.0.0.2')
      .ask(request('GET', 'coap://10.0.0.1/temperature', { observe: true }))
      .pipe(take(3))
      .subscribe(({ payload }) => heard.push(text(payload)))
    scheduler.flush(60_000)
    expect(heard).toEqual(['1', '2', '3'])
  })

  test('nobody at the other end is unreachable', async () => {
    const { scheduler, at } = world()
    const answer = firstValueFrom(at('coap://10.0.0.2').ask(request('GET', 'coap://10.0.0.9/x')).pipe(toArray()))
    const failed = expect(answer).rejects.toMatchObject({ code: 'unreachable' })
    scheduler.flush(10_000)
    await failed
  })

  test('a body goes in blocks, both ways [RFC 8323 §6]', () => {
    const { scheduler, at } = world()
    const body = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * 13) & 255)
    const asked: number[] = []
    const server = at('coap://10.0.0.1', ({ payload }) => {
      asked.push(payload.length)
      return of({ code: '2.04', options: [], payload: body(9000) })
    })
    server.up$.subscribe()
    const heard: Uint8Array[] = []
    at('coap://10.0.0.2')
      .ask(request('POST', 'coap://10.0.0.1/x', { payload: body(5000) }))
      .subscribe(({ payload }) => heard.push(payload))
    scheduler.flush(60_000)
    expect(asked).toEqual([5000])
    expect(heard.map(hex)).toEqual([hex(body(9000))])
  })

  test('a ping is answered', () => {
    const { scheduler, at } = world()
    at('coap://10.0.0.1').up$.subscribe()
    const heard: string[] = []
    at('coap://10.0.0.2')
      .ping('coap://10.0.0.1:5683')
      .subscribe((remote) => heard.push(remote))
    scheduler.flush(10_000)
    expect(heard).toEqual(['coap://10.0.0.1:5683'])
  })
})
