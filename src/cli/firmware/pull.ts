/** `lwm2m-rx firmware pull URI`: downloads an image as a device does, over CoAP or HTTP, and goes on where it was lost (docs/firmware.md). */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { lastValueFrom, of, Subject, takeUntil, tap } from 'rxjs'
import { coapEndpoint } from '../../coap.ts'
import { Lwm2mError } from '../../core/error.ts'
import type { Environment } from '../../core/environment.ts'
import { targetOf } from '../../exchange/request.ts'
import { download, type DownloadMemory, type Progress } from '../../firmware/download.ts'
import { lasting } from '../../firmware/explain/numbers.ts'
import { shown } from '../../firmware/uri.ts'
import { fileSink, fileSource } from '../../platform/body.ts'
import { live } from '../../platform/live.ts'
import { promised } from '../../platform/promised.ts'
import { bar, octets } from '../bar.ts'
import { exitCodes, leave, onSignal } from '../exit.ts'
import { checkKeyFor, pskOf, withPsk, type PskFlags } from '../psk.ts'
import { tracedAll } from '../trace.ts'
import { closeRecorder, complaints, flightRecorder } from './flight.ts'

interface Flags extends PskFlags {
  readonly output?: string
  readonly sha256?: string
  readonly ca?: string
  readonly retries: number
  readonly rate?: number
  readonly blockSize: number
  readonly record?: string
  readonly json?: boolean
  readonly progress: boolean
  readonly verbose?: boolean
}

/** The command. */
export const pullCommand = (): Command =>
  withPsk(new Command('pull'), 'our')
    .description('Download an image, and go on where an earlier try was lost')
    .argument('<uri>', 'coap://, coaps://, coap+tcp://, http:// or https://')
    .option('-o, --output <file>', 'where it goes; default: the last part of the path. Until it is whole: FILE.part')
    .option('--sha256 <hex>', 'what it has to be')
    .option('--ca <file>', 'for https://, who is trusted: certificates, PEM, instead of the authorities that come with Node')
    .option('--retries <number>', 'tries in a row that bring nothing new', whole, 5)
    .option('--rate <octets>', 'octets a second at the most', whole)
    .option('-b, --block-size <octets>', 'block size over CoAP: 16, 32, … 1024', whole, 1024)
    .option('--record <file>', 'write the flight recording there, as JSON')
    .option('--json', 'one JSON object a line: progress and the end')
    .option('--no-progress', 'no progress bar')
    .option('-v, --verbose', 'print every CoAP message')
    .addHelpText('after', examples)
    .action(run)

const examples = `
Examples:
  $ lwm2m-rx firmware pull coap://127.0.0.1/image.bin
  $ lwm2m-rx firmware pull https://example.org/v2.bin -o v2.bin --sha256 9f86d0…
  $ lwm2m-rx firmware pull https://files.local:8443/v2.bin --ca authority.pem
  $ lwm2m-rx firmware pull coaps://server/fw/7 --psk-identity me --psk-key @key --record flight.json
Interrupted, it goes on where it was when it is started again.
Exit codes: 0 done, 1 failed, 2 usage, 4 and 5 the server answered with an error of that class, 130 interrupted`

