/** docs/lifecycle.md shows the tables that the machine is held to. */
import { expect, test } from 'vitest'
import { current, page } from './lifecycle.ts'

test('the page is up to date: node --import tsx test/docs/lifecycle.ts', () => {
  expect(current()).toBe(page(current()))
})

test('every generated part is there', () => {
  for (const name of ['server', 'bootstrap', 'failures', 'commands', 'client']) expect(current()).toContain(`<!-- ${name} -->`)
})
