/** Every ```ts block of README.md and docs/*.md compiles and runs, and prints what the page says it prints. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { blocksOf, linked, missing, pages, root } from './blocks.ts'

const folder = join(root, 'test/docs/.cache')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const all = pages.flatMap(blocksOf)
const awaiting = all.filter(({ code }) => missing(code).length > 0)
const blocks = all
  .filter(({ code }) => missing(code).length === 0)
  .map((block) => {
    const file = join(folder, `${block.page.replace(/\W/g, '-')}-${block.line}.ts`)
    writeFileSync(file, `/** ${block.page}:${block.line} */\n${linked(block.code)}\nexport {}\n`)
    return { ...block, file }
  })
const isWorth = (text: string) =>
  new RegExp(
    `^${text
      .trim()
      .split('\n')
      .map((line) => line.trimEnd().split('…').map(escaped).join('[^]*?'))
      .join('\\s*\\n')}\\s*$`,
  )
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

describe('the documentation', () => {
  test('has code that compiles', () => {
    const config = ts.readConfigFile(join(root, 'test/tsconfig.json'), (path) => ts.sys.readFile(path)).config as {
      readonly compilerOptions: object
    }
    const { options } = ts.parseJsonConfigFileContent(
      {
        extends: '../../../test/tsconfig.json',
        compilerOptions: { incremental: false, noUnusedLocals: false, isolatedDeclarations: false },
        files: [],
      },
      ts.sys,
      folder,
    )
    const program = ts.createProgram(
      blocks.map(({ file }) => file),
      { ...options, noEmit: true, skipLibCheck: true },
    )
    const flaws = ts.getPreEmitDiagnostics(program).filter(({ file }) => file?.fileName.includes('/.cache/'))
    expect(config.compilerOptions).toBeDefined()
    expect(
      flaws.map(
        ({ file, start, messageText }) =>
          `${file!.fileName.split('/').at(-1)}:${file!.getLineAndCharacterOfPosition(start!).line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      ),
    ).toEqual([])
  })
  for (const { page, line, code } of awaiting) test.todo(`${page}:${line} runs, once there is ${missing(code).join()}`)
  for (const { page, line, file, prints, isReal } of blocks.filter(({ isReal }) => !isReal))
    test(`${page}:${line} runs${prints === undefined ? '' : ', and prints what it says'}`, async () => {
      const printed: string[] = []
      const print = vi
        .spyOn(console, 'log')
        .mockImplementation((...words: readonly unknown[]) => void printed.push(words.map(String).join(' ')))
      try {
        await import(/* @vite-ignore */ file)
      } catch (error) {
        if (prints === undefined) throw error
        printed.push((error as Error).message)
      } finally {
        print.mockRestore()
      }
      expect(isReal).toBe(false)
      if (prints !== undefined) expect(printed.join('\n')).toMatch(isWorth(prints))
    })
})
