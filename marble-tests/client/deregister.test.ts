/** De-register and the end (LwM2M Core 1.2.2 §6.2.3), and Disable (§E.2). */
import { describe, expect, test } from 'vitest'
import { answered, created, device, failed, opened, play, requested, at, response } from './device.ts'

const stop = { type: 'stop' }
const deleted = answered('2.02')

describe('stop', () => {
  test('a registered client de-registers at its location, then closes its link [LwM2M Core §6.2.3]', () => {
    const seen = play(device(), { s: stop, d: deleted }, { received: '(oc)-d', submitted: '----s', transmitted: '(OR)DC' })
    expect(seen.transmitted[2]!.value).toMatchObject({ operation: { type: 'deregister', location: ['rd', 'x'] } })
    expect(seen.delivered.at(-1)!.value).toEqual({ type: 'stopped' })
  })

  test.each([
    ['an error', answered('4.04')],
    ['no answer', failed('timeout')],
  ])('%s to De-register is an end as well', (_, d) => {
    const seen = play(device(), { s: stop, d }, { received: '(oc)-d', submitted: '----s', transmitted: '(OR)DC' })
    expect(seen.delivered.at(-1)!.value).toEqual({ type: 'stopped' })
  })

  test('one that waits for its next attempt just ends', () => {
    const seen = play(device(), { s: stop, x: answered('4.03') }, { received: '-ox', submitted: '----s', transmitted: 'ORC--' })
    expect(seen.delivered.at(-1)!.value).toEqual({ type: 'stopped' })
  })

  test('a Register under way is waited for: a server that has the client is told that it goes [LwM2M Core §6.2.3]', () => {
    const seen = play(device(), { s: stop, d: deleted }, { received: '-o----c-d', submitted: '----s', transmitted: 'OR----D-C' })
    expect(seen.delivered.at(-1)!.value).toEqual({ type: 'stopped' })
  })

  test.each([
    ['refused', answered('4.03')],
    ['refused for its version', answered('4.12')],
    ['not answered', failed('timeout')],
  ])('a Register under way that is %s is the end', (_, x) => {
    const seen = play(device(), { s: stop, x }, { received: '-o----x', submitted: '----s', transmitted: 'OR----C' })
    expect(seen.delivered.at(-1)!.value).toEqual({ type: 'stopped' })
  })

  test('an Update under way is given up for De-register', () => {
    play(device(), { s: stop, u: { type: 'update' } }, { received: '(oc)', submitted: '----us', transmitted: '(OR)U(XD)' })
  })

  test('the client has stopped when every account has', () => {
    const seen = play(
      device([{}, {}]),
      { s: stop, d: deleted, e: answered('2.02', {}, 1), p: opened(1), q: created(1) },
      { received: '----(ocpq)------d-e', submitted: '----------s', transmitted: '(OO)(RR)--(DD)--C-C' },
    )
    expect(seen.delivered.filter(({ value }) => (value as { type: string }).type === 'stopped').map(({ at }) => at)).toEqual([18_000])
  })
})

describe('Disable', () => {
  test('Execute of /1/x/4 is answered, the client de-registers, and comes back after the Disable Timeout [LwM2M Core §E.2]', () => {
    const write = requested(1, { type: 'write', mode: 'replace', path: at('/1/0/5'), nodes: [{ path: at('/1/0/5'), value: 20 }] })
    play(
      device(),
      {
        w: write,
        e: requested(2, { type: 'execute', path: at('/1/0/4'), arguments: {} }),
        r: response(1, '2.04'),
        s: response(2, '2.04'),
        d: deleted,
      },
      { received: '(oc)we---d', transmitted: '(OR)r(sD)C 19s O' },
    )
  })
})
