/** Lanes of values in time, from marble strings and back to them. */

/** Something at an instant: a value, the end of a stream, or its error. */
export interface Marble {
  readonly at: number
  /** What stands in the string; `|` the end, `#` an error. */
  readonly name: string
}

/** The marbles of a string in the syntax of RxJS (`--a-(bc) 3s d|`), one character being so many milliseconds; and when the string ends. */
export const marblesOf = (text: string, msPerChar: number): { readonly marbles: readonly Marble[]; readonly endMs: number } => {
  const marbles: Marble[] = []
  let endMs = 0
  let groupAt: number | undefined
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!
    const pause = i === 0 || text[i - 1] === ' ' ? /^(\d+(?:\.\d+)?)(ms|s|m)(?: |$)/.exec(text.slice(i)) : null
    if (pause !== null) {
      endMs += Number(pause[1]) * unitMs[pause[2] as keyof typeof unitMs]
      i += pause[0].length - 1
      continue
    }
    if (letter === ' ') continue
    if (letter === '(') groupAt = endMs
    else if (letter === ')') groupAt = undefined
    else if (letter !== '-') marbles.push({ at: groupAt ?? endMs, name: letter })
    endMs += msPerChar
  }
  return { marbles, endMs }
}
const unitMs = { ms: 1, s: 1_000, m: 60_000 } as const

/** The string that says the same; marbles that no string can hold (one within the breadth of a group) stand behind it with their instants. */
export const drawLane = (marbles: readonly Marble[], msPerChar: number, endMs: number): string => {
  let text = ''
  let cursor = 0
  const left: string[] = []
  for (const { at, names } of grouped(marbles)) {
    if (at < cursor) {
      left.push(...names.map((name) => `${name} at ${at} ms`))
      continue
    }
    text += gap(at - cursor, msPerChar) + (names.length === 1 ? names[0]! : `(${names.join('')})`)
    cursor = at + (names.length === 1 ? 1 : names.length + 2) * msPerChar
  }
  if (endMs > cursor) text += gap(endMs - cursor, msPerChar)
  return (text === '' ? '-' : text.trimEnd()) + (left.length === 0 ? '' : `  [${left.join(', ')}]`)
}

/** Where in a drawn lane an instant stands, if the lane has only one-character steps up to it. */
export const columnOf = (lane: string, at: number, msPerChar: number): number | undefined => {
  const column = at / msPerChar
  return Number.isInteger(column) && column <= lane.length && !lane.slice(0, column).includes(' ') ? column : undefined
}

const grouped = (marbles: readonly Marble[]): readonly { readonly at: number; readonly names: readonly string[] }[] => {
  const groups: { readonly at: number; readonly names: string[] }[] = []
  for (const { at, name } of marbles) {
    const last = groups.at(-1)
    if (last?.at === at) last.names.push(name)
    else groups.push({ at, names: [name] })
  }
  return groups
}
const gap = (ms: number, msPerChar: number): string => {
  if (ms === 0) return ''
  if (ms % msPerChar === 0 && ms / msPerChar <= 72) return '-'.repeat(ms / msPerChar)
  return ms % 60_000 === 0 ? ` ${ms / 60_000}m ` : ms % 1000 === 0 ? ` ${ms / 1000}s ` : ` ${ms}ms `
}
