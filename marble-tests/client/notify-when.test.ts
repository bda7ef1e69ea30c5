/** The notification rule as an operator on any stream (LwM2M Core 1.2.2 §7.3.2). One character is one second. */
import { TestScheduler } from 'rxjs/testing'
import { describe, expect, test } from 'vitest'
import { notifyWhen } from '../../src/client/notify-when/pipeline.ts'
import type { Conditions } from '../../src/model/notification-rule.ts'

const values = { a: 1, b: 2, c: 3, d: 4, e: 5, z: 50, T: true, F: false }
const passes = (conditions: Conditions, fed: string, notified: string) => {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected))
  scheduler.run(({ hot, expectObservable }) => {
    scheduler.maxFrames = 7_000
    expectObservable(hot(fed, values).pipe(notifyWhen<number | boolean>(conditions, scheduler)), '^ 6999ms !').toBe(notified, values)
  })
}
const seconds = (marbles: string) =>
  marbles
    .split('')
    .map((letter) => (letter === '-' ? '1s' : `${letter} 999ms`))
    .join(' ') + ' '

describe('notifyWhen', () => {
  test.each<[string, Conditions, string, string]>([
    ['without conditions every change passes', {}, 'aab-bc', 'a-b--c'],
    ['pmin: the newest, when it has passed', { pmin: 3 }, 'abcd--', 'a--c--d'],
    ['pmax: the newest, changed or not', { pmax: 3 }, 'a------', 'a--a--a'],
    ['gt: only when it is crossed', { gt: 3 }, 'abcdeca', 'a--d--a'],
    ['lt: only when it is crossed', { lt: 3 }, 'edcbab', 'e--b--'],
    ['st: when it has moved by so much', { st: 2 }, 'abcde', 'a-c-e'],
    ['edge 1: when it becomes true', { edge: 1 }, 'FTFT', 'FT-T'],
    ['the value that crossed passes, and then the one that crossed back', { gt: 3, pmin: 3 }, 'aeb----', 'a--e--b'],
  ])('%s [LwM2M Core §7.3.2]', (_, conditions, fed, notified) => {
    passes(conditions, seconds(fed), seconds(notified))
  })

  test('completes with its source', () => passes({ pmin: 3 }, 'a 999ms b 999ms |', 'a 999ms 1s |'))
  test('fails with its source', () => passes({}, 'a 999ms #', 'a 999ms #'))
})
