/** The page of the OMA Enabler Test Specification is what the tests say, and no case is forgotten. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cases } from '../conformance/cases.ts'
import { etsPage, resultOf, testsOfCases } from './ets.ts'
import { root } from './titles.ts'

test('every one of the 155 cases has a test, or a reason why not', () => {
  const tests = testsOfCases()
  expect(cases.filter((one) => resultOf(one, tests) === undefined).map(({ id }) => `int-${id}`)).toEqual([])
  expect(new Set(cases.map(({ id }) => id)).size).toBe(155)
  expect([...tests.keys()].filter((id) => !cases.some((one) => one.id === id))).toEqual([])
})

test('docs/ets.md is up to date', () => {
  expect(readFileSync(join(root, 'docs/ets.md'), 'utf8'), 'run npm run conformance').toBe(etsPage())
})
