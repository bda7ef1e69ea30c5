/** The main job as a stranger runs it: a process of its own, real sockets, its lines read one by one. */
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
interface Line {
  readonly event: string
  readonly ms: number
  readonly [field: string]: unknown
}
interface Run {
  readonly code: number | null
  readonly lines: readonly string[]
  readonly stderr: string
}
const lwm2m = (...args: readonly string[]): Promise<Run> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stderr, lines: stdout.split('\n').filter((line) => line !== '') }))
  })
const events = (lines: readonly string[]) => lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lwm2m-rx-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each([
  ['pull', 'coap'],
  ['pull', 'http'],
  ['push', 'coap'],
] as const)(
  'the demo installs the very file, by %s over %s, and a Read and an Update are answered in its midst',
  async (mode, protocol) => {
    const file = join(folder, `${mode}-${protocol}.bin`)
    const bytes = randomBytes(3_000_017)
    await writeFile(file, bytes)
    const { code, lines, stderr } = await lwm2m('demo', '--json', '--firmware', file, '--mode', mode, '--protocol', protocol)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(lines[lines.length - 1]).toBe(`installed sha256:${createHash('sha256').update(bytes).digest('hex')} on urn:lwm2m-rx:demo`)

    const all = events(lines)
    const states = all.filter(({ event }) => event === 'firmware-state')
    expect(states.map(({ from, state }) => [from, state])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 0],
    ])
    expect(states[3]!['result']).toBe(1)
    // Over HTTP the file may be there before a Read is on its way.
    for (const name of protocol === 'http' ? [] : ['read', 'update']) {
      const [one] = all.filter(({ event }) => event === name)
      expect(one!.ms).toBeGreaterThanOrEqual(states[0]!.ms)
      expect(one!.ms).toBeLessThanOrEqual(states[1]!.ms)
    }
    expect(all.filter(({ event }) => event === 'notified').length).toBeGreaterThan(0)
    expect(all.some(({ event }) => event === 'deregistered')).toBe(true)
  },
)

test('a firmware file that is not there ends the demo with its reason', async () => {
  const { code, stderr } = await lwm2m('demo', '--firmware', join(folder, 'nothing.bin'))
  expect(code).toBe(1)
  expect(stderr).toContain('nothing.bin')
})

test.each([
  [['coap', 'get', 'coap://127.0.0.1:1/x', '--timeout', '0.5'], 1, 'timeout'],
  [['coap', 'get', 'http://127.0.0.1/x'], 1, 'invalid'],
  [['coap', 'get'], 2, 'missing required argument'],
  [['nonsense'], 2, 'unknown command'],
  [['coap', 'get', 'coap://127.0.0.1/x', '--block-size', '100'], 2, '1024 is needed'],
])('`lwm2m-rx %s` ends with its exit code and says why', async (args, expected, why) => {
  const { code, stderr } = await lwm2m(...args)
  expect(stderr).toContain(why)
  expect(code).toBe(expected)
})
