/** A bootstrap session, step by step (LwM2M Core 1.2.2 §6.1). */
import { describe, expect, test } from 'vitest'
import { defaultBootstrapLimits, sessions, type SessionRules } from '../../src/server/bootstrap/sessions.ts'
import type { BootstrapAnswered, SessionEffect, SessionEvent, StepWord } from '../../src/server/bootstrap/words.ts'
import { alone, ladder, like, type Lanes } from '../../src/testing/index.ts'

const remote = 'coap://192.0.2.1:5683'
const endpointClientName = 'urn:a'
const rules: SessionRules = { ...defaultBootstrapLimits, formats: [11542, 110, 112, 11544], pack: true }
const one = { endpointClientName, session: 1 }

const asks = (operation: object = {}, ticket = 1): SessionEvent => ({
  type: 'asked',
  ticket,
  remote,
  endpointClientName,
  operation: { type: 'bootstrap-request', pct: 112, ...operation },
})
const plan: readonly StepWord[] = [
  { type: 'delete', path: '/0' },
  { type: 'write', path: '/0/1' },
]
const answers = (code: string, more: object = {}): BootstrapAnswered => ({ type: 'answered', ...one, code, ...more }) as BootstrapAnswered
const replied = (code: string, more: object = {}) => like({ type: 'reply', ticket: 1, outcome: like({ code, ...more }) })
const told = (type: string, more: object = {}) => like({ type: 'tell', event: like({ type, ...more }) })
const performs = (type: string, path: string, format = 112) => like({ type: 'perform', step: { type, path }, format, remote })

/** Letters: r asks, c is found, 1-4 are answers; in what comes out, small letters are done and capitals are told. */
const common = {
  r: asks(),
  c: { type: 'configured', ...one, found: 'yes', pack: true },
  d: answers('2.05', { steps: plan, version: '1.1' }),
  k: answers('2.04'),
  l: answers('2.02'),
  n: answers('4.04'),
  f: answers('4.15'),
  b: answers('4.00'),
  x: answers('4.06', { detail: 'no server' }),
  u: { type: 'unanswered', ...one, cause: 'timeout' },
  L: like({ type: 'look-up', ...one }),
  '0': replied('2.04'),
  B: told('begun', { by: 'client', pct: 112 }),
  D: performs('discover', '/'),
  X: performs('delete', '/0'),
  W: performs('write', '/0/1'),
  E: performs('finish', '/'),
  S: told('stepped'),
  A: told('again'),
  G: told('finished'),
  F: told('failed'),
  Z: like({ type: 'forget', session: 1 }),
}
/** What goes in and what comes out of it, ten seconds a rung; `-` is nothing. */
const play = (
  rungs: readonly (readonly [goesIn: string, comesOut: string])[],
  values: Readonly<Record<string, unknown>> = {},
  more: Partial<SessionRules> = {},
) => {
  const lanes: Lanes = {
    submitted: rungs.map(([goesIn]) => goesIn.padEnd(10, '-')).join(''),
    delivered: rungs.map(([, comesOut]) => (comesOut.length > 1 ? `(${comesOut})` : comesOut).padEnd(10, '-')).join(''),
  }
  return ladder(alone(sessions({ ...rules, ...more })), { values: { ...common, ...values } }, lanes)
}
const events = (seen: ReturnType<typeof play>) =>
  seen.delivered.flatMap(({ value }) =>
    (value as SessionEffect).type === 'tell' ? [(value as SessionEffect & { type: 'tell' }).event] : [],
  )

const begins = [
  ['r', 'L'],
  ['c', '0BD'],
  ['d', 'SX'],
] as const

