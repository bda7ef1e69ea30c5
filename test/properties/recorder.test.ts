/** The flight recorder as a fold: it throws at nothing, changes nothing it is given, keeps its bounds and no octets, and its JSON comes back. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copy } from '../../src/core/snapshot.ts'
import type { Turn } from '../../src/core/journal.ts'
import { causes } from '../../src/firmware/explain/cause.ts'
import { explain } from '../../src/firmware/explain/explain.ts'
import { recordingFromJson, recordingToJson } from '../../src/firmware/explain/json.ts'
import { lasting } from '../../src/firmware/explain/numbers.ts'
import { showFlight } from '../../src/firmware/explain/text.ts'
import { recorder } from '../../src/firmware/recorder/recorder.ts'
import type { Flight, Recording } from '../../src/firmware/recorder/recording.ts'
import { blockOption } from '../../src/blockwise/block.ts'
import { opaqueOption, options, stringOption } from '../../src/message/option.ts'

const turnOf = (machine: string, now: number, more: Partial<Turn> = {}): Turn => ({
  machine,
  node: 'device',
  stamp: { now, wall: 1_000_000 + now, dice: [] },
  event: { type: 'tick' },
  state: {},
  rows: [],
  effects: [],
  ...more,
})
const uri = 'coap://me:hush@host/fw/image?token=hush'
const updating = (now: number, state: number, result: number, more: object = {}) =>
  turnOf('update', now, { state: { update: { state, result, uri, delivery: 'pull', why: '', ...more } } })
const path = ['fw', 'image'].map((part) => stringOption(options.UriPath, part))
const downloading = (now: number, offset: number, more: object = {}) =>
  turnOf('transfers', now, {
    rows: [
      {
        table: 'asking',
        scope: 'download 1',
        key: 'k',
        row: {
          type: 'downloading',
          stream: true,
          request: { options: path, payload: new Uint8Array(0) },
          szx: 6,
          offset,
          size: 4_194_304,
          outstanding: 0,
          ...more,
        },
      },
    ],
  })
const sentAgain = (now: number, retransmissions: number) =>
  turnOf('messages', now, {
    rows: [{ table: 'outgoing', scope: 'download 1', key: 7, row: { message: { code: '0.01', purpose: 'block' }, retransmissions } }],
  })
const play = (turns: readonly Turn[], limits = {}): Recording => {
  const { initial, record } = recorder(limits)
  return turns.reduce(record, initial)
}
const last = ({ flights }: Recording): Flight => flights.at(-1)!
const at = (ms: number) => 1_000_000 + ms

describe('explain', () => {
  const stuck = [
    turnOf('client', 0, { rows: [{ table: 'accounts', scope: '', key: 0, row: { role: 'server', phase: 'registered' } }] }),
    updating(1_000, 1, 0),
    downloading(1_001, 310 * 1_024),
    downloading(2_000, 311 * 1_024),
    sentAgain(2_000, 0),
    ...[1, 2, 3, 4].map((count) => sentAgain(2_000 + 2_000 * 2 ** count, count)),
  ]
  test('says which block of how many is not acknowledged for how long, who is silent, and whether the device is registered', () => {
    expect(explain(last(play(stuck)), at(33_000))).toMatchObject({
      cause: 'peer-silent',
      sentence: 'block 311 of 4,096 not acknowledged for 31 s, fourth retransmission; the file server is silent, registration still valid',
    })
  })
  test('works at any moment, and on what came back from JSON', () => {
    for (let count = 0; count <= stuck.length; count++) {
      const recording = play(stuck.slice(0, count))
      const back = recordingFromJson(recordingToJson(recording))
      if (typeof back === 'string') throw new Error(back)
      expect(back.flights.map((flight) => showFlight(flight, at(60_000)))).toEqual(
        recording.flights.map((flight) => showFlight(flight, at(60_000))),
      )
    }
  })
  test.each([
    ['not-ordered', [updating(2_000, 2, 0)], 'downloaded; the server has not ordered the installation for 58 s'],
    ['deferred', [updating(2_000, 2, 11)], 'the installation has been deferred for 58 s'],
    ['installing', [updating(2_000, 3, 0)], 'the device has been installing for 58 s'],
    ['peer-silent', [], 'nothing has come for 59 s at octet 0'],
    ['cancelled', [updating(2_000, 0, 0)], 'the update was reset or given up at octet 0'],
    ['cancelled', [updating(2_000, 0, 10)], 'the update failed at octet 0 (State 0, Result 10)'],
    ['out-of-memory', [updating(2_000, 0, 3)], 'the update failed at octet 0 (State 0, Result 3)'],
    ['unsupported-protocol', [updating(2_000, 0, 9, { why: 'no ftp' })], 'the update failed at octet 0 (State 0, Result 9): no ftp'],
    ['installation-failed', [updating(2_000, 3, 0), updating(3_000, 2, 8)], 'the update failed at octet 0 (State 2, Result 8)'],
  ] as const)('knows %s', (cause, turns, sentence) => {
    const { cause: found, sentence: said } = explain(last(play([updating(1_000, 1, 0), ...turns])), at(60_000))
    expect([found, said]).toEqual([cause, sentence])
  })
  test('of a slow store says that the other side waits for us', () => {
    const flight = last(play([updating(1_000, 1, 0), downloading(1_001, 1_024), downloading(2_000, 2_048, { outstanding: 1 })]))
    expect(explain(flight, at(9_000))).toMatchObject({
      cause: 'slow-store',
      sentence: expect.stringContaining('waited 7 s to be stored') as string,
    })
  })
  test('of a burst says which block does not come, how often it was asked for, and that a store is slow', () => {
    const bursting = (now: number, next: number, tries: number, more: object = {}) =>
      turnOf('robust', now, {
        rows: [
          {
            table: 'asking',
            scope: 'download 1',
            key: 'k',
            row: {
              type: 'fetching',
              stream: true,
              request: { options: path, payload: new Uint8Array(0) },
              gathering: { szx: 6, size: 4_194_304, next, tries },
              outstanding: 0,
              ...more,
            },
          },
        ],
      })
    const begun = [updating(1_000, 1, 0), bursting(1_001, 310, 0), bursting(2_000, 311, 0)]
    expect(explain(last(play(begun)), at(5_000))).toMatchObject({ cause: 'none' })
    const missing = last(play([...begun, bursting(6_000, 311, 1), bursting(14_000, 311, 2)]))
    expect(explain(missing, at(20_000))).toMatchObject({
      cause: 'peer-silent',
      sentence: 'block 311 of 4,096 has not come for 18 s, asked for again, the second time; the file server does not send it',
    })
    expect([missing.counts.retransmissions, missing.bytes]).toEqual([2, 311 * 1_024])
    expect(explain(last(play([...begun, bursting(6_000, 311, 1), bursting(7_000, 320, 0)])), at(8_000))).toMatchObject({ cause: 'none' })
    expect(explain(last(play([...begun, bursting(3_000, 320, 0, { outstanding: 3 })])), at(9_000))).toMatchObject({ cause: 'slow-store' })
  })
  test('of a burst that is pushed says how far it was sent, and that it is not confirmed', () => {
    const pushing = (now: number, sentTo: number, requests: number) =>
      turnOf('robust', now, {
        node: 'server',
        rows: [
          {
            table: 'asking',
            scope: 'coap://device',
            key: 'k',
            row: {
              type: 'putting',
              request: { options: ['5', '0', '0'].map((part) => stringOption(options.UriPath, part)) },
              szx: 6,
              size: 40_960,
              sentTo,
              requests,
              wanted: [],
            },
          },
        ],
      })
    const whose = { endpointClientName: 'me', remote: 'coap://device', mode: 'push', protocol: 'coap' }
    const ordered = turnOf('firmware-update', 900, {
      node: 'server',
      event: { type: 'begin' },
      state: { of: whose, phase: 'offering', total: 40_960, bytes: 0 },
    })
    const flight = last(play([ordered, pushing(1_000, 10, 10), pushing(2_000, 20, 20), pushing(9_000, 20, 21), pushing(17_000, 20, 22)]))
    expect(explain(flight, at(20_000))).toMatchObject({
      cause: 'peer-silent',
      sentence: expect.stringContaining(
        'sent as far as block 20 of 40, and not confirmed for 18 s: blocks were sent again, the second time',
      ) as string,
    })
    expect(explain(last(play([ordered, pushing(1_000, 10, 10), pushing(2_000, 20, 20)])), at(4_000))).toMatchObject({ cause: 'none' })
  })
  test('of a burst that the peer does not know goes on with the floor below, and calls nothing whole', () => {
    const begun = turnOf('robust', 1_001, {
      rows: [
        { table: 'asking', scope: 'download 1', key: 'k', row: { type: 'fetching', stream: true, request: { options: path }, szx: 6 } },
      ],
    })
    const failed = [{ type: 'up', value: { type: 'failed', exchange: 'k', reason: 'timeout' } }]
    const handed = turnOf('robust', 1_100, {
      effects: [{ type: 'down', value: { type: 'ask', exchange: 'k' } }],
      rows: [{ table: 'asking', scope: 'download 1', key: 'k', row: undefined }],
    })
    // Its size is known from a try before; this one begins with the first octet.
    const lost = turnOf('transfers', 1_000, { rows: [{ table: 'asking', scope: 'download 1', key: 'k', row: undefined }], effects: failed })
    const flight = last(play([updating(900, 1, 0), downloading(950, 1_024), lost, begun, handed]))
    expect([flight.total, flight.bytes, flight.transfer]).toEqual([4_194_304, 0, undefined])
  })
  test('of times reads as people speak', () => {
    expect([40, 4_240, 31_400, 720_000, 8_000_000].map(lasting)).toEqual(['0 s', '4.2 s', '31 s', '12 min', '2.2 h'])
  })
})

describe('a recording', () => {
  test('tells a restart from lateness, and goes on with the flight', () => {
    const recording = play([updating(5_000, 1, 0), updating(4_990, 1, 0), updating(20, 1, 0), downloading(30, 2_048)])
    expect(recording.flights.length).toBe(1)
    expect(last(recording).counts.reboots).toBe(1)
    expect(last(recording).timeline.every(({ at: when }, index, all) => index === 0 || when >= all[index - 1]!.at)).toBe(true)
  })
  test('keeps its bounds: the beginning and the end of a time line, the latest flights', () => {
    const turns = [
      updating(0, 1, 0),
      ...Array.from({ length: 500 }, (_, index) => [updating(index * 10 + 1, 2, 0), updating(index * 10 + 2, 1, 0)]).flat(),
    ]
    const { timeline, dropped } = last(play(turns, { entries: 40 }))
    expect([timeline.length, timeline[0]?.what, dropped > 900]).toEqual([40, 'began', true])
    const many = Array.from({ length: 300 }, (_, index) => [updating(index * 10, 1, 0), updating(index * 10 + 5, 0, 4)]).flat()
    const recording = play(many, { flights: 20 })
    expect([recording.flights.length, recording.forgotten]).toEqual([20, 280])
  })
  test('has no octets of a body, no credentials and no query', () => {
    const response = {
      code: '2.05',
      options: [opaqueOption(options.ETag, Uint8Array.of(1, 2)), blockOption(options.Block2, 0, true, 6)],
      payload: new TextEncoder().encode('hush-hush'),
    }
    const offered = turnOf('transfers', 1_500, {
      event: { type: 'up', value: { type: 'answered', exchange: 'k', response } },
      rows: downloading(1_500, 1_024).rows,
    })
    const text = recordingToJson(play([updating(1_000, 1, 0), offered, updating(2_000, 0, 7, { why: `GET ${uri} was answered 4.04` })]))
    expect(text).not.toContain('hush')
    expect(text).toContain('coap://host/fw/image')
  })
  test('is refused when it is none', () => {
    expect(
      ['', '{}', '[]', '{"version":2,"flights":[]}', '{"version":1,"flights":[{}]}', '{"version":1,"flights":[]}'].map((text) =>
        recordingFromJson(text),
      ),
    ).toEqual([
      'no JSON',
      'no recording',
      'no recording',
      'another version',
      'no recording',
      { version: 1, places: {}, flights: [], forgotten: 0 },
    ])
  })
  test('of any turns throws nothing, changes nothing that it was given and has an explanation', () => {
    const word = fc.oneof(
      fc.constantFrom('answered', 'failed', 'refused', 'abandoned', 'malformed', 'begin', 'opened', 'stored', 'wrote-uri', 'asked'),
      fc.string({ maxLength: 5 }),
    )
    const value = fc.record(
      {
        type: word,
        remote: fc.constantFrom('download 1', 'x'),
        exchange: fc.constantFrom('k', 1),
        reason: fc.constantFrom('timeout', 'incomplete', 'sink', 'too-large'),
        response: fc.record({
          code: fc.constantFrom('4.04', '2.05', '5.03'),
          options: fc.constantFrom([], [blockOption(options.Block2, 1024, true, 6)]),
          payload: fc.uint8Array({ maxLength: 3 }),
        }),
      },
      { requiredKeys: [] },
    )
    const some = fc.oneof(
      fc.constantFrom(
        updating(1, 1, 0),
        updating(2, 2, 0),
        updating(3, 0, 4),
        downloading(4, 0),
        downloading(5, 1_024),
        sentAgain(6, 1),
        downloading(7, 99, { stream: false }),
      ),
      fc.record({
        machine: fc.constantFrom('update', 'transfers', 'messages', 'client', 'registrations', 'firmware-update', 'download', 'toString'),
        node: fc.constantFrom('device', 'server'),
        stamp: fc.record({ now: fc.nat(100_000), wall: fc.nat(100_000), dice: fc.constant([]) }),
        event: fc.oneof(fc.anything(), fc.record({ type: fc.constantFrom('up', 'down', 'tick', 'begin'), value })),
        state: fc.oneof(
          fc.anything(),
          fc.record({ phase: word, total: fc.nat(), bytes: fc.nat(), update: fc.record({ state: fc.nat(3), result: fc.nat(12) }) }),
        ),
        rows: fc.array(
          fc.record({
            table: fc.constantFrom('asking', 'receiving', 'outgoing', 'accounts', 'registrations'),
            scope: fc.constantFrom('download 1', 'x', ''),
            key: fc.constantFrom('k', '=a', 1),
            row: fc.anything(),
          }),
          { maxLength: 2 },
        ),
        effects: fc.array(fc.oneof(fc.anything(), fc.record({ type: fc.constant('up'), value })), { maxLength: 2 }),
      }),
    )
    fc.assert(
      fc.property(fc.array(some, { maxLength: 12 }), (turns) => {
        const { initial, record } = recorder({ entries: 8, flights: 4 })
        let recording = initial
        for (const turn of turns as readonly Turn[]) {
          const before = copy(recording)
          const next = record(recording, turn)
          expect(recording).toEqual(before)
          recording = next
        }
        expect(recording.flights.length).toBeLessThanOrEqual(4)
        for (const flight of recording.flights) {
          expect(flight.timeline.length).toBeLessThanOrEqual(8)
          const { cause, sentence } = explain(flight)
          expect(Object.keys(causes)).toContain(cause)
          expect(sentence).not.toBe('')
          showFlight(flight)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
