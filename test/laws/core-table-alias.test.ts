/** The second names of a table: they go with their rows, and never name another one's. */
import { expect, test } from 'vitest'
import { Table } from '../../src/core/table.ts'

interface Row {
  readonly also: string | undefined
}
const table = () => new Table<Row>({ name: 'rows', limit: 10, alias: ({ also }) => also })

test('a removed row is not found by its second name, nor is a renamed one by its former', () => {
  const rows = table()
  rows.put('s', 1, { also: 'a' })
  rows.put('s', 2, { also: 'b' })
  rows.remove('s', 1)
  expect(rows.aliased('s', 'a')).toBeUndefined()
  rows.put('s', 2, { also: 'c' })
  expect(rows.aliased('s', 'b')).toBeUndefined()
  expect(rows.aliased('s', 'c')?.key).toBe(2)
})

test('a second name that was given to another row stays with that one', () => {
  const rows = table()
  rows.put('s', 1, { also: 'a' })
  rows.put('s', 2, { also: 'a' })
  rows.remove('s', 1)
  expect(rows.aliased('s', 'a')?.key).toBe(2)
  expect(rows.copy().aliased('s', 'a')?.key).toBe(2)
  rows.put('s', 2, { also: undefined })
  expect(rows.aliased('s', 'a')).toBeUndefined()
})
