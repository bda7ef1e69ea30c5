/** docs/firmware.md shows the table that the machine walks. */
import { expect, test } from 'vitest'
import { current, page } from './firmware.ts'

test('the page is up to date: node --import tsx test/docs/firmware.ts', () => {
  expect(current()).toBe(page(current()))
})
test('every generated part is there', () => {
  for (const name of ['states', 'diagram']) expect(current()).toContain(`<!-- ${name} -->`)
})