const run = async (uri: string, flags: Flags): Promise<void> => {
  const recorder = flightRecorder()
  const progress = bar('pulling', flags.progress && flags.json !== true && process.stderr.isTTY)
  const stop$ = new Subject<void>()
  onSignal(() => {
    stop$.next()
    return Promise.resolve().then(() => closeRecorder(recorder, false, flags))
  })
  const began = performance.now()
  const complaining = complaints(recorder).subscribe((explanation) => {
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ event: 'explanation', explanation })}\n`)
    else process.stderr.write(`${explanation}\n`)
  })
  let failed = true
  try {
    const output = flags.output ?? nameOf(uri)
    const tls = flags.ca === undefined ? {} : { tls: { ca: await certificates(flags.ca) } }
    const pulled$ = pulling(uri, output, flags, live({ journal: recorder.journal, ...tls })).pipe(
      tap((now) => report(now, flags, progress.set)),
      takeUntil(stop$),
    )
    const last = await lastValueFrom(pulled$, { defaultValue: undefined })
    if (last?.phase !== 'stored') return
    await rename(`${output}.part`, output)
    failed = false
    progress.stop()
    finished(last, output, performance.now() - began, flags)
  } catch (error) {
    progress.stop()
    if (flags.json === true)
      process.stdout.write(
        `${JSON.stringify({ event: 'failed', code: error instanceof Lwm2mError ? error.code : 'unexpected', explanation: recorder.explained() })}\n`,
      )
    leave(error)
    if (error instanceof Lwm2mError && error.code === 'invalid') process.exitCode = exitCodes.usage
  } finally {
    complaining.unsubscribe()
    progress.stop()
    finish(() => closeRecorder(recorder, failed && flags.json !== true, flags))
  }
}

const pulling = (uri: string, output: string, flags: Flags, plain: Environment) => {
  const env = flags.verbose === true ? { ...plain, transports: tracedAll(plain.transports) } : plain
  const psk = pskOf(flags)
  checkKeyFor(uri, psk)
  const endpoint = coapEndpoint(env, psk === undefined ? {} : { dtls: { credentials: { own: () => of(psk) } } })
  const part = `${output}.part`
  const szx = Math.log2(flags.blockSize) - 4
  return download(uri, {
    ...env,
    sink: fileSink(part),
    source: fileSource(part),
    memory: memoryAt(`${part}.json`),
    ask: (at, request) => endpoint.ask({ ...request, remote: targetOf(at)!.remote }),
    sha256: flags.sha256 ?? true,
    retries: flags.retries,
    szx,
    ...(flags.rate === undefined ? {} : { bytesPerSecond: flags.rate }),
  })
}

/** What is remembered of it stands in a file beside the part. */
const memoryAt = (file: string): DownloadMemory => ({
  read: () =>
    promised(() =>
      readFile(file).then(
        (bytes): Uint8Array => bytes,
        () => undefined,
      ),
    ),
  write: (bytes) => promised(() => writeFile(file, bytes)),
  remove: () => promised(() => rm(file, { force: true })),
})

const report = (
  { phase, bytes, total, bytesPerSecond, remainingMs, lost }: Progress,
  { json }: Flags,
  set: (bytes: number, total: number | undefined) => void,
): void => {
  if (json === true)
    process.stdout.write(
      `${JSON.stringify({ event: 'progress', phase, bytes, total, bytesPerSecond: Math.round(bytesPerSecond), remainingMs, lost })}\n`,
    )
  else if (total !== undefined || bytes > 0) set(bytes, total)
  if (json !== true && lost !== undefined && phase === 'waiting') process.stderr.write(`lost (${lost}) at ${octets(bytes)}; trying again\n`)
}

const finished = ({ bytes, sha256, attempt, restarts }: Progress, output: string, ms: number, { json }: Flags): void => {
  const rate = Math.round((bytes * 1_000) / Math.max(1, ms))
  const again = attempt + restarts === 0 ? '' : `, ${attempt + restarts} times begun again`
  process.stdout.write(
    json === true
      ? `${JSON.stringify({ event: 'stored', file: output, bytes, sha256, ms: Math.round(ms), attempt, restarts })}\n`
      : `${output}: ${octets(bytes)} in ${lasting(ms)}, ${octets(rate)}/s${again}\nsha256:${sha256 ?? ''}\n`,
  )
}

/** The last part of the path. */
const nameOf = (uri: string): string => {
  const path = /^[a-z+]+:\/\/[^/?#]*([^?#]*)/i.exec(uri)?.[1] ?? ''
  const name = basename(path)
  if (name === '' || name === '.' || name === '..')
    throw new Lwm2mError('invalid', `${shown(uri)} names no file`, { hint: 'say where it goes: -o FILE' })
  return name
}
const certificates = (path: string): Promise<Uint8Array> =>
  readFile(path).catch(() => {
    throw new Lwm2mError('invalid', `--ca: ${path} cannot be read`)
  })
const finish = (close: () => void): void => {
  try {
    close()
  } catch (error) {
    leave(error)
  }
}
const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is needed.')
  return Number(text)
}
