/** `lwm2m-rx coap get|put|post|delete|observe URI`: one request, from a terminal. */
import { Command, InvalidArgumentError, Option as CommandOption } from 'commander'
import { defer, finalize, from, lastValueFrom, mergeMap, of, switchMap, takeUntil, Subject, tap, timeout, type Observable } from 'rxjs'
import { coapEndpoint, type CoapOptions, type Endpoint } from '../coap.ts'
import { seeded } from '../core/dice.ts'
import type { Environment } from '../core/environment.ts'
import { Lwm2mError } from '../core/error.ts'
import type { Sink, Source } from '../core/ports.ts'
import { faulty } from '../datagram/faults.ts'
import { request as build } from '../exchange/request.ts'
import type { Request, Response } from '../exchange/exchange.ts'
import { isSuccess, type Method } from '../message/code.ts'
import { options as numbers, uintOption, withOption } from '../message/option.ts'
import { fileSink } from '../platform/body.ts'
import { live } from '../platform/live.ts'
import { bar, type Bar } from './bar.ts'
import { codeOf, leave, onSignal } from './exit.ts'
import { readable } from './image.ts'
import { checkKeyFor, pskOf, withPsk, type PskFlags } from './psk.ts'
import { asJson, asText, showCode, showOption } from './show.ts'
import { tracedAll } from './trace.ts'

interface Flags extends PskFlags {
  readonly blockSize?: number
  readonly non?: boolean
  readonly payload?: string
  readonly payloadFile?: string
  readonly contentFormat?: number
  readonly accept?: number
  readonly output?: string
  readonly loss: number
  readonly seed: number
  readonly timeout?: number
  readonly json?: boolean
  readonly verbose?: boolean
  readonly progress: boolean
}

/** The command with its sub-commands. */
export const coapCommand = (): Command => {
  const command = new Command('coap').description('Ask a CoAP server: get, put, post, delete, observe')
  for (const [name, method, what] of [
    ['get', 'GET', 'Fetch a representation'],
    ['put', 'PUT', 'Store a representation'],
    ['post', 'POST', 'Hand something over'],
    ['delete', 'DELETE', 'Remove a resource'],
    ['observe', 'GET', 'Fetch a representation, and again whenever it changes, until interrupted'],
  ] as const) {
    const sub = command
      .command(name)
      .description(what)
      .argument('<uri>', 'coap://HOST[:PORT]/PATH[?QUERY], coaps://… or coap+tcp://…')
      .option('-b, --block-size <octets>', 'block size: 16, 32, … 1024', blockSize)
      .option('--non', 'ask with a non-confirmable message')
      .option('-A, --accept <number>', 'content format wanted', whole)
      .option('-o, --output <file>', 'write the payload to a file')
      .option('--timeout <seconds>', 'give up after so long', seconds)
      .addOption(new CommandOption('--loss <chance>', 'lose datagrams with this chance, both ways').argParser(chance).default(0))
      .addOption(new CommandOption('--seed <number>', 'seed of the losses').argParser(whole).default(1))
      .option('--json', 'one JSON object a line')
      .option('--no-progress', 'no progress bar')
      .option('-v, --verbose', 'print every message')
    withPsk(sub, 'our')
    if (name === 'put' || name === 'post')
      sub
        .option('-p, --payload <text>', 'payload')
        .option('-f, --payload-file <file>', 'payload from a file; `-` or nothing: from standard input')
        .option('-t, --content-format <number>', 'content format of the payload', whole)
    sub.action((uri: string, flags: Flags) => perform(method, uri, flags, name === 'observe'))
  }
  return command
}

const perform = async (method: Method, uri: string, flags: Flags, observe: boolean): Promise<void> => {
  const stop$ = new Subject<void>()
  const env = environment(flags)
  const progress = bar(method === 'GET' ? 'receiving' : 'sending  ', flags.progress && flags.json !== true && process.stderr.isTTY)
  const szx = flags.blockSize === undefined ? {} : { szx: Math.log2(flags.blockSize) - 4 }
  const endpoint = endpointWithKey(env, uri, flags, { parameters: { bodyBytesMax: 1 << 30, ...szx } })
  if (endpoint === undefined) return
  onSignal(() => {
    stop$.next()
    return new Promise((done) => setTimeout(done, 100))
  })
  const answer$ = defer(() => requestOf(method, uri, flags, observe, progress)).pipe(
    switchMap((request) => endpoint.ask(request)),
    flags.timeout === undefined || observe
      ? tap()
      : timeout({ first: flags.timeout * 1000, with: () => failed(`no answer within ${flags.timeout} s`) }),
    tap((response) => print(response, flags, observe)),
    finalize(() => progress.stop()),
    takeUntil(stop$),
  )
  try {
    const last = await lastValueFrom(answer$, { defaultValue: undefined })
    if (last !== undefined) process.exitCode = codeOf(last.code)
  } catch (error) {
    if (flags.json === true)
      process.stdout.write(
        `${JSON.stringify({ type: 'failed', code: error instanceof Lwm2mError ? error.code : 'unexpected', message: String(error) })}\n`,
      )
    leave(error)
  }
}

