/** An update drawn: push, pull, cancel, reset, deferral, restart, and a storage that takes its time (LwM2M Core §E.6.1). */
import { describe, test } from 'vitest'
import type { Machine } from '../../src/core/machine.ts'
import {
  update,
  type Update,
  type UpdateEffect,
  type UpdateEvent,
  type UpdateMachine,
  type UpdateRules,
} from '../../src/firmware/update.ts'
import { alone, ladder, like } from '../../src/testing/index.ts'

type UpdateLike = Machine<UpdateMachine, UpdateEvent, UpdateEffect>
/** With a storage that takes everything at once: what is left are answers, States, and what is done. */
const stored = (machine: UpdateLike): UpdateLike => ({
  ...machine,
  step: (state, event, stamp) => {
    let [next, effects] = machine.step(state, event, stamp)
    for (const effect of effects) {
      if (effect.type !== 'remember') continue
      const [after, more] = machine.step(next, { type: 'remembered', revision: effect.revision }, stamp)
      next = after
      effects = [...effects, ...more]
    }
    return [next, effects.filter(({ type }) => type !== 'remember')]
  },
})

const asked = { request: 1 }
const at = (attempt: number) => ({ attempt })
/** What is said and done, by letters that all ladders share. */
const letters: Readonly<Record<string, unknown>> = {
  // what a server asks
  U: { type: 'wrote-uri', ...asked, uri: 'coap://files/f', refused: undefined },
  R: { type: 'wrote-reset', ...asked },
  B: { type: 'push-began', ...asked },
  E: { type: 'push-ended', ...asked, ...at(1) },
  X: { type: 'executed-update', ...asked },
  C: { type: 'executed-cancel', ...asked },
  // what the device reports
  P: { type: 'pulled', ...at(1) },
  V: { type: 'verified', ...at(1), name: '', version: '' },
  W: { type: 'approval-waits', ...at(1) },
  A: { type: 'approved', ...at(1) },
  L: { type: 'installation-postponed', ...at(1) },
  I: { type: 'installed', ...at(1) },
  // answers
  y: like({ type: 'answer', code: '2.04' }),
  n: like({ type: 'answer', code: '4.05' }),
  f: like({ type: 'answer', code: '5.00' }),
  // what servers see: State, and after it the Result where it is none of 0
  ...Object.fromEntries([0, 1, 2, 3].map((state) => [String(state), like({ type: 'publish', update: like({ state, result: 0 }) })])),
  s: like({ type: 'publish', update: like({ state: 0, result: 1 }) }),
  c: like({ type: 'publish', update: like({ state: 0, result: 10 }) }),
  d: like({ type: 'publish', update: like({ state: 2, result: 11 }) }),
  l: like({ type: 'publish', update: like({ state: 0, result: 4 }) }),
  // what is done
  m: like({ type: 'admit' }),
  p: like({ type: 'pull', resumed: false }),
  v: like({ type: 'verify' }),
  k: like({ type: 'ask' }),
  h: like({ type: 'hush' }),
  i: like({ type: 'install' }),
  j: like({ type: 'confirm' }),
  x: like({ type: 'abandon' }),
  z: like({ type: 'reset' }),
  t: like({ type: 'tidy' }),
}
const drawn = (
  submitted: string,
  delivered: string,
  { from = {}, values = {}, slow = false, ...rules }: UpdateRules & { from?: Partial<Update>; values?: object; slow?: boolean } = {},
) => {
  const machine = update(from, rules)
  ladder(alone(slow ? machine : stored(machine)), { dice: 0, values: { ...letters, ...values } }, { submitted, delivered })
}

describe('an update', () => {
  test('that is pushed: the Write is answered when the package is verified [LwM2M Core §E.6.1]', () => {
    const server = 'B-------E-------V-------X-------I'
    const device = '(1m)----v-------(y2)----(hy3i)--(sz)'
    drawn(server, device)
  })
  test('that is pulled [LwM2M Core §E.6.1]', () => {
    const server = 'U-------P-------V-------X-------I'
    const device = '(y1p)---v-------2-------(hy3i)--(sz)'
    drawn(server, device)
  })
  test('that is cancelled while it is downloaded, and once it is [LwM2M Core §E.6, Resource 10]', () => {
    drawn('U-------C', '(y1p)---(xhycz)')
    drawn('U-------P-------V-------C', '(y1p)---v-------2-------(xhycz)')
  })
  test('that is being installed is not cancelled, nor where there is none [LwM2M Core §E.6, Resource 10]', () => {
    drawn('C-------', 'n-------')
    drawn('C-------', 'n-------', { from: { state: 3 } })
  })
  test('that is reset in the midst of its verification: the Write has failed, and what the verifier says means nothing [LwM2M Core §E.6.1]', () => {
    const server = 'B-------E-------R-------V'
    const device = '(1m)----v-------(xhfy0z)-'
    drawn(server, device)
  })
  test('need not be ordered where 5/0/14 says so [LwM2M Core §E.6, Resource 14]', () => {
    const server = 'U-------P-------V-------I'
    const device = '(y1p)---v-------(h23i)--(sz)'
    drawn(server, device, { from: { automatic: true } })
  })
})

