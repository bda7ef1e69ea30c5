/** Prints a code block of a page: `readme.ts README.md device` prints the one with title="device.ts". */
import { readFileSync } from 'node:fs'

const [page = 'README.md', name = ''] = process.argv.slice(2)
const block = [...readFileSync(page, 'utf8').matchAll(/^```ts title="([^"]+)"\n(.*?)^```$/gms)].find(([, title]) => title === `${name}.ts`)
if (block === undefined) {
  process.stderr.write(`${page} has no block with title="${name}.ts"\n`)
  process.exit(1)
}
process.stdout.write(block[2] ?? '')
