/** One planted bug: a place in the source, what is put there instead, and the tests that must notice. */

export interface Mutant {
  /** Names it: `--only NAME`. */
  readonly name: string
  /** What goes wrong, in a sentence. */
  readonly what: string
  /** The file, from the root of the repository. */
  readonly file: string
  /** What stands there: exactly once, or the table has drifted. */
  readonly find: string
  readonly replace: string
  /** The test files that are run: as few as may be, each expected to notice. */
  readonly tests: readonly string[]
}

/** How often the text occurs. */
export const occurrences = (text: string, find: string): number => text.split(find).length - 1

/** The text with the bug in it. Throws when the place is not there exactly once. */
export const planted = (text: string, { name, file, find, replace }: Mutant): string => {
  const count = occurrences(text, find)
  if (count !== 1) throw new Error(`${name}: the table has drifted, ${file} has ${count} times: ${find}`)
  const at = text.indexOf(find)
  return text.slice(0, at) + replace + text.slice(at + find.length)
}
