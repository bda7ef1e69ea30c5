/** The recipe of differential updates: what it prints, what it refuses, and that nothing it refuses is run or costs memory. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { pagePath } from './recipes.ts'
import { root } from './titles.ts'

const printed: string[] = []
vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line))
const { difference, next, old, signed, update } = await import('../../docs/recipes/delta.ts')
const shown = printed.join('\n')
const { hostile, slotBytes } = await import('./delta.ts')

/** What the server hears of a package, and what the device runs then. */
const outcome = (packaged: Uint8Array, running: Uint8Array = old) => {
  const flash = { running, slotBytes }
  printed.length = 0
  update(packaged, flash)
  return { said: printed.join('\n'), runs: flash.running }
}
const packaged = signed(difference(old, next))
const flipped = (at: number) => packaged.map((octet, index) => (index === at ? octet ^ 1 : octet))

test('it prints what the page says', () => {
  const page = readFileSync(pagePath, 'utf8')
  expect(/^```ts recipe=delta\n[^]*?^```\n\n```text\n([^]*?)\n```$/m.exec(page)?.[1]).toBe(shown)
})

test('what is for the base that runs is installed, octet by octet', () => {
  const { said, runs } = outcome(packaged)
  expect(said).toBe(`server: installing, ${packaged.length} octets\nserver: updated, ${packaged.length} octets`)
  expect(Buffer.compare(runs, next)).toBe(0)
})

test('a target that is smaller than its base, and one of no octets, are made as well', () => {
  for (const target of [old.subarray(0, 10_000), new Uint8Array(0)])
    expect(Buffer.compare(outcome(signed(difference(old, target))).runs, target)).toBe(0)
})

test('on another base it is refused with 6, and the old one runs on', () => {
  const other = old.map((octet, index) => (index === old.length - 1 ? octet ^ 1 : octet))
  const { said, runs } = outcome(packaged, other)
  expect(said).toMatch(/^server: Update Result 6/) // nothing was installed before
  expect(runs).toBe(other)
})

test('an octet changed anywhere in header or delta is refused with 5: the signature does not hold', () => {
  for (const at of [0, 32, 64, 68, 80, 300]) {
    const { said, runs } = outcome(flipped(at))
    expect([at, said]).toEqual([at, expect.stringMatching(/^server: Update Result 5/)])
    expect(runs).toBe(old)
  }
})

test('octets missing inside are refused with 5; with the end, the signature is missing: 6', () => {
  for (const [cut, result] of [
    [Buffer.concat([packaged.subarray(0, 100), packaged.subarray(110)]), 5],
    [packaged.subarray(0, packaged.length - 10), 6],
    [difference(old, next), 6],
  ] as const) {
    const { said, runs } = outcome(cut)
    expect(said).toMatch(new RegExp(`^server: Update Result ${result}`))
    expect(runs).toBe(old)
  }
})

test('what is too short to be a difference, though signed, is refused with 6', () => {
  expect(outcome(signed(new Uint8Array(20))).said).toContain('Update Result 6')
})

test('hostile differences that are well signed are refused within a heap of 64 MiB', () => {
  const lines = execFileSync(process.execPath, ['--max-old-space-size=64', '--import', 'tsx', 'test/docs/delta.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const { what, result, isMade } of hostile)
    expect(lines).toMatch(
      new RegExp(`it ${what}\n(server: installing.*\n)${isMade ? '' : '{0}'}server: Update Result ${result}.*\nruns 1.0\n`),
    )
}, 30_000)
