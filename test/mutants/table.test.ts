/** The table of mutants keeps up with the source: `npm run mutants` finds every place where it plants a bug. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { occurrences } from './mutant.ts'
import { mutants } from './mutants.ts'

const root = join(import.meta.dirname, '../..')

test('every planted bug has its place in the source, exactly once', () => {
  const drifted = mutants.flatMap(({ name, file, find }) => {
    const count = occurrences(readFileSync(join(root, file), 'utf8'), find)
    return count === 1 ? [] : [`${name}: ${file} has ${count} times: ${find}`]
  })
  expect(drifted).toEqual([])
})

test('every planted bug changes something, has a name of its own, and tests that are there', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(24)
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  expect(mutants.filter(({ find, replace }) => find === replace).map(({ name }) => name)).toEqual([])
  expect(mutants.flatMap(({ tests }) => tests).filter((path) => !existsSync(join(root, path)))).toEqual([])
  expect(mutants.filter(({ tests }) => tests.length === 0).map(({ name }) => name)).toEqual([])
})
