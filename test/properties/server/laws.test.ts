/** The laws over the server's machines. */
import * as fc from 'fast-check'
import { test } from 'vitest'
import type { Inventory, RegistrationOperation } from '../../../src/operation/operation.ts'
import { update, type UpdateEffect, type UpdateEvent } from '../../../src/server/firmware/update.ts'
import { defaultLimits, registrations, type RegistrationEffect, type RegistrationRequest } from '../../../src/server/registrations.ts'
import { laws, type Law } from '../../../src/testing/index.ts'

const check = (all: readonly Law[]): void => all.forEach(({ name, check: holds }) => test(name, holds))

const remote = fc.constantFrom('coap://10.0.0.1:5683', 'coap://10.0.0.2:5683', 'coap://10.0.0.3:5683')
const lifetimeSeconds = fc.constantFrom(0, 1, 60, 86_400, 4_294_967_295)
const has: fc.Arbitrary<Inventory> = fc.record({
  objects: fc.array(fc.constant({ path: { object: 3, instance: 0 }, attributes: {} }), { maxLength: 4 }),
})
const location = fc.constantFrom<readonly string[]>(['rd', 'nowhere'], [], ['rd'])
const operation: fc.Arbitrary<RegistrationOperation> = fc.oneof(
  fc.record({
    type: fc.constant<'register'>('register'),
    endpoint: fc.constantFrom('', 'a', 'b', 'c', '/rd/nowhere'),
    version: fc.constantFrom('1.0', '1.1', '1.2', '2.0', ''),
    lifetimeSeconds,
    has,
  }),
  fc.record({ type: fc.constant<'register'>('register'), version: fc.constant('1.1'), has }),
  fc.record({ type: fc.constant<'update'>('update'), location, lifetimeSeconds, has }),
  fc.record({ type: fc.constant<'deregister'>('deregister'), location }),
)
const requests: fc.Arbitrary<RegistrationRequest> = fc.record({ type: fc.constant<'asked'>('asked'), ticket: fc.nat(9), remote, operation })
const answers = (effect: RegistrationEffect): readonly RegistrationRequest[] => {
  if (effect.type !== 'registered') return []
  const where = ['rd', effect.registration.location]
  return [
    { type: 'asked', ticket: 10, remote: 'coap://10.0.0.9:5683', operation: { type: 'update', location: where } },
    {
      type: 'asked',
      ticket: 11,
      remote: 'coap://10.0.0.9:5683',
      operation: { type: 'update', location: where, lifetimeSeconds: 5, binding: 'UQ' },
    },
    { type: 'asked', ticket: 12, remote: 'coap://10.0.0.9:5683', operation: { type: 'deregister', location: where } },
  ]
}
check(
  laws(registrations({ ...defaultLimits, registrationsMax: 3, registersMax: 3, listedMax: 2 }), {
    events: requests,
    answers,
    bound: {
      octets: 4_000,
      flood: (index): RegistrationRequest => ({
        type: 'asked',
        ticket: index,
        remote: `coap://10.0.${index >> 8}.${index & 255}:5683`,
        operation: { type: 'register', endpoint: `client-${index}`, version: '1.1', has: { objects: [] } },
      }),
    },
  }),
)

const number = fc.constantFrom(0, 1, 2, 3, 4, 7, 255)
const updates: fc.Arbitrary<UpdateEvent> = fc.oneof(
  fc.record({ type: fc.constant<'heard'>('heard'), state: number, result: number, asked: fc.boolean() }),
  fc.record({ type: fc.constant<'heard'>('heard'), state: number }),
  fc.record({ type: fc.constant<'heard'>('heard'), result: number }),
  fc.record({
    type: fc.constantFrom<'begin' | 'unobserved' | 'unheard' | 'cleared' | 'offered' | 'executed' | 'registered'>(
      'begin',
      'unobserved',
      'unheard',
      'cleared',
      'offered',
      'executed',
      'registered',
    ),
  }),
  fc.record({ type: fc.constant<'declined'>('declined'), code: fc.constantFrom('response', 'timeout'), message: fc.constant('no') }),
  fc.record({ type: fc.constant<'moved'>('moved'), bytes: fc.nat(2_000) }),
)
const told = (effect: UpdateEffect): readonly UpdateEvent[] => {
  switch (effect.type) {
    case 'inquire':
      return [{ type: 'heard', state: 0, result: 0, asked: true }, { type: 'heard', state: 2, result: 0, asked: true }, { type: 'unheard' }]
    case 'clear':
      return [{ type: 'cleared' }]
    case 'offer':
      return [{ type: 'offered' }, { type: 'declined', code: 'response', message: 'no' }]
    case 'execute':
      return [{ type: 'executed' }, { type: 'declined', code: 'timeout', message: 'no' }]
    default:
      return []
  }
}
check(
  laws(update(1_000), {
    events: updates,
    answers: told,
    bound: { octets: 1_000, flood: (index, luck): UpdateEvent => ({ type: 'moved', bytes: luck.uint32() % (index + 1) }) },
  }),
)
