/** Test files run in a tree, by vitest in a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** What became of the tests: all passed, one failed, or nothing was tested because a file did not load or never ended. */
export type Verdict =
  | { readonly type: 'green' }
  | { readonly type: 'red'; readonly title: string; readonly file: string }
  | { readonly type: 'broken'; readonly reason: string }

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly success: boolean
  readonly numTotalTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** How long the tests of one bug may take. */
const timeoutMs = 120_000

/** The process at work, for who is interrupted. */
let current: ChildProcess | undefined
export const interrupt = (): void => void current?.kill('SIGKILL')

/** Runs them until the first failure. */
export const runTests = (root: string, tests: readonly string[]): Promise<Verdict> =>
  new Promise((resolve) => {
    const report = join(root, 'report.json')
    rmSync(report, { force: true })
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const options = ['run', '--bail', '1', '--reporter', 'json', '--outputFile', report]
    const child = spawn(process.execPath, [vitest, ...options, ...tests], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
    current = child
    let said = ''
    child.stderr.on('data', (octets: Buffer) => (said = (said + octets.toString()).slice(-2_000)))
    let late = false
    const alarm = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, timeoutMs)
    child.on('close', () => {
      clearTimeout(alarm)
      current = undefined
      if (late) return resolve({ type: 'broken', reason: `the tests did not end within ${timeoutMs / 1000} s` })
      if (!existsSync(report)) return resolve({ type: 'broken', reason: `vitest ended without a report: ${said.trim()}` })
      resolve(verdictOf(JSON.parse(readFileSync(report, 'utf8')) as Report, root))
    })
  })

const verdictOf = ({ success, numTotalTests, testResults }: Report, root: string): Verdict => {
  for (const { name, assertionResults } of testResults)
    for (const { status, fullName } of assertionResults)
      if (status === 'failed') return { type: 'red', title: fullName.trim(), file: name.replace(`${root}/`, '') }
  if (success && numTotalTests > 0) return { type: 'green' }
  const failed = testResults.find(({ status }) => status === 'failed')
  return {
    type: 'broken',
    reason: failed === undefined ? 'no test ran' : `${failed.name.replace(`${root}/`, '')}: ${failed.message?.split('\n')[0] ?? ''}`,
  }
}
