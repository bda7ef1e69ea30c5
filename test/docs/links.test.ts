/** Links between the pages lead somewhere, and every decision is in the index. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './titles.ts'

const pagesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
const pages = ['README.md', ...pagesIn('docs'), ...pagesIn('docs/decisions')]
const textOf = (page: string) => readFileSync(join(root, page), 'utf8')

test.each(pages)('%s: its links lead to files that are there', (page) => {
  const targets = [...textOf(page).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => target!)
  const broken = targets.filter((target) => !/^https?:/.test(target) && !existsSync(join(root, dirname(page), target)))
  expect(broken).toEqual([])
})

test('every decision is in the index', () => {
  const index = textOf('docs/decisions/README.md')
  const absent = pagesIn('docs/decisions').filter(
    (page) => !page.endsWith('README.md') && !index.includes(`(${page.slice('docs/decisions/'.length)})`),
  )
  expect(absent).toEqual([])
})

test('every page can be reached from the README', () => {
  const seen = new Set<string>()
  const visit = (page: string) => {
    if (seen.has(page)) return
    seen.add(page)
    for (const [, target] of textOf(page).matchAll(/\]\(([^)#]+\.md)(?:#[^)]*)?\)/g))
      if (!/^https?:/.test(target!)) visit(join(dirname(page), target!))
  }
  visit('README.md')
  expect(pages.filter((page) => !seen.has(page))).toEqual([])
})

test('files that the pages name in code are there', () => {
  const gone = pages.flatMap((page) =>
    [...textOf(page).matchAll(/`((?:src|test|marble-tests)\/[\w./-]+\.ts)`/g)].flatMap(([, path]) =>
      existsSync(join(root, path!)) || path!.includes('NAME') ? [] : [`${page}: ${path!}`],
    ),
  )
  expect(gone).toEqual([])
})
