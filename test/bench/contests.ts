/** The contests: what is run, in which order, and what is made of it. */
import { median, spread, type Arena, type Contest, type Result } from './arena.ts'
import { firmwareContests } from './firmware.ts'
import { bareGrowth, growths } from './growth.ts'
import { bareChangeAmong, changeAmong } from './observing.ts'
import type { Name, Order } from './process.ts'
import { clients100k, registrations } from './registrations.ts'
import { handshakePsk, record1Kib } from './secured.ts'
import { rtt } from './rtt.ts'
import { senml100 } from './senml.ts'
import { bareDay, worldDay } from './world-day.ts'

interface Round {
  /** Units a second. */
  readonly rate: number
  readonly clientCpuUs: number
  readonly serverCpuUs: number
  readonly clientBytes: number
  readonly serverBytes: number
}
const bodyBytes = 1 << 20

/** Each contestant's client against its own server, in turn, after a warm-up. */
const rounds = async (
  { worker, say, rounds: count }: Arena,
  title: string,
  names: readonly Name[],
  order: (port: number, name: Name) => Order,
  units: (value: number) => number,
) => {
  const teams = await Promise.all(
    names.map(async (name) => {
      const server = worker(name)
      const client = worker(name)
      const { value: port } = await server.tell({ type: 'serve', bodyBytes })
      return { name, server, client, port, made: [] as Round[] }
    }),
  )
  try {
    for (let round = 0; round <= count; round++)
      for (const { name, server, client, port, made } of teams) {
        const before = await server.tell({ type: 'usage' })
        const { value, seconds, cpuUs, residentBytes } = await client.tell(order(port, name))
        const after = await server.tell({ type: 'usage' })
        const done = units(value)
        if (round > 0)
          made.push({
            rate: done / seconds,
            clientCpuUs: cpuUs / done,
            serverCpuUs: (after.cpuUs - before.cpuUs) / done,
            clientBytes: residentBytes,
            serverBytes: after.residentBytes,
          })
      }
  } finally {
    for (const { server, client } of teams) {
      server.stop()
      client.stop()
    }
  }
  say(title)
  for (const { name, made } of teams)
    say(
      `  ${name.padEnd(10)} rate ${spread(made.map(({ rate }) => rate))}   CPU us client ${spread(made.map(({ clientCpuUs }) => clientCpuUs))}   server ${spread(made.map(({ serverCpuUs }) => serverCpuUs))}`,
    )
  return new Map(teams.map(({ name, made }) => [name, made]))
}

const compare = (
  name: string,
  unit: string,
  better: Result['better'],
  all: ReadonlyMap<Name, readonly Round[]>,
  pick: (round: Round) => number,
  who: Name = 'ours',
): readonly Result[] => {
  const ours = all.get(who)!
  return (['node-coap', 'bare-loop'] as const).flatMap((peerName) => {
    const theirs = all.get(peerName)
    if (theirs === undefined) return []
    const ratio = median(ours.map((round, i) => pick(round) / pick(theirs[i]!)))
    return [{ name, unit, better, ours: median(ours.map(pick)), peer: median(theirs.map(pick)), peerName, ratio }]
  })
}
const all: readonly Name[] = ['ours', 'bare-loop', 'node-coap']

