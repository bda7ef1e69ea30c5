/** Writes docs/ets.md: every case of the OMA Enabler Test Specification with its test, or why there is none. `npm run conformance`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { cases, type Case } from '../conformance/cases.ts'
import { root } from './titles.ts'

/** Which test stands for a case: its title begins with `int-N: `. */
export const testsOfCases = (): ReadonlyMap<number, { readonly file: string; readonly title: string }> =>
  new Map(
    filesIn(join(root, 'test'))
      .flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(titled)].map((found) => ({ file: relative(root, file), title: found[2]! })),
      )
      .map((test) => [Number(/^int-(\d+): /.exec(test.title)![1]), test]),
  )
const titled = /test\(\s*(['`])(int-\d+: (?:\\.|(?!\1)[^\\\n])*)\1/g
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
    .sort()
    .map((name) => join(folder, name))

/** What becomes of a case: a test that passes whenever `npm test` does, or a reason. */
export const resultOf = (one: Case, tests: ReturnType<typeof testsOfCases>): string | undefined => {
  const test = tests.get(one.id)
  if (test !== undefined) return `passes: [test](../${test.file})`
  if (typeof one.as === 'number') return `as [int-${one.as}](#int-${one.as})`
  if (one.as === 'no procedure') return 'the specification gives no procedure'
  return one.missing === undefined ? undefined : `missing: ${one.missing}`
}

/** The page. */
export const etsPage = (): string => {
  const tests = testsOfCases()
  const rows = cases.map((one) => ({ one, result: resultOf(one, tests) ?? 'missing' }))
  const count = (word: string) => rows.filter(({ result }) => result.startsWith(word)).length
  return [
    '# The OMA Enabler Test Specification',
    '',
    `The ${cases.length} cases of the interoperability test specification for LwM2M (ETS INT 1.2), in our own words, our client against our server. ${count('passes')} have a test of their`,
    `own, ${count('as')} stand for another case's result, ${count('the specification')} have no procedure in the specification, ${count('missing')} are missing, with the reason. A test listed here passes whenever \`npm test\` does.`,
    'Made by `npm run conformance`; edit `test/conformance/cases.ts` and the tests, not this page.',
    '',
    '| case | since | what it checks | result |',
    '|---|---|---|---|',
    ...rows.map(({ one, result }) => `| <a id="int-${one.id}"></a>int-${one.id} | ${one.since ?? '1.1'} | ${one.title} | ${result} |`),
    '',
  ].join('\n')
}

if (process.argv[1]?.endsWith('ets.ts') === true) writeFileSync(join(root, 'docs/ets.md'), etsPage())
