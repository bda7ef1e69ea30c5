/** Seeds that failed once, kept: a file of numbers for each test. */
import { existsSync, readFileSync } from 'node:fs'

/** The kept seeds of that name, from `regressions/<name>.json`: a list of `{ seed, why }`. */
export const keptSeeds = (name: string): readonly number[] => {
  const file = new URL(`regressions/${name}.json`, import.meta.url)
  if (!existsSync(file)) return []
  return (JSON.parse(readFileSync(file, 'utf8')) as readonly { readonly seed: number }[]).map(({ seed }) => seed)
}
