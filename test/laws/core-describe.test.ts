/** A turn in one line: what is said of it, and what never is. */
import { expect, test } from 'vitest'
import { describe as line } from '../../src/core/describe.ts'
import type { Turn } from '../../src/core/journal.ts'
import { Secret } from '../../src/core/secret.ts'

const turn = (given: Partial<Turn>): Turn => ({
  machine: 'messages',
  stamp: { now: 2007, wall: 0, dice: [] },
  event: { type: 'tick' },
  state: {},
  rows: [],
  effects: [],
  ...given,
})
const message = {
  type: 'CON',
  remote: 'coap://192.0.2.1:5683',
  messageId: 4711,
  code: '0.01',
  token: 'aa',
  options: [],
  payload: new Uint8Array(3),
}

test('when, where, which machine, what happened, what was decided, how many rows', () => {
  expect(line(turn({}))).toBe('2007 messages: tick')
  expect(
    line(turn({ node: 'device', effects: [{ type: 'down', value: message }], rows: [{ table: 't', scope: 's', key: 1, row: {} }] })),
  ).toBe('2007 device messages: tick -> down CON 0.01 #4711 coap://192.0.2.1:5683 (1 row)')
  expect(line(turn({ event: { type: 'up', value: { ...message, type: 'ACK', messageId: -1 } } }))).toBe(
    '2007 messages: up ACK 0.01 coap://192.0.2.1:5683',
  )
})

test('operations by their kind and place, answers by their codes', () => {
  const requested = { type: 'requested', remote: 'account 0', operation: { type: 'read', path: { object: 3, instance: 0, resource: 0 } } }
  const respond = { type: 'respond', request: { code: '0.01', remote: 'account 0' }, outcome: { code: '2.05', nodes: [{ value: 'Acme' }] } }
  expect(line(turn({ machine: 'client', event: { type: 'up', value: requested }, effects: [{ type: 'down', value: respond }] }))).toBe(
    '2007 client: up requested read /3/0/0 account 0 -> down respond 0.01 2.05 account 0',
  )
  const composite = { type: 'read-composite', paths: [{ object: 3 }, { object: 3303, instance: 0 }] }
  expect(line(turn({ event: { type: 'up', value: { type: 'requested', remote: 'account 0', operation: composite } } }))).toBe(
    '2007 messages: up requested read-composite /3 /3303/0 account 0',
  )
})

test('a fault by its name', () => {
  expect(line(turn({ fault: new TypeError('of what the peer said') }))).toBe('2007 messages: tick FAULT TypeError')
  expect(line(turn({ fault: 'overflow' }))).toBe('2007 messages: tick FAULT overflow')
})

test('never octets, values or secrets', () => {
  const hidden = 'hunter2'
  const octets = new TextEncoder().encode(hidden)
  const word = {
    type: 'changed',
    value: hidden,
    secret: new Secret(octets),
    payload: octets,
    options: [{ number: 15, value: octets }],
    detail: hidden,
    nodes: [{ value: hidden }],
  }
  const said = line(
    turn({
      event: word,
      effects: [{ type: 'up', value: word }, hidden, octets],
      state: word,
      rows: [{ table: hidden, scope: hidden, key: hidden, row: word }],
    }),
  )
  expect(said).toBe('2007 messages: changed -> up changed, string, word (1 row)')
})
