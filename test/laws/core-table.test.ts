/** The table against a plain list of rows. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Table } from '../../src/core/table.ts'

interface Row {
  readonly dueAt: number
  readonly name: string | undefined
}
const table = (limit = 8) => new Table<Row>({ name: 'rows', limit, deadline: ({ dueAt }) => dueAt, alias: ({ name }) => name })
type Model = { readonly scope: string; readonly key: number; row: Row; readonly age: number }[]

const actions = fc.array(
  fc.record({
    put: fc.boolean(),
    scope: fc.constantFrom('a', 'b', 'c'),
    key: fc.nat(4),
    dueAt: fc.oneof(fc.nat(9), fc.constant(Infinity)),
    named: fc.boolean(),
  }),
  { maxLength: 80 },
)

describe('a table', () => {
  test('finds rows by key and alias, counts them, orders them by deadline and then age, and copies them', () => {
    fc.assert(
      fc.property(actions, (script) => {
        let tested = table(20)
        let model: Model = []
        let age = 0
        script.forEach(({ put, scope, key, dueAt, named }, index) => {
          const row = { dueAt, name: named ? `${key}${dueAt}` : undefined }
          const known = model.find((other) => other.scope === scope && other.key === key)
          // Two rows of one alias in a scope are nobody's business: the last one put has it.
          const unique =
            row.name === undefined || !model.some((other) => other !== known && other.scope === scope && other.row.name === row.name)
          if (put && unique) {
            tested.put(scope, key, row)
            if (known === undefined) model.push({ scope, key, row, age: age++ })
            else known.row = row
          } else {
            tested.remove(scope, key)
            model = model.filter((other) => other !== known)
          }
          if (index % 7 === 3) tested = tested.copy()
          const nearest = [...model].sort((a, b) => a.row.dueAt - b.row.dueAt || a.age - b.age)[0]
          expect(tested.size).toBe(model.length)
          expect(tested.deadline()).toBe(nearest?.row.dueAt ?? Infinity)
          if (nearest !== undefined && nearest.row.dueAt !== Infinity)
            expect(tested.first()).toMatchObject({ scope: nearest.scope, key: nearest.key })
          expect(tested.due(4)?.row.dueAt ?? 9).toBe((nearest?.row.dueAt ?? 9) <= 4 ? nearest!.row.dueAt : 9)
          for (const other of model) {
            expect(tested.get(other.scope, other.key)).toBe(other.row)
            if (other.row.name !== undefined) expect(tested.aliased(other.scope, other.row.name)?.key).toBe(other.key)
          }
          for (const name of ['a', 'b', 'c']) {
            const mine = model.filter((other) => other.scope === name)
            expect(tested.count(name)).toBe(mine.length)
            expect([...tested.in(name)].map(({ key: found }) => found)).toEqual(mine.map(({ key: found }) => found))
            expect(tested.oldest(name)?.key).toBe(mine[0]?.key)
          }
          expect(tested.byAge().map(({ row: found }) => found)).toEqual(model.map(({ row: found }) => found))
        })
      }),
      { numRuns: 1_000 },
    )
  })
  test('refuses a row beyond its limit as a bug, and says when it is full', () => {
    const tested = table(2)
    tested.put('a', 1, { dueAt: 1, name: undefined })
    expect(tested.full).toBe(false)
    tested.put('a', 2, { dueAt: 1, name: undefined })
    expect(tested.full).toBe(true)
    tested.put('a', 2, { dueAt: 9, name: 'x' })
    expect(() => tested.put('a', 3, { dueAt: 1, name: undefined })).toThrow(/beyond the limit/)
  })
  test('notes the rows that change once it is watched, and each only once', () => {
    const tested = table()
    tested.put('a', 1, { dueAt: 1, name: undefined })
    expect(tested.changes()).toEqual([])
    tested.watch()
    tested.put('a', 2, { dueAt: 5, name: undefined })
    tested.remove('a', 1)
    tested.remove('a', 1)
    expect(tested.changes()).toEqual([
      { table: 'rows', scope: 'a', key: 2, row: { dueAt: 5, name: undefined } },
      { table: 'rows', scope: 'a', key: 1, row: undefined },
    ])
    expect(tested.changes()).toEqual([])
  })
  test('keeps no scope for each of 100,000 peers that came and went', () => {
    const tested = table()
    for (let i = 0; i < 100_000; i++) {
      tested.put(`peer ${i}`, 1, { dueAt: 1, name: undefined })
      tested.remove(`peer ${i}`, 1)
    }
    expect([...tested.scopes()].length).toBeLessThan(3_000)
  })
})
