/** One Read, end to end: what docs/walk.md quotes. `node --import tsx test/docs/walk.ts` writes it there. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EMPTY, merge, mergeMap, tap, timer, type Observable } from 'rxjs'
import { client } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import { describe } from '../../src/core/describe.ts'
import { translate } from '../../src/core/duplex.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { lwm2mServer } from '../../src/server.ts'
import { world } from '../../src/simulation/world.ts'
import { hex } from '../../src/testing/show.ts'
import { root } from './titles.ts'

/** When the server reads. The device registered five seconds before. */
const readAtMs = 5_000

/** The Read as it goes: each turn, and each datagram as the server sees it. */
export const walk = (): readonly string[] => {
  const made = world(1, { log: false, faults: { minMs: 20 } })
  const lines: string[] = []
  const note = (line: string) => {
    if (made.now() >= readAtMs) lines.push(line)
  }
  made.turn$.subscribe((turn) => note(describe(turn)))
  made.node('server').start((env) => {
    const server = lwm2mServer(traced(env, note), { listen: { address: '10.0.0.1', port: 5683 } })
    const read$ = timer(readAtMs, env.scheduler).pipe(
      mergeMap(() => server.client('urn:a').read('/3/0/0')),
      tap(({ path, value }) => note(`${made.now()} server: ${path} is ${value}`)),
    )
    return merge(server.registrations$, read$)
  })
  made.node('device').start((env) => device(env))
  made.run(readAtMs + 500)
  return lines
}

const device = (env: Environment): Observable<unknown> =>
  client(env, {
    endpointClientName: 'urn:a',
    servers: 'coap://10.0.0.1:5683',
    objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
  }).run$

/** Datagrams in hex, both ways: a layer of its own, one line in the stack. */
const traced = (env: Environment, note: (line: string) => void): Environment => {
  const see = (arrow: string, word: DatagramDown | DatagramUp) => {
    if (word.type === 'datagram') note(`${env.scheduler.now()} ${arrow} ${hex(word.bytes)}`)
  }
  const below = translate<DatagramDown, DatagramUp, DatagramDown, DatagramUp>(
    tap((word) => see('sent', word)),
    tap((word) => see('received', word)),
  )
  return { ...env, transports: { udp: (options) => below(env.transports.udp(options)) } }
}

/** The page with what happens now in its ```text blocks: one for each stretch between the datagrams. */
export const page = (text: string): string => {
  const stretches: string[][] = [[]]
  for (const line of walk()) {
    if (/ (sent|received) /.test(line)) stretches.push([line], [])
    else stretches.at(-1)!.push(line)
  }
  return text.replace(
    /^```text\n[^]*?^```$/gm,
    () => `\`\`\`text\n${(stretches.shift() ?? ['nothing more happens: take this block out']).join('\n')}\n\`\`\``,
  )
}
export const pagePath: string = join(root, 'docs/walk.md')

if (process.argv[1]?.endsWith('walk.ts') === true) writeFileSync(pagePath, page(readFileSync(pagePath, 'utf8')))
