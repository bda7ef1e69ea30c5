/** The laws over a server's registrations and its view of a firmware update (LwM2M Core §6.2, §E.6). */
import * as fc from 'fast-check'
import type { RegistrationOperation } from '../../src/operation/operation.ts'
import { update, type UpdateEffect, type UpdateEvent } from '../../src/server/firmware/update.ts'
import { defaultLimits, registrations, type RegistrationEffect, type RegistrationRequest } from '../../src/server/registrations.ts'
import { arbitraries as any, laws } from '../../src/testing/index.ts'
import { check, peerOf } from './tight.ts'

const has = fc.constantFrom(
  { objects: [] },
  { objects: [{ path: { object: 3, instance: 0 }, attributes: {} }] },
  { objects: Array.from({ length: 9 }, (_, object) => ({ path: { object }, attributes: {} })) },
)
/** No Profile IDs at all is another thing than none in a list. */
const said = <Said extends { readonly profiles: readonly string[] }>({ profiles, ...rest }: Said) =>
  profiles.length === 0 ? rest : { ...rest, profiles }
const operation: fc.Arbitrary<RegistrationOperation> = fc.oneof(
  fc
    .record({
      type: fc.constant('register' as const),
      endpoint: fc.constantFrom('a', 'b', 'c', 'd', '', 'x'.repeat(300)),
      version: fc.constantFrom('1.0', '1.1', '1.2', '9.9'),
      lifetimeSeconds: fc.constantFrom(0, 1, 60, 86_400),
      binding: fc.constantFrom('U', 'UQ', 'T'),
      profiles: fc.constantFrom([], ['6:1'], ['6:2'], ['oma:x', '6:1']),
      has,
    })
    .map(said),
  fc
    .record({
      type: fc.constant('update' as const),
      location: fc.constantFrom(['rd', 'x'], ['rd'], []),
      lifetimeSeconds: fc.constantFrom(0, 30),
      profiles: fc.constantFrom([], ['6:1'], ['6:3']),
      has,
    })
    .map(said),
  fc.record({ type: fc.constant('deregister' as const), location: fc.constantFrom(['rd', 'x'], []) }),
)
const asked: fc.Arbitrary<RegistrationRequest> = fc.record({
  type: fc.constant('asked' as const),
  ticket: fc.nat(100),
  remote: any.remotes,
  operation,
})
/** Who was told a location may come back to it. */
const answers = (effect: RegistrationEffect): readonly RegistrationRequest[] => {
  if (effect.type !== 'reply' || effect.outcome.location === undefined) return []
  const { location } = effect.outcome
  return [
    { type: 'asked', ticket: 1, remote: 'coap://10.0.0.9:1', operation: { type: 'update', location, lifetimeSeconds: 20 } },
    { type: 'asked', ticket: 2, remote: 'coap://10.0.0.9:1', operation: { type: 'deregister', location } },
  ]
}
const limits = { ...defaultLimits, registrationsMax: 3, registersMax: 3, listedMax: 8, profilesMax: 2 }
check(
  laws(registrations(limits), {
    events: asked,
    answers,
    bound: {
      octets: 3_000,
      flood: (index): RegistrationRequest => ({
        type: 'asked',
        ticket: index,
        remote: peerOf(index),
        operation: {
          type: 'register',
          endpoint: `client ${index}`,
          version: '1.1',
          has: { objects: [{ path: { object: 3 }, attributes: {} }] },
        },
      }),
    },
  }),
)

const events: fc.Arbitrary<UpdateEvent> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<UpdateEvent>({ type: 'begin' }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('heard' as const),
      state: fc.constantFrom(0, 1, 2, 3, 9),
      result: fc.constantFrom(0, 1, 5, 8, 99),
      asked: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<UpdateEvent>(
      { type: 'unobserved' },
      { type: 'unheard', code: 'response', message: 'no' },
      { type: 'cleared' },
      { type: 'offered' },
      { type: 'executed' },
      { type: 'registered' },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('declined' as const),
      code: fc.constantFrom('response', 'timeout'),
      message: fc.constant('no'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('moved' as const), bytes: fc.nat(2_000) }) },
)
const reactions = (effect: UpdateEffect): readonly UpdateEvent[] => {
  switch (effect.type) {
    case 'inquire':
      return [0, 1, 2, 3].flatMap((state) => [0, 1].map((result) => ({ type: 'heard' as const, state, result, asked: true })))
    case 'clear':
      return [{ type: 'cleared' }]
    case 'offer':
      return [{ type: 'offered' }, { type: 'declined', code: 'timeout', message: 'no answer' }]
    case 'execute':
      return [{ type: 'executed' }]
    default:
      return []
  }
}
check(
  laws(update(1_000), {
    events,
    answers: reactions,
    bound: { octets: 500, flood: (index): UpdateEvent => ({ type: 'moved', bytes: index }) },
  }),
)