/** DTLS where a key was given; `undefined`, said and with its exit code, when one is missing or wrong. */
const endpointWithKey = (env: Environment, uri: string, flags: PskFlags, options: CoapOptions): Endpoint | undefined => {
  try {
    const psk = pskOf(flags)
    checkKeyFor(uri, psk)
    return coapEndpoint(env, psk === undefined ? options : { ...options, dtls: { credentials: { own: () => of(psk) } } })
  } catch (error) {
    leave(error)
    return undefined
  }
}

const environment = ({ loss, seed, verbose }: Flags): Environment => {
  const env = live()
  const { udp, ...others } = env.transports
  const lossy: typeof udp =
    loss === 0 ? udp : (options) => faulty({ scheduler: env.scheduler, random: seeded(seed) }, { loss })(udp(options))
  const transports = { ...others, udp: lossy }
  return { ...env, transports: verbose === true ? tracedAll(transports) : transports }
}

const requestOf = (method: Method, uri: string, flags: Flags, observe: boolean, progress: Bar): Observable<Request> => {
  const { blockSize, output, accept, contentFormat } = flags
  const asked: Request = { ...build(method, uri), confirmable: flags.non !== true }
  let all = asked.options
  if (observe) all = withOption(all, uintOption(numbers.Observe, 0))
  if (accept !== undefined) all = withOption(all, uintOption(numbers.Accept, accept))
  if (contentFormat !== undefined) all = withOption(all, uintOption(numbers.ContentFormat, contentFormat))
  if (blockSize !== undefined && method === 'GET') all = withOption(all, uintOption(numbers.Block2, Math.log2(blockSize) - 4))
  const sink = output !== undefined && !observe ? { sink: watched(fileSink(output), progress) } : {}
  return payloadOf(method, flags).pipe(
    mergeMap((payload) =>
      of({ ...asked, ...sink, options: all, ...(payload instanceof Uint8Array ? { payload } : { source: counted(payload, progress) }) }),
    ),
  )
}

const payloadOf = (method: Method, { payload, payloadFile }: Flags): Observable<Uint8Array | Source> => {
  if (method === 'GET' || method === 'DELETE') return of(new Uint8Array(0))
  if (payload !== undefined) return of(new TextEncoder().encode(payload))
  if (payloadFile === undefined || payloadFile === '-') return from(standardInput())
  return readable(payloadFile)
}
const standardInput = async (): Promise<Uint8Array> => {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** The same sink, its progress drawn. */
const watched = (sink: Sink, progress: Bar): Sink => {
  let total: number | undefined
  return {
    ...sink,
    open: (offset, about) => {
      total = about?.size
      return sink.open(offset, about)
    },
    write: (bytes, offset) => sink.write(bytes, offset).pipe(tap({ complete: () => progress.set(offset + bytes.length, total) })),
  }
}
/** The same source, its progress drawn. */
const counted = (source: Source, progress: Bar): Source => ({
  ...source,
  read: (offset, count) => source.read(offset, count).pipe(tap((bytes) => progress.set(offset + bytes.length, source.size))),
})

const print = ({ code, options, payload, body }: Response, { json, output, verbose }: Flags, lines: boolean): void => {
  if (json === true) {
    process.stdout.write(
      `${JSON.stringify({ type: 'response', code, options: options.map(showOption), bytes: body?.size ?? payload.length, ...(output === undefined ? asJson(payload) : { file: output }) })}\n`,
    )
    return
  }
  if (!isSuccess(code) || payload.length === 0 || verbose === true)
    process.stderr.write(`${showCode(code)}${options.length === 0 || verbose !== true ? '' : ` ${options.map(showOption).join(' ')}`}\n`)
  if (payload.length === 0) return
  const text = asText(payload)
  const to = isSuccess(code) ? process.stdout : process.stderr
  if (text !== undefined) to.write(text.endsWith('\n') || !(lines || process.stdout.isTTY) ? text : `${text}\n`)
  else to.write(process.stdout.isTTY ? `${Buffer.from(payload).toString('hex')}\n` : payload)
}

const failed = (message: string): never => {
  throw new Lwm2mError('timeout', message)
}
const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is needed.')
  return Number(text)
}
const seconds = (text: string): number => {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('a time in seconds is needed.')
  return value
}
const chance = (text: string): number => {
  const value = Number(text)
  if (!(value >= 0 && value < 1)) throw new InvalidArgumentError('a chance from 0 to below 1 is needed.')
  return value
}
const blockSize = (text: string): number => {
  const value = Number(text)
  if (![16, 32, 64, 128, 256, 512, 1024].includes(value)) throw new InvalidArgumentError('16, 32, 64, 128, 256, 512 or 1024 is needed.')
  return value
}
