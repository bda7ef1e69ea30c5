/** One process of the firmware contests: serves an image, pulls one, pushes one, is a device; `node firmware-process.js ROLE ARGUMENTS`, one line of JSON for each thing told. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as coap from 'coap'
import { EMPTY, firstValueFrom, lastValueFrom, of, takeWhile } from 'rxjs'
import { coapEndpoint, request, responses } from '../../src/coap.ts'
import type { Source } from '../../src/core/ports.ts'
import { noBytes, noOptions } from '../../src/message/message.ts'
import { client, deviceObject, download, firmware, imageOverCoap, imageOverHttp, storedIn } from '../../src/index.ts'
import { fileSink, fileSource, live } from '../../src/platform/index.ts'

const tell = (what: object) => process.stdout.write(`${JSON.stringify(what)}\n`)
const [, , role, ...words] = process.argv
const at = (port: number) => ({ listen: { address: '127.0.0.1', port } })

/** What is done once before anything is measured, so that the program is there. */
const warmBytes = 2 << 20

/** Resident octets now, and at most since. */
const before = { rss: 0, cpu: process.cpuUsage(), ms: 0 }
let most = 0
const watch = () => {
  most = Math.max(most, process.memoryUsage.rss())
}
const begin = () => {
  tell({ type: 'warm' })
  Object.assign(before, { rss: process.memoryUsage.rss(), cpu: process.cpuUsage(), ms: performance.now() })
  most = before.rss
}
const ended = () => {
  watch()
  const { user, system } = process.cpuUsage(before.cpu)
  return { seconds: (performance.now() - before.ms) / 1_000, cpuUs: user + system, extraBytes: most - before.rss }
}
setInterval(watch, 20).unref()
// What has been used so far is told to whoever asks by a line.
process.stdin.on('data', (line) => {
  if (String(line).startsWith('usage')) tell({ type: 'usage', ...ended() })
  else begin()
})

const serve = async (path: string, into: string) => {
  const source = await firstValueFrom(fileSource(path))
  const image = { name: 'image', source, size: source.size! }
  const env = live()
  coapEndpoint(env, {
    socket: at(0),
    tcp: at(0),
    handler: (asked) =>
      asked.code === '0.03' ? of({ code: responses.Changed, options: noOptions, payload: noBytes }) : of(imageOverCoap(image, asked)),
    sinkFor: ({ code }) => (code === '0.03' ? fileSink(into) : undefined),
  }).up$.subscribe((word) => word.type === 'listening' && tell(word))
  env.http.serve({ address: '127.0.0.1', port: 0 }, (asked) => of(imageOverHttp(image, asked))).subscribe(tell)
  createServer((_, response) => {
    response.writeHead(200, { 'content-length': statSync(path).size })
    createReadStream(path).pipe(response)
  }).listen(0, '127.0.0.1', function (this: import('node:http').Server) {
    tell({ type: 'listening', scheme: 'plain-http', port: (this.address() as { port: number }).port })
  })
}

const pull = async (uri: string, into: string) => {
  const options = { ...live(), sink: fileSink(into) }
  await lastValueFrom(download(uri, options).pipe(takeWhile(({ bytes }) => bytes < warmBytes)))
  begin()
  await lastValueFrom(download(uri, options))
  tell({ type: 'done', ...ended() })
  process.exit(0)
}
const push = async (uri: string, path: string) => {
  const { ask } = coapEndpoint(live())
  const source = await firstValueFrom(fileSource(path))
  const put = (body: Source) => firstValueFrom(ask(request('PUT', uri, { source: body, purpose: 'block' })))
  await put({ ...source, size: Math.min(warmBytes, source.size!) })
  begin()
  const { code } = await put(source)
  if (!code.startsWith('2')) throw new Error(`push: ${code}`)
  tell({ type: 'done', ...ended() })
  process.exit(0)
}

/** The plain way: fetch into a file. */
const plainPull = async (uri: string, into: string) => {
  begin()
  const { body } = await fetch(uri)
  await pipeline(Readable.fromWeb(body as never), createWriteStream(into))
  tell({ type: 'done', ...ended() })
  process.exit(0)
}

const nodeCoapServe = (path: string) => {
  const body = readFileSync(path)
  const server = coap.createServer((_, response) => response.end(body))
  server.listen(0, '127.0.0.1', () =>
    tell({
      type: 'listening',
      scheme: 'coap',
      port: (server as unknown as { _sock: { address: () => { port: number } } })._sock.address().port,
    }),
  )
}
const nodeCoapPull = (uri: string, into: string) => {
  const { hostname, port, pathname } = new URL(uri)
  begin()
  const asked = coap.request({ hostname, port: Number(port), pathname })
  asked.setOption('Block2', Buffer.of(6))
  asked.on('error', (error) => {
    throw error
  })
  asked.on('response', (response: coap.IncomingMessage) => {
    writeFileSync(into, response.payload)
    tell({ type: 'done', ...ended() })
    process.exit(0)
  })
  asked.end()
}

/** A device that takes whatever is pushed, and does not install it. */
const device = (server: string, folder: string) => {
  const env = live({ folder })
  const store = { store: storedIn(env.storage), install: () => EMPTY, reset: () => env.storage.remove('firmware') }
  const objects = [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }), firmware(store)]
  client(env, { endpointClientName: 'device', servers: server, objects }).state$.subscribe()
}

switch (role) {
  case 'serve':
    await serve(words[0]!, words[1]!)
    break
  case 'pull':
    await pull(words[0]!, words[1]!)
    break
  case 'push':
    await push(words[0]!, words[1]!)
    break
  case 'plain-pull':
    await plainPull(words[0]!, words[1]!)
    break
  case 'node-coap-serve':
    nodeCoapServe(words[0]!)
    break
  case 'node-coap-pull':
    nodeCoapPull(words[0]!, words[1]!)
    break
  case 'device':
    device(words[0]!, words[1]!)
    break
  default:
    throw new Error(`no role: ${role}`)
}
