/** `npm run mutants`: plants one bug after the other in a copy of the source; each must turn a test red. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { planted, type Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'
import { interrupt, runTests } from './suite.ts'
import { copyOf, type Tree } from './tree.ts'

/** What became of one bug. `drifted`: its place is not there; `broken`: the tests could not judge it. */
interface Outcome {
  readonly name: string
  readonly what: string
  readonly outcome: 'killed' | 'survived' | 'drifted' | 'broken'
  /** The title of the test that noticed, or what went wrong. */
  readonly by: string
  readonly seconds: number
}

const usage = `npm run mutants [-- --only NAME] [-- --json] [-- --list]
  --only NAME  this bug only; may be given several times
  --json       one JSON object per line instead of a table
  --list       names and says what is planted, and ends`

const judge = async (tree: Tree, mutant: Mutant): Promise<Outcome> => {
  const { name, what, file, tests } = mutant
  const begun = performance.now()
  const made = (outcome: Outcome['outcome'], by: string): Outcome => ({ name, what, outcome, by, seconds: secondsSince(begun) })
  const sound = tree.read(file)
  try {
    tree.write(file, planted(sound, mutant))
  } catch (error) {
    return made('drifted', (error as Error).message)
  }
  const verdict = await runTests(tree.root, tests)
  tree.write(file, sound)
  if (verdict.type === 'red') return made('killed', verdict.title)
  return verdict.type === 'green' ? made('survived', tests.join(', ')) : made('broken', verdict.reason)
}
const secondsSince = (begun: number) => Math.round((performance.now() - begun) / 100) / 10

/** Without a bug all must be green, or being red would mean nothing. */
const isSound = async (tree: Tree, chosen: readonly Mutant[], say: (line: string) => void): Promise<boolean> => {
  const begun = performance.now()
  const tests = [...new Set(chosen.flatMap((mutant) => mutant.tests))]
  const verdict = await runTests(tree.root, tests)
  if (verdict.type === 'green') {
    say(`without a bug: ${tests.length} test files are green, ${secondsSince(begun)} s`)
    return true
  }
  console.error(`without any planted bug the tests fail: ${verdict.type === 'red' ? `${verdict.file}: ${verdict.title}` : verdict.reason}`)
  return false
}

const line = ({ name, outcome, by, seconds }: Outcome): string => {
  const mark = outcome === 'killed' ? 'killed by' : outcome === 'survived' ? 'SURVIVED' : outcome.toUpperCase()
  return `${name.padEnd(widest)}  ${seconds.toFixed(1).padStart(5)} s  ${mark}: ${by}`
}
const widest = Math.max(...mutants.map(({ name }) => name.length))

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return print(usage)
  if (values.list) return print(mutants.map(({ name, what }) => `${name.padEnd(widest)}  ${what}`).join('\n'))
  const chosen = values.only === undefined ? mutants : mutants.filter(({ name }) => values.only!.includes(name))
  const unknown = values.only?.find((name) => !mutants.some((mutant) => mutant.name === name))
  if (unknown !== undefined) throw new Error(`no mutant is named ${unknown}: --list shows them`)

  const tree = copyOf(join(import.meta.dirname, '../..'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      interrupt()
      tree.remove()
      process.exit(signal === 'SIGINT' ? 130 : 143)
    })
  try {
    const say = values.json ? () => {} : (text: string): void => console.log(text)
    if (!(await isSound(tree, chosen, say))) return 1
    const outcomes: Outcome[] = []
    for (const mutant of chosen) {
      const outcome = await judge(tree, mutant)
      outcomes.push(outcome)
      console.log(values.json ? JSON.stringify(outcome) : line(outcome))
    }
    return close(outcomes, say)
  } finally {
    tree.remove()
  }
}
const print = (text: string): number => {
  console.log(text)
  return 0
}

const close = (outcomes: readonly Outcome[], say: (line: string) => void): number => {
  const count = (wanted: Outcome['outcome']) => outcomes.filter(({ outcome }) => outcome === wanted).length
  const faults = (['drifted', 'broken'] as const).filter((outcome) => count(outcome) > 0).map((outcome) => `, ${count(outcome)} ${outcome}`)
  say(`${count('killed')} killed, ${count('survived')} survived${faults.join('')}`)
  return count('killed') === outcomes.length ? 0 : 1
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  },
)
