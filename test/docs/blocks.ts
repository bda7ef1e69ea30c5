/** The code blocks of a page of the documentation. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

/** One ```ts block, whole: what it continues stands before it. */
export interface Block {
  readonly page: string
  readonly line: number
  readonly code: string
  /** What it prints and throws, when a ```text block follows: `…` stands for anything. */
  readonly prints: string | undefined
  /** It talks to the real world: it is compiled, and run by hand. */
  readonly isReal: boolean
}

export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** The blocks of a page, in order. ` ```ts continued ` goes on where the one before it ended. */
export const blocksOf = (page: string): readonly Block[] => {
  let text: string
  try {
    text = readFileSync(join(root, page), 'utf8')
  } catch {
    return []
  }
  const fences = [...text.matchAll(/^```(\w*)([^\n]*)\n([\s\S]*?)^```$/gm)]
  const blocks: Block[] = []
  fences.forEach((fence, index) => {
    const [, language = '', info = '', body = ''] = fence
    if (language !== 'ts') return
    const continued = /\bcontinued\b/.test(info)
    const code = continued ? `${blocks.at(-1)?.code ?? ''}\n${body}` : body
    const next = fences[index + 1]
    const between = next === undefined ? 'x' : text.slice(fence.index + fence[0].length, next.index)
    const prints = next?.[1] === 'text' && !between.includes('\n## ') && !between.includes('```') ? next[3]! : undefined
    blocks.push({
      page,
      line: text.slice(0, fence.index).split('\n').length + 1,
      code,
      prints,
      isReal: /lwm2m-rx\/node|node:/.test(code) || /\breal\b/.test(info),
    })
  })
  return blocks
}

/** Where the package's names lead, in the source. */
export const entries: Readonly<Record<string, string>> = {
  'lwm2m-rx': 'src/index.ts',
  'lwm2m-rx/node': 'src/platform/index.ts',
  'lwm2m-rx/coap': 'src/coap.ts',
  'lwm2m-rx/format': 'src/format/index.ts',
  'lwm2m-rx/objects': 'src/objects/index.ts',
  'lwm2m-rx/server': 'src/server.ts',
  'lwm2m-rx/simulation': 'src/simulation/index.ts',
  'lwm2m-rx/testing': 'src/testing/index.ts',
}
/** The code with the package's names replaced by paths from `test/docs/.cache`. */
export const linked = (code: string): string =>
  code.replace(/from '(lwm2m-rx(?:\/\w+)?)'/g, (whole, name: string) =>
    entries[name] === undefined ? whole : `from '../../../${entries[name]}'`,
  )

/** Entries that a block imports and that are not in the source. */
export const missing = (code: string): readonly string[] =>
  Object.entries(entries).flatMap(([name, path]) => (code.includes(`from '${name}'`) && !existsSync(join(root, path)) ? [path] : []))