describe('a Bootstrap-Request', () => {
  test('is answered 2.04 when the configuration is found; then Discover, Delete, Write and Finish, one at a time [LwM2M Core §6.1.3.3]', () => {
    const seen = play([...begins, ['l', 'SW'], ['k', 'SE'], ['k', 'SGZ']])
    expect(
      events(seen).flatMap((event) => (event.type === 'stepped' ? [[event.step.type, event.done, event.total, event.code]] : [])),
    ).toEqual([
      ['discover', 1, 4, '2.05'],
      ['delete', 2, 4, '2.02'],
      ['write', 3, 4, '2.04'],
      ['finish', 4, 4, '2.04'],
    ])
  })

  test('of an endpoint that nobody knows is answered 4.00 [LwM2M Transport §6.4.2]', () => {
    const c = { type: 'configured', ...one, found: 'no' }
    play(
      [
        ['r', 'L'],
        ['c', '0RZ'],
      ],
      { c, '0': replied('4.00'), R: told('refused') },
    )
  })

  test('while the store fails is answered 5.03 with a time to come back', () => {
    const c = { type: 'configured', ...one, found: 'failed' }
    play(
      [
        ['r', 'L'],
        ['c', '0RZ'],
      ],
      { c, '0': replied('5.03', { maxAgeSeconds: 10 }), R: told('refused') },
    )
  })

  test('whose configuration takes longer than 20 s is answered 5.03, and a late one changes nothing', () => {
    play(
      [
        ['r', 'L'],
        ['-', '-'],
        ['-', '0RZ'],
        ['c', '-'],
      ],
      { '0': replied('5.03'), R: told('refused') },
    )
  })

  test('with a pct that is not spoken here is answered 4.15 [LwM2M Transport §6.4.2]', () => {
    play([['r', '0R']], { r: asks({ pct: 60 }), '0': replied('4.15'), R: told('refused') })
  })

  test('without a name is answered 4.00', () => {
    play([['r', '0R']], { r: { ...asks(), endpointClientName: '' }, '0': replied('4.00'), R: told('refused') })
  })

  test('too often within a minute is answered 4.29, until the minute is over', () => {
    const values = { e: replied('4.29', { maxAgeSeconds: 40 }), R: told('refused'), M: like({ type: 'look-up', session: 2 }) }
    play(
      [
        ['r', 'L'],
        ['c', '0BD'],
        ['r', 'eR'],
        ['u', 'FZ'],
        ['-', '-'],
        ['-', '-'],
        ['r', 'M'],
      ],
      values,
      { requestsMax: 1 },
    )
  })

  test('beyond the number of sessions is answered 5.03, and those that are there go on', () => {
    const o = { ...asks({}, 2), endpointClientName: 'urn:b' }
    const e = like({ type: 'reply', ticket: 2, outcome: like({ code: '5.03' }) })
    play(
      [
        ['r', 'L'],
        ['o', 'eR'],
        ['c', '0BD'],
      ],
      { o, e, R: told('refused', { endpointClientName: 'urn:b' }) },
      { sessionsMax: 1, lookUpMs: 30_000 },
    )
  })

  test('during a session begins anew: the client has forgotten what was before', () => {
    const seen = play(
      [...begins, ['s', 'FZM'], ['l', '-']],
      { s: asks({}, 2), M: like({ type: 'look-up', session: 2 }) },
      { lookUpMs: 30_000 },
    )
    expect(events(seen).at(-1)).toMatchObject({ type: 'failed', reason: 'superseded', step: { type: 'delete' } })
  })
})

