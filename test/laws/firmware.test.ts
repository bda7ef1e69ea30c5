/** The laws over the Firmware Update object (LwM2M Core §E.6). */
import * as fc from 'fast-check'
import { describe } from 'vitest'
import { update, type UpdateEffect, type UpdateEvent, type UpdateRules } from '../../src/firmware/update.ts'
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
  fc.record({
    type: fc.constantFrom('executed-update' as const, 'executed-cancel' as const, 'wrote-reset' as const, 'push-began' as const),
    request,
  }),
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
      severity: fc.constantFrom(0 as const, 1 as const, 2 as const),
      deferPeriodS: fc.constantFrom(0, 60),
      automatic: fc.boolean(),
      changedUtcS: fc.nat(3),
      orderedUtcMs: fc.option(fc.nat(120_000), { nil: undefined }),
      why: fc.constant(''),
    }),
  }),
  fc.record({ type: fc.constantFrom('remembered' as const, 'unremembered' as const), revision: fc.nat(9) }),
  fc.record({
    type: fc.constant('wrote-settings' as const),
    request,
    settings: fc.record({ deferPeriodS: fc.constantFrom(0, 30, 3_600), automatic: fc.boolean() }, { requiredKeys: [] }),
  }),
  fc.record({ type: fc.constantFrom('approved' as const, 'approval-waits' as const, 'installation-postponed' as const), attempt }),
  fc.record({ type: fc.constant('trouble' as const), attempt, about: fc.constant('reset' as const) }),
  fc.record({ type: fc.constantFrom('pulled' as const, 'installed' as const), attempt }),
  fc.record({
    type: fc.constantFrom('pull-failed' as const, 'verification-failed' as const, 'installation-failed' as const, 'declined' as const),
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
    case 'remember':
      return [
        { type: 'remembered', revision: effect.revision },
        { type: 'unremembered', revision: effect.revision },
      ]
    case 'ask':
      return [
        { type: 'approval-waits', attempt: effect.attempt },
        { type: 'approved', attempt: effect.attempt },
        { type: 'declined', attempt: effect.attempt, result: 8 },
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
        { type: 'installation-postponed', attempt: effect.attempt },
      ]
    default:
      return []
  }
}
describe.each<readonly [string, UpdateRules]>([
  ['that installs at once', {}],
  ['that asks somebody first', { approves: true }],
  ['that has restarted', { approves: true, ready: false }],
])('an update %s', (_, rules) => {
  check(
    laws(update({}, rules), {
      events,
      answers,
      bound: {
        octets: 40_000,
        // The storage never answers: what waits for it is bounded.
        flood: (index): UpdateEvent => ({
          type: 'wrote-uri',
          request: index,
          uri: index % 2 === 0 ? `coap://server/${index}` : '',
          refused: undefined,
        }),
      },
    }),
  )
})
