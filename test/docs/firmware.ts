/** Writes the generated parts of docs/firmware.md: the table of the states and its picture. `node --import tsx test/docs/firmware.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { table, type Cell } from '../../src/firmware/update/table.ts'
import { root } from './titles.ts'

const file = join(root, 'docs/firmware.md')
export const current = (): string => readFileSync(file, 'utf8')

/** The page with its generated parts made anew. */
export const page = (text: string): string =>
  Object.entries(parts()).reduce(
    (all, [name, part]) =>
      all.replace(
        new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`),
        (_, begin: string, end: string) => `${begin}\n${part}\n\n${end}`,
      ),
    text,
  )

const states = { 0: 'Idle', 1: 'Downloading', 2: 'Downloaded', 3: 'Updating' } as const
const numbers = [0, 1, 2, 3] as const
const resultOf = ({ result }: Cell) => (result === undefined ? '' : result === 'given' ? ', its Result' : `, Result ${result}`)

const cellText = (cell: Cell | undefined): string => {
  if (cell === undefined) return ''
  const { answer, to, then = [] } = cell
  const leads = to === undefined ? resultOf(cell).slice(2) : `→ ${states[to]}${resultOf(cell)}`
  return [answer, leads, then.join(', ')].filter((part) => part !== undefined && part !== '').join('; ') || 'nothing new'
}
const parts = (): Readonly<Record<string, string>> => ({
  states: [
    `| what happens | ${numbers.map((state) => `${states[state]} (${state})`).join(' | ')} |`,
    `|${' --- |'.repeat(5)}`,
    ...Object.values(table).map((row) => `| ${row.what} | ${numbers.map((state) => cellText(row.in[state])).join(' | ')} |`),
  ].join('\n'),
  diagram: ['```mermaid', 'stateDiagram-v2', '  [*] --> Idle', ...arrows(), '```'].join('\n'),
})
/** What leads from one State to another, the rows that do the same on one arrow. */
const arrows = (): readonly string[] => {
  const found = new Map<string, string[]>()
  for (const { what, in: cells } of Object.values(table))
    for (const state of numbers) {
      const cell = cells[state]
      if (cell?.to === undefined || cell.to === state) continue
      const arrow = `${states[state]} --> ${states[cell.to]}`
      found.set(arrow, [...(found.get(arrow) ?? []), what.replaceAll(/[:;]/g, ' -')])
    }
  return [...found].map(([arrow, whats]) => `  ${arrow}: ${whats.join('<br>')}`)
}

if (process.argv[1]?.endsWith('docs/firmware.ts') === true) writeFileSync(file, page(current()))
