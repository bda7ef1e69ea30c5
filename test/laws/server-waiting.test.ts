/** The laws over bootstrap sessions and the queues of clients that sleep (LwM2M Core §6.1, Transport §6.5). */
import * as fc from 'fast-check'
import type { Code } from '../../src/message/code.ts'
import { defaultBootstrapLimits, sessions } from '../../src/server/bootstrap/sessions.ts'
import type { SessionEffect, SessionEvent, StepWord } from '../../src/server/bootstrap/words.ts'
import { queues, type QueueEffect, type QueueEvent } from '../../src/server/queue/queue.ts'
import { arbitraries as any, laws } from '../../src/testing/index.ts'
import { check, peerOf } from './tight.ts'

const name = fc.constantFrom('a', 'b', 'c', 'd')
const steps: readonly StepWord[] = [
  { type: 'delete', path: '/0' },
  { type: 'write', path: '/0/1' },
]
const code = fc.constantFrom<Code>('2.04', '2.05', '4.00', '4.04', '4.06', '4.15', '5.03')
const session = fc.integer({ min: 1, max: 6 })
const asked: fc.Arbitrary<SessionEvent> = fc.record({
  type: fc.constant('asked' as const),
  ticket: fc.nat(50),
  remote: any.remotes,
  endpointClientName: fc.oneof(name, fc.constantFrom('', 'x'.repeat(300))),
  operation: fc.constantFrom(
    { type: 'bootstrap-request' } as const,
    { type: 'bootstrap-request', pct: 112 } as const,
    { type: 'bootstrap-request', pct: 60 } as const,
    { type: 'bootstrap-pack-request' } as const,
    { type: 'bootstrap-pack-request', accept: 0 } as const,
  ),
})
const sessionEvents: fc.Arbitrary<SessionEvent> = fc.oneof(
  { weight: 3, arbitrary: asked },
  fc.record({ type: fc.constant('ordered' as const), endpointClientName: name, remote: any.remotes }),
  fc.record({
    type: fc.constant('configured' as const),
    endpointClientName: name,
    session,
    found: fc.constantFrom('yes' as const, 'no' as const, 'failed' as const),
    pack: fc.boolean(),
  }),
  fc.record({ type: fc.constant('answered' as const), endpointClientName: name, session, code, maxAgeSeconds: fc.nat(60) }),
  fc.record({
    type: fc.constant('unanswered' as const),
    endpointClientName: name,
    session,
    cause: fc.constantFrom('timeout' as const, 'invalid' as const),
  }),
)
const reactions = (effect: SessionEffect): readonly SessionEvent[] => {
  if (effect.type === 'look-up') {
    const { endpointClientName, session } = effect
    return [
      { type: 'configured', endpointClientName, session, found: 'yes', pack: true },
      { type: 'configured', endpointClientName, session, found: 'yes', pack: false, steps },
    ]
  }
  if (effect.type !== 'perform') return []
  const { endpointClientName, session, step } = effect
  return (['2.04', '4.15', '5.03'] as const).map((code) => ({
    type: 'answered',
    endpointClientName,
    session,
    code,
    ...(step.type === 'discover' ? { steps, version: '1.1' } : {}),
  }))
}
check(
  laws(sessions({ ...defaultBootstrapLimits, sessionsMax: 3, requestsMax: 3, sessionMaxMs: 120_000, formats: [11542, 112], pack: true }), {
    events: sessionEvents,
    answers: reactions,
    bound: {
      octets: 4_000,
      flood: (index): SessionEvent => ({
        type: 'asked',
        ticket: index,
        remote: peerOf(index),
        endpointClientName: `client ${index}`,
        operation: { type: 'bootstrap-request' },
      }),
    },
  }),
)

const ticket = fc.nat(20)
const queueEvents: fc.Arbitrary<QueueEvent> = fc.oneof(
  fc.record({ type: fc.constant('registered' as const), endpointClientName: name, queueMode: fc.boolean() }),
  fc.record({ type: fc.constantFrom('gone' as const, 'heard' as const), endpointClientName: name }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('asked' as const),
      endpointClientName: name,
      ticket,
      expiryMs: fc.constantFrom(1_000, 60_000),
    }),
  },
  fc.record({ type: fc.constant('settled' as const), endpointClientName: name, ticket, heard: fc.boolean() }),
  fc.record({ type: fc.constant('withdrawn' as const), endpointClientName: name, ticket }),
)
/** Whatever is released is answered, or not, at the same client. */
const settlements = (effect: QueueEffect): readonly QueueEvent[] =>
  effect.type === 'release'
    ? ['a', 'b', 'c', 'd'].flatMap((endpointClientName) =>
        [true, false].map((heard) => ({ type: 'settled' as const, endpointClientName, ticket: effect.ticket, heard })),
      )
    : []
check(
  laws(queues({ awakeMs: 30_000, expiryMs: 60_000, waitingMax: 3, sleepersMax: 3 }), {
    events: queueEvents,
    answers: settlements,
    bound: {
      octets: 3_000,
      flood: (index): QueueEvent =>
        index % 2 === 0
          ? { type: 'registered', endpointClientName: `client ${index % 10}`, queueMode: true }
          : { type: 'asked', endpointClientName: `client ${(index - 1) % 10}`, ticket: index },
    },
  }),
)