export const contests: Readonly<Record<string, Contest>> = {
  'get-1': async (arena) => {
    const made = await rounds(
      arena,
      'GET, one at a time (exchanges/s)',
      all,
      (port) => ({ type: 'get', port, count: 10_000, window: 1 }),
      (value) => value,
    )
    return compare('get-1', 'exchanges/s', 'higher', made, ({ rate }) => rate)
  },
  'get-16': async (arena) => {
    const made = await rounds(
      arena,
      'GET, sixteen at a time (exchanges/s)',
      all,
      (port) => ({ type: 'get', port, count: 42_000, window: 16 }),
      (value) => value,
    )
    return [
      ...compare('get-16', 'exchanges/s', 'higher', made, ({ rate }) => rate),
      ...compare('cpu-get-16', 'us/exchange', 'lower', made, ({ clientCpuUs, serverCpuUs }) => clientCpuUs + serverCpuUs),
    ]
  },
  'get-16-dtls': (arena) => carried(arena, 'dtls', 'DTLS, TLS_PSK_WITH_AES_128_CCM_8'),
  'get-16-tcp': (arena) => carried(arena, 'tcp', 'TCP'),
  'handshake-psk': handshakePsk,
  'record-1kib': record1Kib,
  'block2-1mib': async (arena) => {
    const made = await rounds(
      arena,
      'Download of 1 MiB by Block2 (MiB/s)',
      all,
      (port, name) => ({ type: 'download', port, count: name === 'node-coap' ? 2 : 20, bodyBytes }), // node-coap takes seconds for one,
      (value) => value / 2 ** 20,
    )
    return compare('block2-1mib', 'MiB/s', 'higher', made, ({ rate }) => rate)
  },
  'cost-10-vs-10000': ({ say }) => {
    say('Cost of one exchange with 10 and with 10,000 rows (ns of CPU, the best of nine rounds)')
    const bare = bareGrowth(10_000) / bareGrowth(10)
    return Promise.resolve(
      Object.entries(growths).map(([of, growth]) => {
        const few = growth(10)
        const many = growth(10_000)
        say(
          `  ${of.padEnd(12)} ${few.toFixed(0)} -> ${many.toFixed(0)}: ${(many / few).toFixed(2)} times; coap-packet and a Map alone: ${bare.toFixed(2)} times`,
        )
        return {
          name: 'cost-10-vs-10000',
          of,
          unit: 'times',
          better: 'lower' as const,
          ours: many / few,
          peer: bare,
          peerName: 'bare-loop' as const,
          ratio: many / few / bare,
        }
      }),
    )
  },
  'observe-10-vs-10000': ({ say }) => {
    const [few, many] = [changeAmong(10), changeAmong(10_000)]
    bareChangeAmong(10) // warm
    const [bareFew, bareMany] = [bareChangeAmong(10), bareChangeAmong(10_000)]
    const [ours, peer] = [many / few, bareMany / bareFew]
    say(
      `A change that concerns no observation, with 10 and with 10,000 of them (ns of CPU): ${few.toFixed(0)} -> ${many.toFixed(0)}: ${ours.toFixed(2)} times; a Map alone: ${peer.toFixed(2)} times`,
    )
    return Promise.resolve([
      { name: 'observe-10-vs-10000', unit: 'times', better: 'lower', ours, peer, peerName: 'bare-loop', ratio: ours / peer },
    ])
  },
  'world-day': ({ say }) => {
    const { seconds, exchanges, registered } = worldDay()
    const bare = bareDay(exchanges)
    say(
      `A day of ${registered} clients: ${exchanges} exchanges in ${seconds.toFixed(1)} s; coap-packet alone reads and writes as many in ${bare.toFixed(1)} s`,
    )
    return Promise.resolve([
      { name: 'world-day', unit: 's', better: 'lower', ours: seconds, peer: bare, peerName: 'bare-loop', ratio: seconds / bare },
    ])
  },
  'senml-100': senml100,
  registrations,
  'clients-100k': clients100k,
  ...firmwareContests,
  'push-256mib': (arena) => large(arena, 'push'),
  'pull-256mib': (arena) => large(arena, 'pull'),
  'rtt-50ms': rtt(50),
  'rtt-200ms': rtt(200),
}

/** As `get-16`, over another transport, beside our plain UDP and the bare loop in the same minutes. */
const carried = async (arena: Arena, transport: 'dtls' | 'tcp', title: string): Promise<readonly Result[]> => {
  const who: Name = `ours-${transport}`
  const made = await rounds(
    arena,
    `GET, sixteen at a time, over ${title} (exchanges/s)`,
    [who, 'ours', 'bare-loop'],
    (port) => ({ type: 'get', port, count: 42_000, window: 16 }),
    (value) => value,
  )
  const plain = made.get('ours')!
  const toPlain = (pick: (round: Round) => number) => median(made.get(who)!.map((round, i) => pick(round) / pick(plain[i]!))).toFixed(2)
  arena.say(
    `  to our plain UDP: rate ${toPlain(({ rate }) => rate)}, CPU of an exchange ${toPlain(({ clientCpuUs, serverCpuUs }) => clientCpuUs + serverCpuUs)}`,
  )
  return compare(`get-16-${transport}`, 'exchanges/s', 'higher', made, ({ rate }) => rate, who)
}

/** 256 MiB one way: four wraps of the message-ID space. Memory is that of the process that stores or serves without holding. */
const large = async ({ worker, say }: Arena, type: 'push' | 'pull'): Promise<readonly Result[]> => {
  const bytes = 256 << 20
  const made: Record<string, number> = {}
  for (const name of ['ours', 'bare-loop'] as const) {
    const server = worker(name)
    const client = worker(name)
    const { value: port } = await server.tell({ type: 'serve', bodyBytes })
    await client.tell({ type, port, bytes: 1 << 20 })
    const [serverBefore, clientBefore] = await Promise.all([server.tell({ type: 'usage' }), client.tell({ type: 'usage' })])
    const { seconds, residentBytes } = await client.tell({ type, port, bytes })
    const serverAfter = await server.tell({ type: 'usage' })
    const extra = (after: number, before: number) => ((after - before) / 2 ** 20).toFixed(0)
    say(
      `${type} of 256 MiB, ${name}: ${(256 / seconds).toFixed(1)} MiB/s, extra resident MiB client ${extra(residentBytes, clientBefore.residentBytes)}, server ${extra(serverAfter.residentBytes, serverBefore.residentBytes)}`,
    )
    made[name] = 256 / seconds
    server.stop()
    client.stop()
  }
  const ours = made['ours']!
  const peer = made['bare-loop']!
  return [{ name: `${type}-256mib`, unit: 'MiB/s', better: 'higher', ours, peer, peerName: 'bare-loop', ratio: ours / peer }]
}