describe('an update that may be deferred', () => {
  const minute = { from: { deferPeriodS: 60 }, approves: true }
  test('waits in State 2 with Result 11 until somebody agrees [LwM2M Core §E.6, Resource 3]', () => {
    const server = 'U-------P-------V-------(XW)----X-------A-------I'
    const device = '(y1p)---v-------2-------(y2kd)--y-------(3i)----(sz)'
    drawn(server, device, minute)
  })
  test('does not wait where somebody agrees at once: Result 11 is never seen [LwM2M Core §E.6, Resource 3]', () => {
    const server = 'U-------P-------V-------(XAW)---I'
    const device = '(y1p)---v-------2-------(y2k3i)-(sz)'
    drawn(server, device, minute)
  })
  test('is installed when the Maximum Defer Period is over, whoever is still being asked [LwM2M Core §E.6, Resource 13]', () => {
    const server = 'U-------P-------V-------(XW)----'
    const device = '(y1p)---v-------2-------(y2kd) 54s (h3i)'
    drawn(server, device, minute)
  })
  test('is not deferred where the period is 0 [LwM2M Core §E.6, Resource 13]', () => {
    drawn('U-------P-------V-------X', '(y1p)---v-------2-------(hy3i)', { approves: true })
  })
  test('is installed at once when the server takes the period back [LwM2M Core §E.6, Resource 13]', () => {
    const server = 'U-------P-------V-------(XW)----S'
    const device = '(y1p)---v-------2-------(y2kd)--(yDh3i)'
    const values = {
      S: { type: 'wrote-settings', ...asked, settings: { deferPeriodS: 0 } },
      D: like({ type: 'publish', update: { state: 2, result: 11, deferPeriodS: 0 } }),
    }
    drawn(server, device, { ...minute, values })
  })
  test('is cancelled like any other: nobody is asked any more [LwM2M Core §E.6, Resource 10]', () => {
    const server = 'U-------P-------V-------(XW)----C-------A'
    const device = '(y1p)---v-------2-------(y2kd)--(xhycz)--'
    drawn(server, device, minute)
  })
  test('by its installer, is begun again when the period is over, and has then failed if it is put off once more [LwM2M Core §E.6, Resource 13]', () => {
    const server = 'U-------P-------V-------X-------L 59s L'
    const device = '(y1p)---v-------2-------(hy3i)--d 51s (h3i)---F'
    const values = { F: like({ type: 'publish', update: { state: 2, result: 8 } }) }
    drawn(server, device, { from: { deferPeriodS: 60 }, values })
  })
})

describe('after a restart', () => {
  const known = (more: Partial<Update>) => ({
    ready: false,
    values: { K: { type: 'restarted', known: { ...update().initial.update, attempt: 1, ...more } } },
  })
  test('servers wait until what was known is read', () => {
    const values = { K: { type: 'restarted', known: undefined }, b: like({ type: 'answer', code: '5.03' }) }
    drawn('U-------K-------U', 'b-------(0t)----(y1p)', { ready: false, values })
  })
  test('a push is over, for its server has to begin again [LwM2M Core §E.6.1]', () => {
    drawn('K-------', '(1xhlz)-', known({ state: 1, delivery: 'push' }))
    drawn('K-------', '(1q)----', {
      ...known({ state: 1, delivery: 'pull' }),
      values: { ...known({ state: 1, delivery: 'pull' }).values, q: like({ type: 'pull', resumed: true }) },
    })
  })
  test('what was downloaded is verified again, and let go of if it is no good any more', () => {
    const values = { ...known({ state: 2 }).values, N: { type: 'verification-failed', ...at(1), result: 5 } }
    const bad = like({ type: 'publish', update: { state: 0, result: 5 } })
    drawn('K-------V', '(2v)-----', known({ state: 2 }))
    drawn('K-------N', '(2v)----(xhgz)', { ready: false, values: { ...values, g: bad } })
  })
  test('an order that came before the package was verified again waits for that', () => {
    drawn('K-------X-------V', '(2v)----(hy3i)---', known({ state: 2 }))
  })
  test('somebody is asked again, for what is left of the period', () => {
    const deferred = known({ state: 2, result: 11, deferPeriodS: 60, orderedUtcMs: Date.UTC(2029, 11, 31, 23, 59, 40) })
    drawn('K-------(VW)', '(dv)----k 31s (h3i)', { ...deferred, approves: true })
  })
  test('in the midst of an installation the application says how it ended', () => {
    drawn('K-------I', '(3j)----(sz)', known({ state: 3 }))
  })
})

describe('a storage that takes its time', () => {
  const values = {
    a: { type: 'remembered', revision: 1 },
    b: { type: 'remembered', revision: 2 },
    q: { type: 'unremembered', revision: 1 },
    r: like({ type: 'remember', revision: 1 }),
    o: like({ type: 'remember', revision: 2 }),
    g: like({ type: 'publish', update: { state: 0, result: 2 } }),
    e: like({ type: 'publish', update: { state: 2, result: 2 } }),
  }
  test('is waited for with the answer, the State and the download', () => {
    drawn('U-------a', 'r-------(y1p)', { slow: true, values })
  })
  test('is not waited for where something has to end', () => {
    drawn('U-------C-------b', 'r-------(xho)---(y1pycz)', { slow: true, values })
  })
  test('that fails: nothing is begun, and nobody is told that it was', () => {
    drawn('U-------q-------b', 'r-------(fxho)--(gz)', { slow: true, values })
    drawn('X-------q-------b', '(hr)----(fo)----e', { slow: true, values, from: { state: 2, attempt: 1 } })
  })
})
