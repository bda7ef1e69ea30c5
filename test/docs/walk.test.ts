/** docs/walk.md quotes what happens. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { page, pagePath, walk } from './walk.ts'

test('the turns of one Read are those that the page quotes: node --import tsx test/docs/walk.ts', () => {
  const text = readFileSync(pagePath, 'utf8')
  expect(text).toBe(page(text))
  expect(text.match(/^```text$/gm)).toHaveLength(5)
})

test('it goes through every floor once on each way, and ends with the value', () => {
  const lines = walk()
  const machines = lines.flatMap((line) => /^\d+ (\w+ \w+): (?:up|down)/.exec(line)?.[1] ?? [])
  expect(machines).toEqual([
    ...['transfers', 'exchanges', 'messages'].map((name) => `server ${name}`),
    ...['messages', 'exchanges', 'transfers', 'operations', 'client', 'operations', 'transfers', 'exchanges', 'messages'].map(
      (name) => `device ${name}`,
    ),
    ...['messages', 'exchanges', 'transfers'].map((name) => `server ${name}`),
  ])
  expect(lines.at(-1)).toBe('5040 server: /3/0/0 is Acme')
})
