/** The laws over frames and signals of reliable transports (RFC 8323). */
import * as fc from 'fast-check'
import { down, up } from '../../src/core/stack.ts'
import { encodeFrame } from '../../src/message/frame.ts'
import { frames, type FramesEvent } from '../../src/message/frames.ts'
import { signals as codes } from '../../src/message/code.ts'
import { defaultSignals, signals, type SignalsEffect, type SignalsEvent } from '../../src/message/signals.ts'
import type { Message } from '../../src/message/message.ts'
import { arbitraries as any, laws } from '../../src/testing/index.ts'
import { check, messageOf, noBody, peerOf } from './tight.ts'

const signal: fc.Arbitrary<Message> = fc.record({
  type: fc.constant('NON' as const),
  remote: any.remotes,
  messageId: fc.constant(0),
  code: fc.constantFrom(...Object.values(codes)),
  token: any.tokens,
  options: fc.oneof(
    fc.constant([]),
    fc.constantFrom(2, 4, 1, 6).map((number) => [{ number, value: Uint8Array.of(200) }]),
  ),
  payload: any.payloads,
})
const words = fc.oneof({ weight: 3, arbitrary: any.messages }, { weight: 3, arbitrary: signal })

/** Whole frames, frames cut anywhere, several at once, and octets that never were one. */
const pieces = fc.oneof(
  words.map(encodeFrame),
  fc
    .tuple(words, fc.nat(2_000))
    .map(([message, cut]) => ({ ...encodeFrame(message), bytes: encodeFrame(message).bytes.slice(0, cut % 40) })),
  fc
    .tuple(words, words)
    .map(([one, other]) => ({ ...encodeFrame(one), bytes: Uint8Array.from([...encodeFrame(one).bytes, ...encodeFrame(other).bytes]) })),
  any.mutatedDatagrams,
)
const framesEvents: fc.Arbitrary<FramesEvent> = fc.oneof(
  { weight: 5, arbitrary: pieces.map(up) },
  { weight: 3, arbitrary: any.linkUp.map(up) },
  { weight: 2, arbitrary: words.map(down) },
  { weight: 1, arbitrary: any.linkDown.map(down) },
)
check(
  laws(frames({ maxMessageBytes: 300, maxConnections: 3, messageMs: 60_000 }), {
    events: framesEvents,
    bound: {
      octets: 1_500,
      flood: (index, luck) =>
        luck.uint32() % 2 === 0
          ? up({ type: 'opened', remote: peerOf(index), address: '', local: '' })
          : up({ type: 'datagram', remote: peerOf(index - 1), bytes: new Uint8Array(luck.uint32() % 300).fill(0xd0) }),
    },
  }),
)

const signalsEvents: fc.Arbitrary<SignalsEvent> = fc.oneof(
  { weight: 8, arbitrary: words.map(up) },
  { weight: 1, arbitrary: any.malformed.map(up) },
  { weight: 1, arbitrary: any.linkUp.map(up) },
  { weight: 5, arbitrary: any.messageDown.map(down) },
)
/** A link that was asked for opens or does not, the peer says its CSM, a ping has its pong. */
const answers = ({ type, value }: SignalsEffect): readonly SignalsEvent[] => {
  if (type === 'up') return []
  const { remote } = value
  if (value.type === 'open')
    return [up({ type: 'opened', remote, address: 'a', local: 'b' }), up({ type: 'closed', remote, reason: 'refused' })]
  if (value.type === 'close') return [up({ type: 'closed', remote, reason: 'asked' })]
  const said = (code: Message['code'], token = ''): SignalsEvent =>
    up({ type: 'NON', remote, messageId: 0, code, token, options: [], payload: noBody })
  return [said(codes.CSM), said(codes.Release), said(codes.Pong, value.token)]
}
check(
  laws(signals({ ...defaultSignals, maxConnections: 3, waitingMax: 2 }), {
    events: signalsEvents,
    answers,
    bound: { octets: 3_000, flood: (index, luck) => down({ ...messageOf(index, luck), reference: index, purpose: 'request' }) },
  }),
)
