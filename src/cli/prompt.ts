/** The prompt of `lwm2m-rx server`: lines come in, answers go out; Tab completes words, endpoints, paths and formats. */
import { createInterface } from 'node:readline'
import { Lwm2mError } from '../core/error.ts'
import { formatPath } from '../model/path.ts'
import { registry } from '../objects/registry.ts'
import type { Server } from '../server.ts'
import type { Registration } from '../server/registration.ts'
import { exitCodes } from './exit.ts'
import type { FlightRecorder } from './firmware/flight.ts'
import { orders } from './orders.ts'
import { formatNames, type Asked } from './typed.ts'

/** Runs until `quit` or the end of the input; what was asked by then is answered. */
export const prompt = (server: Server, recorder?: FlightRecorder): Promise<void> =>
  new Promise((done) => {
    const terminal = process.stdin.isTTY
    let registered: readonly Registration[] = []
    const following = server.registered$.subscribe((all) => (registered = all))
    const lines = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal,
      prompt: terminal ? '> ' : '',
      completer: (line: string) => complete(line, registered),
    })
    const say = (text: string) => {
      process.stdout.write(`${terminal ? '\r' : ''}${text}\n`)
      lines.prompt(true)
    }
    let open = 0
    let closed = false
    const end = () => {
      following.unsubscribe()
      done()
    }
    lines.on('line', (line) => {
      const [word = '', ...words] = wordsOf(line)
      if (word === 'quit' || word === 'exit') {
        lines.close()
        process.exit(exitCodes.done)
      }
      if (word === '') return lines.prompt()
      open++
      answer({ server, words, say, recorder }, word)
        .then(say, (error: unknown) => say(said(error)))
        .finally(() => --open === 0 && closed && end())
    })
    lines.on('close', () => {
      closed = true
      if (open === 0) end()
    })
    lines.prompt()
  })

/** The words of a line; those in quotes are one. */
export const wordsOf = (line: string): readonly string[] => line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []

const answer = async (asked: Asked, word: string): Promise<string> => {
  if (word === 'help') return help(asked.words[0])
  const order = orders[word]
  return order === undefined ? `${word}? \`help\` lists the commands` : order.run(asked)
}
const said = (error: unknown): string => {
  if (!(error instanceof Lwm2mError)) return String(error)
  return `${error.message} [${error.code}]${error.hint === undefined ? '' : `\n  ${error.hint}`}`
}

const help = (word: string | undefined): string => {
  const order = word === undefined ? undefined : orders[word]
  if (order !== undefined) return `${order.usage}\n  ${order.what}`
  const all = [...Object.values(orders), { usage: 'quit', what: 'end' }]
  return [
    ...all.map(({ usage, what }) => (usage.length > 44 ? `  ${usage}\n  ${' '.repeat(44)}  ${what}` : `  ${usage.padEnd(44)}  ${what}`)),
    '',
    '  VALUE: 100, 20.5, true, text, "with spaces", 0x00ff, 2030-01-01T00:00Z, 3:0 (a link)',
    `  FORMAT: ${formatNames().join(', ')}`,
    '  `help WORD` for one; Tab completes words, endpoints, paths and formats',
  ].join('\n')
}

/** What may follow what is typed, as readline wants it: the choices, and the part that they replace. */
export const complete = (line: string, registered: readonly Registration[]): [string[], string] => {
  const words = line.split(/\s+/)
  const last = words.at(-1) ?? ''
  const matching = (choices: readonly string[]): [string[], string] => [choices.filter((choice) => choice.startsWith(last)), last]
  if (words.length === 1) return matching([...Object.keys(orders), 'help', 'quit'])
  if (words[0] === 'help') return matching(Object.keys(orders))
  if (words.length === 2) return matching(registered.map(({ endpointClientName }) => endpointClientName))
  if (words.at(-2) === 'as') return matching(formatNames())
  const device = registered.find(({ endpointClientName }) => endpointClientName === words[1])
  return last.startsWith('/') && device !== undefined ? matching(pathsOf(device, last)) : matching(['as'])
}
/** Objects and Object Instances that are registered; below an Instance its Resources, as defined. */
const pathsOf = ({ has }: Registration, typed: string): readonly string[] => {
  const listed = has.objects.flatMap(({ path }) => [formatPath({ object: path.object }), formatPath(path)])
  const [, object, instance] = /^\/(\d+)\/(\d+)\//.exec(typed) ?? []
  const resources = object === undefined ? [] : Object.keys(registry.get(Number(object))?.resources ?? {})
  return [...new Set([...listed, ...resources.map((id) => `/${object}/${instance}/${id}`)])]
}

/** For `--help`: that there is a prompt. */
export const promptHelp = '\nCommands come from standard input too: echo "read device-1 /3/0" | lwm2m-rx server'