describe('a step', () => {
  test('Discover that the client refuses is passed over [LwM2M Core §6.1.7.3]', () => {
    play([...begins.slice(0, 2), ['n', 'SX']], { n: answers('4.05', { steps: plan }) })
  })

  test('Delete of what is not there is done [LwM2M Core §6.1.7.6]', () => {
    play([...begins, ['n', 'SW']])
  })

  test('Delete that is refused ends it without a Finish, so that the client restores what it had [LwM2M Core §6.1.6]', () => {
    const seen = play([...begins, ['b', 'FZ']])
    expect(events(seen).at(-1)).toMatchObject({ reason: 'refused', responseCode: '4.00', step: { type: 'delete', path: '/0' } })
  })

  test('Write that is answered 4.15 is tried in the next format, and so are those that follow [LwM2M Core §6.1.7.5]', () => {
    const formats = { V: performs('write', '/0/1', 110), U: performs('write', '/0/1', 11544), E: performs('finish', '/', 11544) }
    play([...begins, ['l', 'SW'], ['f', 'AV'], ['f', 'AU'], ['k', 'SE']], formats)
  })

  test('Write in none of the formats ends it', () => {
    const seen = play([...begins, ['l', 'SW'], ['f', 'FZ']], {}, { formats: [112] })
    expect(events(seen).at(-1)).toMatchObject({ reason: 'refused', responseCode: '4.15' })
  })

  test('a client that names no format is written to in TLV, unless Discover says that it is newer than 1.0', () => {
    const values = { r: asks({ pct: undefined }), B: told('begun'), D: performs('discover', '/', 11542) }
    play(begins, values)
    play(begins, { ...values, d: answers('2.05', { steps: plan, version: '1.0' }), X: performs('delete', '/0', 11542) })
  })

  test('that is answered 5.03 is tried again after Max-Age, or after 10 s, three times at most', () => {
    const values = { p: answers('5.03', { maxAgeSeconds: 30 }), q: answers('5.03') }
    const waits = [
      ['p', 'A'],
      ['-', '-'],
      ['-', '-'],
      ['-', 'X'],
      ['q', 'A'],
      ['-', 'X'],
      ['q', 'A'],
      ['-', 'X'],
      ['q', 'FZ'],
    ] as const
    expect(events(play([...begins, ...waits], values)).at(-1)).toMatchObject({ reason: 'refused', responseCode: '5.03' })
  })

  test('that is not answered ends it, with the reason', () => {
    expect(events(play([...begins, ['u', 'FZ']])).at(-1)).toMatchObject({ reason: 'unanswered', cause: 'timeout' })
  })

  test('that has no form on the wire ends it', () => {
    const seen = play([...begins, ['u', 'FZ']], { u: { type: 'unanswered', ...one, cause: 'invalid' } })
    expect(events(seen).at(-1)).toMatchObject({ reason: 'invalid' })
  })

  test('Finish that is answered 4.06 says that the configuration is inconsistent [LwM2M Core §6.1.6]', () => {
    const seen = play([...begins, ['l', 'SW'], ['k', 'SE'], ['x', 'FZ']])
    expect(events(seen).at(-1)).toMatchObject({
      reason: 'inconsistent',
      responseCode: '4.06',
      detail: 'no server',
      step: { type: 'finish' },
    })
  })

  test('beyond the time of a whole session ends it', () => {
    const seen = play([...begins, ['-', '-'], ['-', '-'], ['-', 'FZ']], {}, { sessionMaxMs: 50_000 })
    expect(events(seen).at(-1)).toMatchObject({ reason: 'too-long' })
  })
})

describe('a Bootstrap-Pack-Request', () => {
  const g = asks({ type: 'bootstrap-pack-request', pct: undefined })
  const found = { type: 'configured', ...one, found: 'yes' }
  test('is answered with the Pack, and no Finish follows [LwM2M Core §6.1.7.7]', () => {
    const values = { g, '0': like({ type: 'reply', session: 1, outcome: like({ code: '2.05' }) }), P: told('packed') }
    play(
      [
        ['g', 'L'],
        ['c', '0PZ'],
        ['-', '-'],
      ],
      values,
    )
  })
  test('where there are no Packs is answered 5.01 [LwM2M Core §6.1.7.7]', () => {
    play([['g', '0R']], { g, '0': replied('5.01'), R: told('refused') }, { pack: false })
  })
  test('of an endpoint that is given none is answered 4.05 [LwM2M Core §6.1.7.7]', () => {
    play(
      [
        ['g', 'L'],
        ['c', '0RZ'],
      ],
      { g, c: { ...found, pack: false }, '0': replied('4.05'), R: told('refused') },
    )
  })
  test.each([60, 11542])('in content format %d is answered 4.06 [LwM2M Transport §6.4.2]', (accept) => {
    const odd = asks({ type: 'bootstrap-pack-request', pct: undefined, accept })
    play([['g', '0R']], { g: odd, '0': replied('4.06'), R: told('refused') })
  })
})

test('a server may begin by itself [LwM2M Core 1.0 §5.2.2.4]', () => {
  const o = { type: 'ordered', endpointClientName, remote }
  play(
    [
      ['o', 'L'],
      ['c', 'BD'],
    ],
    { o, B: told('begun', { by: 'server' }), D: performs('discover', '/', 11542) },
  )
})
