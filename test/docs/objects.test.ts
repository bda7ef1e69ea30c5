/** The table of Objects in docs/objects.md is that of the code. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { objects } from '../../src/objects/registry.ts'
import { versionsOf } from '../../src/objects/resolution.ts'

it('docs/objects.md lists every Object with its versions', () => {
  const page = readFileSync(new URL('../../docs/objects.md', import.meta.url), 'utf8')
  const table = /<!-- objects: .* -->\n\n([\s\S]*)\n\n<!-- end of objects -->/.exec(page)![1]!.split('\n')
  const rows = objects.map(
    ({ id, name }) =>
      `| ${id} | ${name} | ${versionsOf(id)
        .map(({ version }) => version)
        .join(', ')} |`,
  )
  expect(table.slice(2)).toEqual(rows)
})
