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
    fault: fc.constantFrom(undefined, undefined, 'syntax' as const, 'protocol' as const),
  }),
  fc.record({ type: fc.constantFrom('executed-update' as const, 'wrote-reset' as const, 'push-ended' as const), request }),
  fc.constant<UpdateEvent>({ type: 'push-began' }),
  fc.record({ type: fc.constant('push-failed' as const), result }),
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
    case 'install':
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
      flood: (index): UpdateEvent => ({ type: 'wrote-uri', request: index, uri: `coap://server/${index}`, fault: undefined }),
    },
  }),
)
