/** How the command line ends: exit codes, errors a person can act on, signals. */
import { Lwm2mError } from '../core/error.ts'

/** What the shell is told. */
export const exitCodes = {
  done: 0,
  /** No answer, no network, no such file. */
  failed: 1,
  usage: 2,
  /** The peer answered with an error of its class 4. */
  clientError: 4,
  /** The peer answered with an error of its class 5. */
  serverError: 5,
  interrupted: 130,
  terminated: 143,
} as const

/** Says what went wrong in one or two lines and sets the exit code. */
export const leave = (error: unknown): void => {
  if (error instanceof Lwm2mError) {
    process.stderr.write(`lwm2m-rx: ${error.message} [${error.code}]\n`)
    if (error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`)
  } else process.stderr.write(`lwm2m-rx: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof Lwm2mError && error.responseCode !== undefined ? codeOf(error.responseCode) : exitCodes.failed
}

/** The exit code of a response: 4 for 4.xx, 5 for 5.xx. */
export const codeOf = (responseCode: string): number => {
  if (responseCode.startsWith('4')) return exitCodes.clientError
  if (responseCode.startsWith('5')) return exitCodes.serverError
  return exitCodes.done
}

/** That the reader of our output has gone (`| head`) is no error. */
export const tolerateClosedOutput = (): void => {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCodes.done)
      throw error
    })
}

/** On SIGINT or SIGTERM `stop` begins and may take `graceMs`; a second signal ends at once. */
export const onSignal = (stop: () => Promise<unknown>, graceMs = 5_000): void => {
  let asked = false
  for (const [signal, code] of [
    ['SIGINT', exitCodes.interrupted],
    ['SIGTERM', exitCodes.terminated],
  ] as const)
    process.on(signal, () => {
      if (asked) process.exit(code)
      asked = true
      const late = setTimeout(() => process.exit(code), graceMs)
      late.unref()
      stop().then(
        () => process.exit(code),
        () => process.exit(code),
      )
    })
}
