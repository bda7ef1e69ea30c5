/** A connection over a reliable transport, drawn: settings, sending, Ping and Pong, Release, Abort (RFC 8323 §5). One character is one second. */
import { test } from 'vitest'
import { signals as codes, type Code } from '../../src/message/code.ts'
import { noBytes, noOptions, type Message, type Submission } from '../../src/message/message.ts'
import { uintOption } from '../../src/message/option.ts'
import { defaultSignals, signals, type SignalParameters } from '../../src/message/signals.ts'
import { ladder, like, type Lanes } from '../../src/testing/index.ts'

const remote = 'coap+tcp://192.0.2.1:5683'
const message = (code: Code, more: Partial<Message> = {}): Message => ({
  type: 'NON',
  remote,
  messageId: 0,
  code,
  token: '',
  options: noOptions,
  payload: noBytes,
  ...more,
})
const request = (reference: string): Submission => ({
  ...message('0.01', { type: 'CON', messageId: -1, token: reference }),
  reference,
  purpose: 'request',
})
const custody = { number: 2, value: noBytes }
const values = {
  // from the application
  a: request('01'),
  b: request('02'),
  r: message('2.05', { type: 'ACK', token: 'aa' }),
  e: { type: 'close', remote, keepSession: false },
  // from the peer, and to it
  o: { type: 'opened', remote, address: '192.0.2.1:5683', local: '192.0.2.9:40000' },
  c: message(codes.CSM),
  q: message('0.01', { token: 'aa' }),
  s: message('2.05', { token: '01' }),
  p: message(codes.Ping, { token: 'b1' }),
  y: message(codes.Ping, { token: 'b2', options: [custody] }),
  l: message(codes.Release),
  x: message(codes.Abort, { payload: new TextEncoder().encode('tired') }),
  u: message(codes.Ping, { options: [uintOption(9, 1)] }),
  z: { type: 'closed', remote, reason: 'asked' },
  // what must come out
  O: like({ type: 'open', remote, uri: remote }),
  C: like({ type: 'NON', code: codes.CSM, options: [{ number: 2 }, { number: 4 }] }),
  A: like({ type: 'NON', code: '0.01', token: '01' }),
  B: like({ type: 'NON', code: '0.01', token: '02' }),
  R: like({ type: 'NON', code: '2.05', token: 'aa' }),
  P: like({ type: 'NON', code: codes.Pong, token: 'b1', options: [] }),
  Y: like({ type: 'NON', code: codes.Pong, token: 'b2', options: [custody] }),
  N: like({ type: 'NON', code: codes.Pong, token: 'b2', options: [] }),
  I: like({ type: 'NON', code: codes.Ping }),
  L: like({ type: 'NON', code: codes.Release }),
  X: like({ type: 'NON', code: codes.Abort }),
  E: like({ type: 'close', remote }),
  '+': like({ type: 'settled', outcome: 'acknowledged' }),
  '!': like({ type: 'settled', outcome: 'aborted' }),
  S: like({ type: 'settings', remote, maxMessageBytes: 1152 }),
  Q: like({ type: 'NON', code: '0.01', token: 'aa' }),
  V: like({ type: 'NON', code: '2.05', token: '01' }),
  '0': like({ type: 'opened' }),
  Z: like({ type: 'closed', reason: 'asked' }),
  T: like({ type: 'closed', reason: 'lost' }),
}
const play = (lanes: Lanes, given: Partial<SignalParameters> = {}) => ladder(signals({ ...defaultSignals, ...given }), { values }, lanes)

test('a request opens the connection and waits for it; our settings go first [RFC 8323 §5.3]', () => {
  play({ submitted: 'ab----', transmitted: 'O--(CAB)', received: '---o', delivered: '---(0++)' })
})

test('a response is what came for the request; nothing is acknowledged or sent again [RFC 8323 §3.1]', () => {
  play({ submitted: '--a-----', transmitted: 'C-A', received: 'oc---s', delivered: '0S+--V' })
})

test('a ping has its pong at once; one that asks for custody when what came before it is answered [RFC 8323 §5.4]', () => {
  play({ received: 'oc-qy----p', delivered: '0S-Q', submitted: '-----r', transmitted: 'C----(RY)P' })
})

test('a ping that asks for custody does not wait for ever [RFC 8323 §5.4.1]', () => {
  play({ received: 'oc-qy-----', delivered: '0S-Q', transmitted: 'C-----N' })
})

test('a peer that releases the connection is answered what it asked, and asked nothing more [RFC 8323 §5.5]', () => {
  play({ received: 'ocql-----', delivered: '0SQ-!', submitted: '----(ar)', transmitted: 'C---(RE)' })
})

test('after a release an answer may take two seconds [RFC 8323 §5.5]', () => {
  play({ received: 'ocql-----', delivered: '0SQ', transmitted: 'C----E' })
})

test('we release the connection that we close [RFC 8323 §5.5]', () => {
  play({ received: 'oc--z', delivered: '0S--Z', submitted: '---e', transmitted: 'C--(LE)' })
})

test('an abort is the end, and so is what we do not understand [RFC 8323 §5.6]', () => {
  play({ received: 'ocx-z', delivered: '0S--T', transmitted: 'C-E' })
  play({ received: 'ocu-z', delivered: '0S--T', transmitted: 'C-(XE)' })
  play({ received: 'oq--z', delivered: '0---T', transmitted: 'C(XE)' })
})

test('a peer that says no settings is told, and left [RFC 8323 §5.3]', () => {
  play({ received: 'o------z', delivered: '0------T', transmitted: 'C----(XE)' }, { settingsMs: 5_000 })
})

test('an idle connection is pinged, by who accepted it a quarter later; a word keeps it, silence ends it [RFC 8323 §5.4]', () => {
  play({ received: 'oc-----p-------z', delivered: '0S-------------T', transmitted: 'C-----IP----I-E' }, { idleMs: 4_000, pongMs: 2_000 })
})
