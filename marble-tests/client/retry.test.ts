/** Register fails: when it is tried again (LwM2M Core 1.2.2 §6.2.1.2, Server Object Resources 17-20). One character is one minute. */
import { describe, expect, test } from 'vitest'
import { ladder } from '../../src/testing/index.ts'
import { answered, closed, device, failed, opened, out, state } from './device.ts'

const minutes = (machine: ReturnType<typeof device>, values: object, lanes: Parameters<typeof ladder>[2], dice = 0, untilMs?: number) =>
  ladder(
    machine,
    { msPerChar: 60_000, values: { ...out, o: opened(), ...values }, dice, ...(untilMs === undefined ? {} : { untilMs }) },
    { delivered: '*', ...lanes },
  )

describe('the ladder of attempts', () => {
  const attempts = (seen: ReturnType<typeof minutes>) => seen.transmitted.filter(({ value }) => out.O(value)).map(({ at }) => at / 60_000)

  test('a server that cannot be reached: attempts at 0, 1, 3, 7 and 15 minutes, then none [LwM2M Core §6.2.1.2]', () => {
    const seen = minutes(device(), { z: closed('unreachable') }, { received: 'zz-z---z-------z', transmitted: '*' })
    expect(attempts(seen)).toEqual([0, 1, 3, 7, 15])
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'failed', reason: 'exhausted', detail: 'unreachable unreachable' })
  })

  test('Resources 17-20 decide: two attempts, 30 s, then after an hour once more', () => {
    const seen = minutes(
      device([{ retryCount: 2, retryTimerSeconds: 120, sequenceDelaySeconds: 3600, sequenceCount: 2 }]),
      { z: closed('unreachable') },
      { received: 'z-z 59m z-z', transmitted: '*' },
    )
    expect(attempts(seen)).toEqual([0, 2, 62, 64])
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'failed', reason: 'exhausted' })
  })

  test('a sequence delay of 2^32 - 1 is for ever', () => {
    const seen = minutes(
      device([{ retryCount: 1, sequenceDelaySeconds: 2 ** 32 - 1, sequenceCount: 9 }]),
      { z: closed('unreachable') },
      { received: 'z 60000m z', transmitted: '*' },
    )
    expect(attempts(seen)).toEqual([0])
    expect(seen.delivered.at(-2)!.value).toMatchObject({ state: 'failed' })
  })

  test('the wait does not grow beyond a day', () => {
    const seen = minutes(
      device([{ retryCount: 9, retryTimerSeconds: 86_000 }]),
      { z: closed('unreachable') },
      { received: 'z 86000s z', transmitted: '*' },
    )
    const last = seen.delivered.filter(({ value }) => state('waiting')(value)).at(-1)
    expect(last!.value).toMatchObject({ next: { action: 'register', dueAt: last!.at + 86_400_000 } })
  })

  test('luck adds up to a tenth', () => {
    const seen = minutes(device(), { z: closed('unreachable') }, { received: 'z', transmitted: '*' }, 0.5)
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'waiting', next: { dueAt: 63_000 } })
  })

  test.each([
    ['an error', answered('4.03'), { reason: 'rejected', detail: '4.03' }],
    ['no answer', failed('timeout'), { reason: 'timeout' }],
    ['RST', failed('reset'), { reason: 'unreachable', detail: 'reset' }],
  ])('%s to Register: the link is closed and the next attempt planned', (_, x, why) => {
    const seen = minutes(device(), { x }, { received: 'o---x', transmitted: '(OR)C' }, 0, 299_000)
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'waiting', next: { action: 'register', dueAt: 300_000 }, ...why })
  })

  test('a link that does not open in 30 s counts as a failed attempt', () => {
    const seen = minutes(device(), {}, { transmitted: '*', received: '--' }, 0, 100_000)
    expect(seen.transmitted.map(({ at }) => at)).toEqual([0, 30_000, 90_000])
  })

  test('the application can start again', () => {
    const seen = minutes(
      device([{ retryCount: 1 }]),
      { z: closed('unreachable'), a: { type: 'register' } },
      { received: 'z', submitted: '-----a', transmitted: 'O----O' },
      0,
      301_000,
    )
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'connecting', reason: 'asked' })
  })
})
