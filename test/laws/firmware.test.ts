/** The laws over the Firmware Update object (LwM2M Core §E.6). */
import * as fc from 'fast-check'
import { update, type UpdateEffect, type UpdateEvent } from '../../src/firmware/update.ts'
import { laws } from '../../src/testing/index.ts'
import { check } from './tight.ts'

const request = fc.nat(3)
const attempt = fc.nat(3)
const result = fc.constantFrom(2 as const, 4 as const, 5 as const)
const events: fc.Arbitrary<UpdateEvent> = fc.oneof(
  fc.record({
    type: fc.constant('wrote-uri' as const),
    request,
    uri: fc.constantFrom('', 'coap://server/f'),
    refused: fc.constantFrom(undefined, undefined, 7 as const, 9 as const),
  }),
  fc.record({ type: fc.constantFrom('executed-update' as const, 'wrote-reset' as const, 'push-began' as const), request }),
  fc.record({ type: fc.constant('push-ended' as const), request, attempt }),
  fc.record({ type: fc.constant('push-failed' as const), attempt, result }),
  fc.record({
    type: fc.constant('restarted' as const),
    known: fc.record({
      state: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
      result: fc.constantFrom(0 as const, 1 as const, 8 as const),
      uri: fc.constantFrom('', 'coap://server/f'),
      attempt,
      delivery: fc.constantFrom(undefined, 'pull' as const, 'push' as const),
      name: fc.constant(''),
      version: fc.constant(''),
    }),
  }),
  fc.record({ type: fc.constant('trouble' as const), attempt, about: fc.constant('reset' as const) }),
  fc.record({ type: fc.constantFrom('pulled' as const, 'installed' as const), attempt }),
  fc.record({
    type: fc.constantFrom('pull-failed' as const, 'verification-failed' as const, 'installation-failed' as const),
    attempt,
    result,
  }),
  fc.record({ type: fc.constant('verified' as const), attempt, name: fc.string(), version: fc.string() }),
)
const answers = (effect: UpdateEffect): readonly UpdateEvent[] => {
  switch (effect.type) {
    case 'pull':
      return [
        { type: 'pulled', attempt: effect.attempt },
        { type: 'pull-failed', attempt: effect.attempt, result: 4 },
      ]
    case 'verify':
      return [
        { type: 'verified', attempt: effect.attempt, name: 'n', version: '1' },
        { type: 'verification-failed', attempt: effect.attempt, result: 5 },
      ]
    case 'admit':
      return [
        { type: 'push-ended', request: effect.request + 10, attempt: effect.attempt },
        { type: 'push-failed', attempt: effect.attempt, result: 4 },
      ]
    case 'install':
    case 'confirm':
      return [
        { type: 'installed', attempt: effect.attempt },
        { type: 'installation-failed', attempt: effect.attempt, result: 8 },
      ]
    default:
      return []
  }
}
check(
  laws(update(), {
    events,
    answers,
    bound: {
      octets: 400,
      flood: (index): UpdateEvent => ({ type: 'wrote-uri', request: index, uri: `coap://server/${index}`, refused: undefined }),
    },
  }),
)
