/** Writes docs/conformance.md: each MUST with the tests that check it. `npm run conformance`. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rfcOf, sectionOf, type Requirement } from './requirement.ts'
import { requirements } from './requirements.ts'
import { operationsTable } from './operations.ts'
import { root, titles, type Titled } from './titles.ts'

/** The tests of a requirement: their titles have one of its parts, and name its RFC. */
export const testsOf = (requirement: Requirement, all: readonly Titled[]): readonly Titled[] =>
  (requirement.tests ?? [])
    .flatMap((part) => found(requirement, part, all))
    .filter((one, at, list) => list.findIndex(({ file, title }) => file === one.file && title === one.title) === at)

/** Parts of titles that no test has. */
export const missing = (requirement: Requirement, all: readonly Titled[]): readonly string[] =>
  (requirement.tests ?? []).filter((part) => found(requirement, part, all).length === 0)

const found = (requirement: Requirement, part: string, all: readonly Titled[]): readonly Titled[] =>
  all.filter(({ title }) => title.includes(part) && /\[([^\]]*)\]$/.exec(title)![1]!.includes(`RFC ${rfcOf(requirement)}`))

/** The page. */
export const page = (all: readonly Titled[]): string =>
  [
    '# Conformance',
    '',
    'Each row is a MUST or MUST NOT in our own words, or a SHOULD or plain rule that everybody relies on. Read the RFC for the exact ones. The tests are found by their',
    'titles, which end with the section that they check.',
    'A row without a test fails `npm test`. Made by `npm run conformance`; edit `test/docs/requirements.ts`, not this page.',
    '',
    ...Object.entries(documents).flatMap(([rfc, name]) => [
      '',
      `## RFC ${rfc}: ${name}`,
      '',
      '| section | | requirement | checked by |',
      '|---|---|---|---|',
      ...requirements.filter((one) => rfcOf(one) === rfc).map((one) => row(one, all)),
    ]),
    '',
    ...operationsTable(),
    '## Not ours',
    '',
    'Rows marked so bind a role that this engine does not have (a proxy, a cache), or people: the operator who sets parameters, the application that answers.',
    '',
  ]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')

const documents: Readonly<Record<string, string>> = {
  '7252': 'the Constrained Application Protocol, §4 and §5',
  '7641': 'observing resources',
  '7959': 'block-wise transfers',
}
const row = (one: Requirement, all: readonly Titled[]): string => {
  const by = one.notOurs === undefined ? testsOf(one, all).map(link).join('<br>') : `not ours: ${one.notOurs}`
  return `| <a id="${one.id}"></a>§${sectionOf(one)} | ${one.keyword} | ${cell(one.words)} | ${by} |`
}
const link = ({ file, title }: Titled): string => `[${cell(title.replace(/ \[[^\]]*\]$/, ''))}](../${file})`
const cell = (text: string): string => text.replaceAll('|', '\\|')

if (process.argv[1]?.endsWith('conformance.ts') === true) {
  writeFileSync(join(root, 'docs/conformance.md'), page(titles()))
  const rows = requirements.filter((one) => one.notOurs === undefined)
  const gaps = rows.flatMap((one) => missing(one, titles()).map((part) => `${one.id}: ${part}`))
  process.stdout.write(
    `${rows.length} rows with tests, ${requirements.length - rows.length} not ours${gaps.length === 0 ? '' : `; no test has\n  ${gaps.join('\n  ')}`}\n`,
  )
  process.exitCode = gaps.length === 0 ? 0 : 1
}
