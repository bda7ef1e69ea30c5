/** docs/conformance.md: no row is empty, no part of a title is stale, and the page is the one that would be made now. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { missing, page, testsOf } from './conformance.ts'
import { requirements } from './requirements.ts'
import { root, titles } from './titles.ts'

const all = titles()

test.each(requirements.map((one) => [one.id, one] as const))('%s has a test, or a reason why it is not ours', (_id, requirement) => {
  if (requirement.notOurs !== undefined) return expect(requirement.tests).toBeUndefined()
  expect(testsOf(requirement, all)).not.toEqual([])
  expect(missing(requirement, all)).toEqual([])
})

test('each row has an id of its own', () => {
  expect(new Set(requirements.map(({ id }) => id)).size).toBe(requirements.length)
})

test('a title is found by its end, a row by the RFC that the title names', () => {
  expect(all.length).toBeGreaterThan(300)
  expect(testsOf({ id: '7959-9-a', keyword: 'MUST', words: '', tests: ['a non-confirmable message is not acknowledged'] }, all)).toEqual([])
})

test('the page is up to date: npm run conformance', () => {
  expect(readFileSync(join(root, 'docs/conformance.md'), 'utf8')).toBe(page(all))
})
