/** docs/recipes.md shows every file of docs/recipes, as it is; that they print what it says is tested with all other blocks. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { page, pagePath } from './recipes.ts'
import { root } from './titles.ts'

const text = readFileSync(pagePath, 'utf8')

test('each recipe is on the page', () => {
  const shown = [...text.matchAll(/^```ts recipe=(\w+)$/gm)].map(([, name]) => `${name!}.ts`)
  expect(shown.sort()).toEqual(readdirSync(join(root, 'docs/recipes')).sort())
})

test('as it is in its file: node --import tsx test/docs/recipes.ts', () => {
  expect(text).toBe(page(text))
})
