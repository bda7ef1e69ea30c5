/** What a person, or with `--json` a program, sees of a run: one line for each thing that happens, with its time. */

/** One kind of line. `say` prints the sentence, or the fields as one JSON object. */
export interface Story {
  readonly say: (event: string, sentence: string, fields?: Readonly<Record<string, unknown>>) => void
  /** Milliseconds since the story began. */
  readonly elapsedMs: () => number
}

/** Begins a story on stdout. `over` is called before each line, for what must not be written over. */
export const story = (json: boolean, before: () => void = () => undefined): Story => {
  const begun = performance.now()
  const elapsedMs = () => performance.now() - begun
  return {
    elapsedMs,
    say: (event, sentence, fields = {}) => {
      const at = elapsedMs()
      before()
      if (json) process.stdout.write(`${JSON.stringify({ event, ms: Math.round(at * 10) / 10, ...fields })}\n`)
      else process.stdout.write(`${(at / 1000).toFixed(3).padStart(8)} s  ${sentence}\n`)
    },
  }
}
