/** The titles of all tests that name a section of an RFC, read off their sources. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** A title, and the file that it stands in. */
export interface Titled {
  readonly file: string
  readonly title: string
}

/** Titles end with their sections: `… [RFC 7252 §4.2]`. Interop tests count too. */
export const titles = (): readonly Titled[] =>
  ['marble-tests', 'test']
    .flatMap((folder) => filesIn(join(root, folder)))
    .flatMap((file) => {
      const source = readFileSync(file, 'utf8')
      return [...source.matchAll(titled)].map((found) => ({ file: relative(root, file), title: tidy(found[2]!) }))
    })

const titled = /(['`])((?:\\.|(?!\1)[^\\\n])*\[(?:RFC|LwM2M)[^\]\n]*\])\1/g
/** A title as a reader sees it: without what is filled in while it runs. */
const tidy = (title: string): string =>
  title
    .replace(/ \(seed \$\{[^}]*\}\)/, '')
    .replace(/\$\{[^}]*\}/g, '…')
    .replace(/%[sioj]/g, '…')
    .replace(/\\'/g, "'")

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'target' ? [] : filesIn(join(folder, entry.name))
      return entry.name.endsWith('.test.ts') ? [join(folder, entry.name)] : []
    })
