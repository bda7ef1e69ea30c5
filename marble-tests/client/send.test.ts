/** Send: values that nobody asked for (LwM2M Core 1.2.2 §6.4.6). One character is one second. */
import { NEVER } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { instances } from '../../src/client/objects.ts'
import type { SendCommand } from '../../src/client/sending.ts'
import { like } from '../../src/testing/index.ts'
import { answered, at, changed, created, device, everything, failed, node, objects, opened, play, requested } from './device.ts'

const level = '/3200/0/1'
const send = (more: Partial<SendCommand> = {}): SendCommand => ({ type: 'send', send: 's', paths: [at(level)], nodes: [], ...more })
const S = like({ type: 'perform', operation: { type: 'send', confirmable: true, nodes: [node(level, 50)] } })
/** What becomes of a Send that is refused at once. */
const refusal = (command: SendCommand, machine = device()) => {
  const seen = play(machine, { s: command }, { received: '(oc)', submitted: '-----s', transmitted: '*' })
  expect(seen.transmitted.some(({ value }) => like({ operation: { type: 'send' } })(value))).toBe(false)
  return seen.delivered.map(({ value }) => value).filter(like({ type: 'sent' }))
}

describe('a Send', () => {
  test('carries places as they are, and ends with 2.04 [LwM2M Core §6.4.6]', () => {
    play(device(), { s: send(), S, a: changed }, { received: '(oc)--a', submitted: '-----s', transmitted: '(OR)-S' })
  })
  test('carries values with times of their own', () => {
    const values = [
      { ...node(level, 1), time: 1_800_000_000 },
      { ...node(level, 2), time: 1_800_000_060 },
    ]
    play(
      device(),
      {
        s: send({ paths: [], nodes: values, confirmable: false, format: 110 }),
        S: like({ operation: { type: 'send', confirmable: false, format: 110, nodes: values } }),
      },
      { received: '(oc)', submitted: '-----s', transmitted: '(OR)-S' },
    )
  })
  test('says what the server answered instead, or that it did not', () => {
    const ends = (answer: unknown) =>
      play(device(), { s: send(), S, a: answer }, { received: '(oc)--a', submitted: '-----s', transmitted: '(OR)-S' })
        .delivered.map(({ value }) => value)
        .filter(like({ type: 'sent' }))
    expect(ends(changed)).toEqual([{ type: 'sent', send: 's', account: 0, of: 1, result: 'sent', code: '2.04' }])
    expect(ends(answered('4.04'))).toEqual([{ type: 'sent', send: 's', account: 0, of: 1, result: 'rejected', code: '4.04' }])
    expect(ends(failed('timeout'))).toEqual([{ type: 'sent', send: 's', account: 0, of: 1, result: 'timeout' }])
    expect(ends(failed('refused'))).toEqual([{ type: 'sent', send: 's', account: 0, of: 1, result: 'failed' }])
  })
  test('of what is read on demand waits for the reading', () => {
    play(
      device([{}], { has: [objects[0]!, instances(everything, { 0: { 1: { read: () => NEVER } } })] }),
      { s: send(), S, d: { type: 'decided', transaction: 2, path: level, code: '2.05', value: 50 } },
      { received: '(oc)', submitted: '-----s--d', transmitted: '(OR)----S' },
    )
  })
  test('goes one after the other', () => {
    play(
      device(),
      { s: send(), t: send({ send: 't' }), S, a: changed },
      { received: '(oc)----a', submitted: '-----st', transmitted: '(OR)-S--S' },
    )
  })
})

