/** docs/errors.md has a row for every reason, and says what each means. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { page, unions } from './errors.ts'
import { root } from './titles.ts'

test('every reason of every union is explained', () => {
  const bare = unions().flatMap(({ title, members }) => members.filter(([, words]) => words === '').map(([name]) => `${title}: ${name}`))
  expect(bare).toEqual([])
  expect(unions().flatMap(({ members }) => members).length).toBeGreaterThan(70)
})

test('the page is up to date: node --import tsx test/docs/errors.ts', () => {
  expect(readFileSync(join(root, 'docs/errors.md'), 'utf8')).toBe(page())
})
