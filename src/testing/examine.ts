/** A property checked, and what is said when it fails: why, the shrunk counterexample, the seed, and how to see it again. */
import * as fc from 'fast-check'
import { replayCommand, replaySeed } from './replay.ts'

/** How often, and from which seed. */
export interface ExamineOptions {
  /** Default 1,000. */
  readonly runs?: number | undefined
  readonly seed?: number | undefined
  /** To see one failure again: the path that was printed with it. */
  readonly path?: string | undefined
}

/** Throws unless the property holds for every value; `tell` puts the shrunk counterexample into words. */
export const examine = <Value>(
  title: string,
  values: fc.Arbitrary<Value>,
  holds: (value: Value) => void,
  { runs = 1_000, seed, path }: ExamineOptions,
  tell: (value: Value) => string,
): void => {
  const again = seed === undefined ? replaySeed() : undefined
  const from = again ?? { seed, path }
  const result = fc.check(
    fc.property(values, (value) => {
      holds(value)
    }),
    { numRuns: runs, ...(from.seed === undefined ? {} : { seed: from.seed }), ...(from.path === undefined ? {} : { path: from.path }) },
  )
  if (!result.failed) return
  const cause: unknown = result.errorInstance
  const why = cause instanceof Error ? cause.message : String(cause)
  const example = result.counterexample?.[0]
  const lines = [
    `${title}: ${why}`,
    '',
    `after ${result.numRuns} runs, made ${result.numShrinks} steps simpler:`,
    ...(example === undefined ? [] : [tell(example)]),
    '',
    `seed ${result.seed}, path "${result.counterexamplePath ?? ''}"`,
    `replay: ${replayCommand(result.seed, result.counterexamplePath ?? '')}`,
  ]
  throw new Error(lines.join('\n'), { cause })
}
