/** Writes the recipes and what they print into docs/recipes.md. `node --import tsx test/docs/recipes.ts`. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entries } from './blocks.ts'
import { root } from './titles.ts'

/** A recipe as a reader writes it: by the names of the package, without its first line. */
export const recipe = (name: string): string => {
  const source = readFileSync(join(root, `docs/recipes/${name}.ts`), 'utf8').replace(/^\/\*\*.*\n/, '')
  return Object.entries(entries).reduce((text, [entry, path]) => text.replaceAll(`'../../${path}'`, `'${entry}'`), source)
}

/** The page with its recipes as they are now. */
export const page = (text: string, prints?: (name: string) => string): string =>
  text.replace(/^```ts recipe=(\w+)\n[^]*?^```\n\n```text\n([^]*?)^```$/gm, (_whole, name: string, printed: string) => {
    const output = prints === undefined ? printed : prints(name)
    return `\`\`\`ts recipe=${name}\n${recipe(name)}\`\`\`\n\n\`\`\`text\n${output}\`\`\``
  })
export const pagePath: string = join(root, 'docs/recipes.md')

if (process.argv[1]?.endsWith('recipes.ts') === true) {
  const run = (name: string) =>
    execFileSync(process.execPath, ['--import', 'tsx', `docs/recipes/${name}.ts`], { cwd: root, encoding: 'utf8' })
  writeFileSync(pagePath, page(readFileSync(pagePath, 'utf8'), run))
}