describe('a Send waits', () => {
  test('for the first registration', () => {
    play(device(), { s: send(), S }, { received: '---(oc)', submitted: 's', transmitted: 'O--(RS)' })
  })
  test('until the network is there again, and says when its values were taken', () => {
    const dated = like({ operation: { type: 'send', nodes: [{ ...node(level, 50), time: 1_893_456_006 }] } })
    play(
      device(),
      { s: send(), S: dated, F: { type: 'offline' }, N: { type: 'online' }, u: changed },
      { received: '(oc)-----ou', submitted: '-----Fs-N', transmitted: '(OR)-C--OUS' },
    )
  })
  test('for a server whose account is asleep: it is woken [LwM2M Core §6.5]', () => {
    play(
      device([{ queueMode: true }], { limits: {} }),
      { s: send(), S, u: changed },
      { received: '(oc) 95s -ou', submitted: '99s s', transmitted: '(OR) 89s C 5s OUS' },
    )
  })
  test('at most so many: the next one is full', () => {
    const seen = play(
      device([{}], { limits: { sendsMax: 1 } }),
      { s: send({ send: 'first' }), t: send() },
      { submitted: 'st', transmitted: '*' },
    )
    expect(seen.delivered.map(({ value }) => value).filter(like({ type: 'sent' }))).toEqual([
      { type: 'sent', send: 's', account: 0, of: 1, result: 'full' },
    ])
  })
})

describe('a Send is aborted', () => {
  const ends = (seen: ReturnType<typeof play>) => seen.delivered.map(({ value }) => value).filter(like({ type: 'sent' }))
  test('by a new registration [LwM2M Core §6.4.6]', () => {
    const seen = play(
      device(),
      { s: send(), F: { type: 'offline' }, N: { type: 'online' }, t: failed('timeout'), p: opened(), z: created() },
      { received: '(oc)-----ot', submitted: '-----Fs-N', transmitted: '*' },
    )
    expect(ends(seen)).toEqual([expect.objectContaining({ result: 'aborted' })])
  })
  test('by the end of the client', () => {
    const seen = play(device(), { s: send(), q: { type: 'stop' } }, { submitted: 'sq', transmitted: '*' })
    expect(ends(seen)).toEqual([expect.objectContaining({ result: 'aborted' })])
  })
  test('by its application, which hears no more of it', () => {
    const seen = play(
      device(),
      { s: send(), w: { type: 'unsend', send: 's' }, S, X: like({ type: 'cancel' }) },
      { received: '(oc)', submitted: '-----s-w', transmitted: '(OR)-S-X' },
    )
    expect(ends(seen)).toEqual([])
  })
})

describe('a Send is refused', () => {
  test.each<[string, SendCommand, object]>([
    ['a place that is not there', send({ paths: [at('/9/0')] }), { result: 'not-registered', path: '/9/0' }],
    ['an Object Instance that is not there', send({ paths: [at('/3200/7/1')] }), { result: 'not-registered', path: '/3200/7/1' }],
    ['the Security Object', send({ paths: [at('/0/0')] }), { result: 'not-registered', path: '/0/0' }],
    [
      'a Resource that nobody may read',
      send({ paths: [], nodes: [node('/3200/0/5', 'x')] }),
      { result: 'not-registered', path: '/3200/0/5' },
    ],
    ['a value of another type', send({ paths: [], nodes: [node(level, 'x')] }), { result: 'type', path: level }],
    ['nothing', send({ paths: [] }), { result: 'too-large' }],
    ['a server that is not there', send({ account: 7 }), { result: 'no-account', account: 7 }],
  ])('%s [LwM2M Core §6.4.6]', (_, command, more) => {
    expect(refusal(command)).toEqual([expect.objectContaining(more)])
  })
  test('by a server of LwM2M 1.0', () => {
    expect(refusal(send(), device([{ version: '1.0' }]))).toEqual([expect.objectContaining({ result: 'version' })])
  })
  test('while Mute Send is true [LwM2M Core §E.2]', () => {
    expect(refusal(send(), device([{ muteSend: true }]))).toEqual([expect.objectContaining({ result: 'muted' })])
  })
  test('when the server writes Mute Send while it waits [LwM2M Core §E.2]', () => {
    const mute = requested(9, { type: 'write', mode: 'replace', path: at('/1/0/23'), nodes: [node('/1/0/23', true)] })
    const seen = play(
      device(),
      { s: send(), t: send({ send: 't' }), m: mute, S },
      { received: '(oc)----m', submitted: '-----st', transmitted: '*' },
    )
    expect(seen.delivered.map(({ value }) => value).filter(like({ type: 'sent' }))).toEqual([
      expect.objectContaining({ send: 't', result: 'muted' }),
    ])
  })
})
