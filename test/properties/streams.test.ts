/** Peers on streams that send whatever they like, in pieces of any size: nobody else notices (RFC 8323). */
import fc from 'fast-check'
import { of, Subject } from 'rxjs'
import { expect, test } from 'vitest'
import { coapEndpoint, request } from '../../src/coap.ts'
import { seeded } from '../../src/core/dice.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { cable, streamCable } from '../../src/datagram/cable.ts'
import { close, datagram, open } from '../../src/datagram/datagram.ts'
import { signals as codes } from '../../src/message/code.ts'
import { encodeFrame } from '../../src/message/frame.ts'
import type { Message } from '../../src/message/message.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'
import { arbitraries as any, bareEnvironment } from '../../src/testing/index.ts'

const server = 'coap+tcp://10.0.0.1:5683'
const csm = encodeFrame({
  type: 'NON',
  remote: '',
  messageId: 0,
  code: codes.CSM,
  token: '',
  options: [],
  payload: new Uint8Array(0),
}).bytes
const signal: fc.Arbitrary<Message> = fc
  .tuple(any.messages, fc.constantFrom(...Object.values(codes)))
  .map(([message, code]) => ({ ...message, code }))
/** A frame, half of one, or none; or the end of the connection, and another. */
const deeds = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.oneof(any.messages, signal).map((message) => encodeFrame(message).bytes) },
    { weight: 2, arbitrary: fc.tuple(any.messages, fc.nat(60)).map(([message, cut]) => encodeFrame(message).bytes.slice(0, cut)) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 40 }) },
    { weight: 1, arbitrary: fc.constant('again' as const) },
  ),
  { maxLength: 12 },
)

test('a stranger on a stream sends anything, cut anywhere: nothing throws, and others are served [RFC 8323 §5.6]', () => {
  fc.assert(
    fc.property(deeds, fc.boolean(), fc.integer({ min: 1, max: 9 }), (sent, polite, pieceBytes) => {
      const scheduler = virtualScheduler()
      const random = seeded(3)
      const streams = streamCable({ scheduler, random }, { delayMs: 2, pieceBytes })
      const datagrams = cable({ scheduler, random })
      const at = (address: string) =>
        bareEnvironment({
          scheduler,
          strict: true,
          random: random.fork(address),
          transports: { udp: () => datagrams(`coap://${address}`), tcp: () => streams(`coap+tcp://${address}`) },
        })
      const failures: unknown[] = []
      const error = (failure: unknown) => failures.push(failure)
      coapEndpoint(at('10.0.0.1:5683'), { handler: ({ payload }) => of({ code: '2.05', options: [], payload }) }).up$.subscribe({ error })
      const down$ = new Subject<DatagramDown>()
      const heard: DatagramUp[] = []
      streams('coap+tcp://10.0.0.3:5683')(down$).subscribe({ next: (up) => heard.push(up), error })
      const begin = () => {
        down$.next(open('victim', server))
        if (polite) down$.next(datagram('victim', csm))
      }
      begin()
      for (const deed of sent) {
        scheduler.flush(scheduler.now() + 1)
        if (deed !== 'again') down$.next(datagram('victim', deed))
        else {
          down$.next(close('victim'))
          begin()
        }
      }
      const answers: number[] = []
      const asking = coapEndpoint(at('10.0.0.2:5683'))
      asking
        .ask(request('POST', server, { payload: 'hello' }, '/x'))
        .subscribe({ next: ({ payload }) => answers.push(payload.length), error })
      // Whoever does not go on has lost its connection by then.
      scheduler.flush(scheduler.now() + 300_000)
      expect(failures).toEqual([])
      expect(answers).toEqual([5])
      if (!polite && sent.every((deed) => deed === 'again')) expect(heard.some(({ type }) => type === 'closed')).toBe(true)
    }),
    { numRuns: 1_000 },
  )
}, 60_000)
