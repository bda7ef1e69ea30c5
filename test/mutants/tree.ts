/** A copy of the repository in a temporary folder, for bugs to be planted in: the working tree is only read. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

export interface Tree {
  readonly root: string
  readonly read: (file: string) => string
  readonly write: (file: string, text: string) => void
  readonly remove: () => void
}

/** What tests read. */
const parts = ['src', 'test', 'marble-tests', 'docs', 'package.json', 'tsconfig.json', 'vitest.config.ts', 'README.md']
const left = new Set(['node_modules', 'dist', 'interop', 'api'])

/** Copies what tests need; the packages are linked one by one, so that the folder of caches among them is the copy's own. */
export const copyOf = (original: string): Tree => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'lwm2m-rx-mutants-')))
  for (const part of parts)
    if (existsSync(join(original, part)))
      cpSync(join(original, part), join(root, part), {
        recursive: true,
        filter: (path) => !left.has(basename(path)) || path.startsWith(join(original, 'src')),
      })
  mkdirSync(join(root, 'node_modules'))
  for (const name of readdirSync(join(original, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(realpathSync(join(original, 'node_modules', name)), join(root, 'node_modules', name), 'dir')
  return {
    root,
    read: (file) => readFileSync(join(root, file), 'utf8'),
    write: (file, text) => writeFileSync(join(root, file), text),
    // Links are removed, not what is behind them.
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
