/**
 * The firmware contests: 8 MiB pulled and pushed between files, ours and theirs, each in a process of its own; a large image within little
 * memory (`BENCH_MIB`, default 256); and Reads while an image is pushed.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { filter, firstValueFrom, lastValueFrom, take, takeWhile } from 'rxjs'
import { lwm2mServer } from '../../src/index.ts'
import { fileSource, live } from '../../src/platform/index.ts'
import { median, type Arena, type Contest, type Result } from './arena.ts'

interface Done {
  readonly seconds: number
  readonly extraBytes: number
}
const script = fileURLToPath(new URL('./firmware-process.js', import.meta.url))
const children = new Set<ChildProcess>()
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')))

/** As on a small device: without them the garbage of a large heap would be measured, which is collected when there is need. */
const smallHeap = ['--max-semi-space-size=2', '--max-old-space-size=48']

/** A role in a process of its own, and what it tells. */
const role = (...words: readonly string[]) => {
  const child = spawn(process.execPath, [...smallHeap, script, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.add(child)
  let text = ''
  const told: Record<string, unknown>[] = []
  let wake = () => {}
  child.stdout.on('data', (piece: Buffer) => {
    const lines = (text + piece.toString()).split('\n')
    text = lines.pop()!
    told.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>))
    wake()
  })
  child.once('exit', () => {
    children.delete(child)
    wake()
  })
  const next = async (isIt: (one: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> => {
    for (;;) {
      const found = told.findIndex(isIt)
      if (found >= 0) return told.splice(found, 1)[0]!
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${words[0]} ended`)
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return { next, ask: (line: string) => child.stdin.write(`${line}\n`), stop: () => child.kill('SIGKILL') }
}
const listening = async (server: ReturnType<typeof role>, scheme: string) =>
  Number((await server.next((one) => one['type'] === 'listening' && one['scheme'] === scheme))['port'])
const done = async (worker: ReturnType<typeof role>): Promise<Done> =>
  (await worker.next((one) => one['type'] === 'done')) as unknown as Done
const within = <Value>(ms: number, work: Promise<Value>): Promise<Value | undefined> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ms)))
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** A folder with an image of so many MiB in it, for as long as the work lasts. */
const withImage = async <Value>(mib: number, work: (image: string, folder: string) => Promise<Value>): Promise<Value> => {
  const folder = mkdtempSync(join(tmpdir(), 'lwm2m-rx-bench-'))
  const image = join(folder, 'image')
  const file = openSync(image, 'w')
  const piece = Buffer.alloc(1 << 20)
  for (let index = 0; index < mib; index++) writeSync(file, randomFillSync(piece))
  closeSync(file)
  try {
    return await work(image, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const same = (one: string, other: string): boolean => {
  const [a, b] = [openSync(one, 'r'), openSync(other, 'r')]
  const [left, right] = [Buffer.alloc(1 << 20), Buffer.alloc(1 << 20)]
  try {
    for (;;) {
      const [read, also] = [readSync(a, left), readSync(b, right)]
      if (read !== also || !left.subarray(0, read).equals(right.subarray(0, also))) return false
      if (read === 0) return true
    }
  } finally {
    closeSync(a)
    closeSync(b)
  }
}

// ── libcoap ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const hasLibcoap = spawnSync('coap-server-notls', ['-h'], { stdio: 'ignore' }).error === undefined
const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
const ended = (command: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const begun = performance.now()
    const child = spawn(command, args, { stdio: 'ignore' })
    children.add(child)
    child.once('error', reject)
    child.once('exit', (code) => {
      children.delete(child)
      if (code === 0) resolve((performance.now() - begun) / 1_000)
      else reject(new Error(`${command} ended with ${code}`))
    })
  })
/** libcoap's server with the image under `/image`. */
const libcoapServer = async (image: string) => {
  const port = await freePort()
  const child = spawn('coap-server-notls', ['-A', '127.0.0.1', '-p', String(port), '-d', '10'], { stdio: 'ignore' })
  children.add(child)
  await new Promise((resolve) => setTimeout(resolve, 300))
  await ended('coap-client-notls', ['-B', '60', '-m', 'put', '-b', '1024', '-f', image, `coap://127.0.0.1:${port}/image`])
  return { port, stop: () => child.kill('SIGKILL') }
}
const libcoapGet = async (uri: string, into: string) => ended('coap-client-notls', ['-B', '60', '-b', '1024', '-o', into, uri])
const libcoapPut = async (uri: string, image: string) =>
  ended('coap-client-notls', ['-B', '60', '-m', 'put', '-b', '1024', '-f', image, uri])

// ── the contests ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

const mib = 8
type Team = (into: string) => Promise<number>

/** Each team in turn, after a warm-up; all that is stored is compared. The first is ours, and is compared with each that is theirs alone. */
const course = async (
  { say, rounds }: Arena,
  name: string,
  image: string,
  folder: string,
  teams: Readonly<Record<string, Team>>,
  peers: Readonly<Record<string, Result['peerName']>>,
): Promise<readonly Result[]> => {
  const made = new Map<string, number[]>(Object.keys(teams).map((team) => [team, []]))
  const into = join(folder, 'stored')
  for (let round = 0; round <= rounds; round++)
    for (const [team, run] of Object.entries(teams)) {
      rmSync(into, { force: true })
      const seconds = await run(into)
      if (!same(image, into)) throw new Error(`${name}: ${team} did not store what was sent`)
      if (round > 0) made.get(team)!.push(mib / seconds)
    }
  say(`${name}: MiB/s, median of ${rounds}`)
  for (const [team, rates] of made) say(`  ${team.padEnd(46)} ${median(rates).toFixed(1)}`)
  const ours = median([...made.values()][0]!)
  return Object.entries(peers).flatMap(([team, peerName]) => {
    const rates = made.get(team)
    if (rates === undefined) return []
    const peer = median(rates)
    return [{ name, of: team, unit: 'MiB/s', better: 'higher' as const, ours, peer, peerName, ratio: ours / peer }]
  })
}

/** Our download in a process of its own. */
const pulled = async (uri: string, into: string): Promise<number> => (await done(role('pull', uri, into))).seconds

const pull =
  (name: string, scheme: 'coap' | 'coap+tcp'): Contest =>
  (arena) =>
    withImage(mib, async (image, folder) => {
      const ours = role('serve', image, join(folder, 'pushed'))
      const port = await listening(ours, scheme)
      const theirs = hasLibcoap ? await libcoapServer(image) : undefined
      try {
        const at = (to: number) => `${scheme}://127.0.0.1:${to}/image`
        const found = await course(
          arena,
          name,
          image,
          folder,
          {
            'our client, our server': (into) => pulled(at(port), into),
            ...(theirs === undefined
              ? {}
              : {
                  "our client, libcoap's server": (into: string) => pulled(at(theirs.port), into),
                  "libcoap's client, our server": (into: string) => libcoapGet(at(port), into),
                  "libcoap's client, libcoap's server": (into: string) => libcoapGet(at(theirs.port), into),
                }),
          },
          { "libcoap's client, libcoap's server": 'libcoap' },
        )
        return scheme === 'coap' ? [...found, ...(await nodeCoap(arena, name, found[0]?.ours ?? 0))] : found
      } finally {
        ours.stop()
        theirs?.stop()
      }
    })

/** node-coap takes longer for each block the more there are: one MiB, once, and no longer than a minute. */
const nodeCoap = ({ say }: Arena, name: string, ours: number): Promise<readonly Result[]> =>
  withImage(1, async (image, folder) => {
    const server = role('node-coap-serve', image)
    const port = await listening(server, 'coap')
    const into = join(folder, 'stored')
    const client = role('node-coap-pull', `coap://127.0.0.1:${port}/image`, into)
    try {
      const report = await within(60_000, done(client))
      if (report === undefined || !readFileSync(into).equals(readFileSync(image))) {
        say('  node-coap: 1 MiB was not there after a minute')
        return []
      }
      const peer = 1 / report.seconds
      say(`  ${'node-coap, client and server (1 MiB, once)'.padEnd(46)} ${peer.toFixed(2)}`)
      return [{ name, of: 'node-coap, 1 MiB', unit: 'MiB/s', better: 'higher', ours, peer, peerName: 'node-coap', ratio: ours / peer }]
    } finally {
      server.stop()
      client.stop()
    }
  })

const push: Contest = (arena) =>
  withImage(mib, async (image, folder) => {
    const stored = join(folder, 'stored')
    const ours = role('serve', image, stored)
    const port = await listening(ours, 'coap')
    const theirs = hasLibcoap ? await libcoapServer(image) : undefined
    const fetched = async (seconds: number, into: string) => {
      await libcoapGet(`coap://127.0.0.1:${theirs!.port}/pushed`, into)
      return seconds
    }
    try {
      const to = (at: number) => `coap://127.0.0.1:${at}/pushed`
      return await course(
        arena,
        'push-8mib-coap',
        image,
        folder,
        {
          'our client, our server': async () => (await done(role('push', to(port), image))).seconds,
          ...(theirs === undefined
            ? {}
            : {
                "our client, libcoap's server": async (into: string) =>
                  fetched((await done(role('push', to(theirs.port), image))).seconds, into),
                "libcoap's client, our server": () => libcoapPut(to(port), image),
                "libcoap's client, libcoap's server": async (into: string) => fetched(await libcoapPut(to(theirs.port), image), into),
              }),
        },
        { "libcoap's client, libcoap's server": 'libcoap' },
      )
    } finally {
      ours.stop()
      theirs?.stop()
    }
  })

const pullHttp: Contest = (arena) =>
  withImage(mib, async (image, folder) => {
    const server = role('serve', image, join(folder, 'pushed'))
    const [port, plain] = [await listening(server, 'http'), await listening(server, 'plain-http')]
    try {
      return await course(
        arena,
        'pull-8mib-http',
        image,
        folder,
        {
          'our client, our server': (into) => pulled(`http://127.0.0.1:${port}/image`, into),
          'our client, a plain server': (into) => pulled(`http://127.0.0.1:${plain}/image`, into),
          'plain fetch, our server': async (into) => (await done(role('plain-pull', `http://127.0.0.1:${port}/image`, into))).seconds,
          'plain fetch, a plain server': async (into) => (await done(role('plain-pull', `http://127.0.0.1:${plain}/image`, into))).seconds,
        },
        { 'plain fetch, a plain server': 'plain' },
      )
    } finally {
      server.stop()
    }
  })

/** A large image one way, from file to file: how much more memory either side takes than before. */
const memory: Contest = ({ say }) => {
  const large = Number(process.env['BENCH_MIB'] ?? 256)
  return withImage(large, async (image, folder) => {
    const results: Result[] = []
    for (const [way, scheme] of [
      ['pull', 'http'],
      ['pull', 'coap+tcp'],
      ['pull', 'coap'],
      ['push', 'coap'],
    ] as const) {
      const stored = join(folder, 'stored')
      const server = role('serve', image, stored)
      const port = await listening(server, scheme)
      const uri = `${scheme}://127.0.0.1:${port}/image`
      const worker = way === 'pull' ? role('pull', uri, stored) : role('push', uri, image)
      await worker.next(({ type }) => type === 'warm')
      server.ask('begin')
      const { seconds, extraBytes } = await done(worker)
      server.ask('usage')
      const served = (await server.next((one) => one['type'] === 'usage')) as unknown as Done
      server.stop()
      const right = same(image, stored)
      rmSync(stored, { force: true })
      if (!right) throw new Error(`${way} over ${scheme}: not what was sent`)
      const [client, other] = [extraBytes / 2 ** 20, served.extraBytes / 2 ** 20]
      say(
        `${way} of ${large} MiB over ${scheme}: ${(large / seconds).toFixed(1)} MiB/s, extra resident MiB: client ${client.toFixed(0)}, server ${other.toFixed(0)} (64 at the most; node ${smallHeap.join(' ')})`,
      )
      const ours = Math.max(client, other)
      results.push({
        name: 'image-memory',
        of: `${way} ${scheme} ${large} MiB`,
        unit: 'MiB',
        better: 'lower',
        ours,
        peer: 64,
        peerName: 'plain',
        ratio: ours / 64,
      })
    }
    return results
  })
}

/** Reads of a Resource, one every few milliseconds: while nothing else goes on, and while an image is pushed to the same device. */
const readDuringPush: Contest = ({ say }) =>
  withImage(mib, async (image, folder) => {
    const server = lwm2mServer(live({ folder: join(folder, 'server') }), { listen: { address: '127.0.0.1', port: 0 } })
    const open = server.registrations$.subscribe()
    const { port } = await firstValueFrom(server.listening$)
    const worker = role('device', `coap://127.0.0.1:${port}`, join(folder, 'device'))
    try {
      const device = server.client('device')
      await firstValueFrom(device.registration$.pipe(filter((registration) => registration !== undefined)))
      const reads = async (count: number, goesOn: () => boolean): Promise<number[]> => {
        const latencies: number[] = []
        while (latencies.length < count && goesOn()) {
          const begun = performance.now()
          await lastValueFrom(device.read('/3/0/0').pipe(take(1)))
          latencies.push(performance.now() - begun)
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
        return latencies.sort((a, b) => a - b)
      }
      await reads(200, () => true)
      const idle = await reads(500, () => true)
      const source = await firstValueFrom(fileSource(image))
      let pushing = true
      let blocks = 0
      const counted = { ...source, read: (offset: number, count: number) => (blocks++, source.read(offset, count)) }
      const begun = performance.now()
      const pushed = lastValueFrom(
        device
          .updateFirmware({ name: 'image', source: counted, size: source.size! }, { mode: 'push' })
          .pipe(takeWhile(({ phase }) => ['starting', 'offering', 'transferring'].includes(phase))),
      ).finally(() => (pushing = false))
      const busy = await reads(100_000, () => pushing)
      await pushed
      const blockMs = (performance.now() - begun) / Math.max(1, blocks)
      const at = (latencies: readonly number[], part: number) =>
        latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))]!
      const told = (latencies: readonly number[]) =>
        `median ${at(latencies, 0.5).toFixed(2)}, p99 ${at(latencies, 0.99).toFixed(2)} ms (${latencies.length} Reads)`
      say(`Read, idle: ${told(idle)}; while ${mib} MiB are pushed in ${blocks} blocks of ${blockMs.toFixed(2)} ms each: ${told(busy)}`)
      const [ours, peer] = [at(busy, 0.5), at(idle, 0.5)]
      return [{ name: 'read-during-push', unit: 'ms', better: 'lower', ours, peer, peerName: 'idle', ratio: ours / peer }]
    } finally {
      worker.stop()
      open.unsubscribe()
    }
  })

export const firmwareContests: Readonly<Record<string, Contest>> = {
  'pull-8mib-coap': pull('pull-8mib-coap', 'coap'),
  'push-8mib-coap': push,
  'pull-8mib-tcp': pull('pull-8mib-tcp', 'coap+tcp'),
  'pull-8mib-http': pullHttp,
  'image-memory': memory,
  'read-during-push': readDuringPush,
}
