/** Writes the generated parts of docs/lifecycle.md: the diagrams, the table of failures, the table of commands. `node --import tsx test/docs/lifecycle.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failures } from '../../marble-tests/client/failures.ts'
import { clientStates } from '../../src/client/client-state.ts'
import { refusals } from '../../src/client/commands.ts'
import { bootstrapTransitions, serverTransitions, type Transition } from '../../src/client/transitions.ts'
import { root } from './titles.ts'

const file = join(root, 'docs/lifecycle.md')

/** The page with its generated parts made anew. */
export const page = (text: string): string =>
  Object.entries(parts).reduce(
    (all, [name, part]) =>
      all.replace(
        new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`),
        (_, begin: string, end: string) => `${begin}\n${part}\n\n${end}`,
      ),
    text,
  )
export const current = (): string => readFileSync(file, 'utf8')

/** Ends are left out of the picture: every phase may be stopped. */
const diagram = (initial: string, transitions: readonly Transition[]): string =>
  [
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${initial}`,
    ...transitions.filter(({ to }) => to !== 'stopped').map(({ from, to, when }) => `  ${from} --> ${to}: ${when.replaceAll(':', ' -')}`),
    '```',
  ].join('\n')
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** Rows that differ in nothing but what went wrong are one. */
const failureRows = (): readonly (readonly string[])[] => {
  const groups = new Map<string, { readonly row: (typeof failures)[number]; readonly what: string[] }>()
  for (const row of failures) {
    const key = `${row.doing}|${row.secured === true}|${row.does}|${row.then.state}|${row.then.reason}`
    const group = groups.get(key) ?? { row, what: [] }
    group.what.push(row.what)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ row, what }) => [
    row.doing,
    `${what.join(', ')}${row.secured === true ? ' (`coaps`)' : ''}`,
    row.does,
    `\`${row.then.state}\` (${row.then.reason})`,
  ])
}
const situations = ['living', 'bootstrapping', 'stopping'] as const
const parts: Readonly<Record<string, string>> = {
  server: diagram('waiting', serverTransitions),
  bootstrap: diagram('idle', bootstrapTransitions),
  failures: table(['while', 'what goes wrong', 'the client', 'the account is then'], failureRows()),
  commands: table(
    ['command', ...situations],
    Object.entries(refusals).map(([command, reasons]) => [
      `\`${command}\``,
      ...situations.map((situation) => (reasons[situation] === undefined ? 'done' : `refused: \`${reasons[situation]}\``)),
    ]),
  ),
  client: table(
    ['the client is', 'when any account is'],
    clientStates.map(([state, role, phases]) => [
      `\`${state}\``,
      `${role === 'server' ? 'of a server' : 'of the bootstrap server'}: ${phases.join(', ')}`,
    ]),
  ),
}

if (process.argv[1]?.endsWith('lifecycle.ts') === true) writeFileSync(file, page(current()))
