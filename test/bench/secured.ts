/** The contests of DTLS alone: handshakes and records, against OpenSSL as it comes with Node. */
import { spawnSync } from 'node:child_process'
import { median, spread, type Arena, type Result } from './arena.ts'
import type { Name, Order, Report } from './process.ts'
import type { Protection } from './soloist.ts'

type Reports = Readonly<Record<'ours' | 'openssl', readonly Report[]>>

/** Each alone in a process of its own, in turn, after a warm-up. */
const turns = async ({ worker, rounds }: Arena, order: (name: Name) => Order): Promise<Reports> => {
  const made = { ours: [] as Report[], openssl: [] as Report[] }
  const workers = { ours: worker('ours'), openssl: worker('openssl') }
  try {
    for (let round = 0; round <= rounds; round++)
      for (const name of ['ours', 'openssl'] as const) {
        const report = await workers[name].tell(order(name))
        if (round > 0) made[name].push(report)
      }
  } finally {
    workers.ours.stop()
    workers.openssl.stop()
  }
  return made
}
const rate = ({ value, seconds }: Report) => value / seconds
const cpuUs = ({ value, cpuUs: spent }: Report) => spent / value
/** Microseconds of CPU of each side for one: that of the process, shared out as the time was. */
const sidesOf = (reports: readonly Report[], first: string, second: string): string => {
  const shares = reports.flatMap((report) => {
    const { firstMs, secondMs } = report.sides ?? { firstMs: 0, secondMs: 0 }
    return report.sides === undefined ? [] : [{ cpu: cpuUs(report), share: firstMs / (firstMs + secondMs) }]
  })
  if (shares.length === 0) return ''
  return ` (${first} ${spread(shares.map(({ cpu, share }) => cpu * share))}   ${second} ${spread(shares.map(({ cpu, share }) => cpu * (1 - share)))})`
}
const compare = (name: string, of: string, unit: string, { ours, openssl }: Reports): Result => ({
  name,
  of,
  unit,
  better: 'higher',
  ours: median(ours.map(rate)),
  peer: median(openssl.map(rate)),
  peerName: 'openssl',
  ratio: median(ours.map((report, i) => rate(report) / rate(openssl[i]!))),
})
const lines = ({ say }: Arena, reports: Reports, first: string, second: string) => {
  for (const name of ['ours', 'openssl'] as const)
    say(
      `  ${name.padEnd(10)} rate ${spread(reports[name].map(rate))}   CPU us ${spread(reports[name].map(cpuUs))}${sidesOf(reports[name], first, second)}`,
    )
}

export const handshakePsk = async (arena: Arena): Promise<readonly Result[]> => {
  const results: Result[] = []
  for (const of of ['full', 'resumed'] as const) {
    const made = await turns(arena, (name) => ({ type: 'handshakes', count: name === 'ours' ? 3_000 : 1_000, resumed: of === 'resumed' }))
    arena.say(
      `Handshakes, ${of}, PSK with AES_128_CCM_8, client and server in one process (handshakes/s): ours DTLS 1.2 through memory, OpenSSL TLS 1.2 by node:tls over TCP on loopback, eight at once`,
    )
    lines(arena, made, 'client', 'server')
    results.push(compare('handshake-psk', of, 'handshakes/s', made))
  }
  await weigh(arena)
  return results
}
/** What sessions weigh: there is no peer for it. */
const weigh = async ({ worker, say }: Arena) => {
  const alone = worker('ours')
  const { weight } = await alone.tell({ type: 'sessions', count: 10_000 })
  alone.stop()
  const { clientBytes, serverBytes } = weight!
  say(
    `Memory of one of 10,000 established sessions, all resumable (octets): client ${clientBytes.toFixed(0)}, server ${serverBytes.toFixed(0)}`,
  )
}

export const record1Kib = async (arena: Arena): Promise<readonly Result[]> => {
  const results: Result[] = []
  for (const protection of ['CCM_8', 'GCM'] as const) {
    const made = await turns(arena, () => ({ type: 'records', count: 64_000, protection }))
    arena.say(
      `Records of 1 KiB, ${protection}, with a Connection ID, sealed and opened (records/s): our record layer, and the cipher of node:crypto alone`,
    )
    lines(arena, made, 'sealed', 'opened')
    await whole(arena, protection)
    speed(arena, protection)
    results.push(compare('record-1kib', protection, 'records/s', made))
  }
  return results
}
/** The same through both DTLS layers, as an endpoint has them. */
const whole = async ({ worker, say, rounds }: Arena, protection: Protection) => {
  const alone = worker('ours')
  const made: Report[] = []
  for (let round = 0; round <= rounds; round++) {
    const report = await alone.tell({ type: 'carried', count: 32_000, protection })
    if (round > 0) made.push(report)
  }
  alone.stop()
  say(`  both layers rate ${spread(made.map(rate))}   CPU us ${spread(made.map(cpuUs))}${sidesOf(made, 'client', 'server')}`)
}
/** What the command says, where there is one: one way, in C, the key set once. */
const speed = ({ say }: Arena, protection: Protection) => {
  const cipher = protection === 'GCM' ? 'aes-128-gcm' : 'aes-128-ccm'
  const { status, stdout } = spawnSync('openssl', ['speed', '-evp', cipher, '-bytes', '1024', '-seconds', '1'], { encoding: 'utf8' })
  const thousands = status === 0 ? /([\d.]+)k\s*$/.exec(stdout)?.[1] : undefined
  if (thousands !== undefined)
    say(`  openssl speed -evp ${cipher} -bytes 1024: ${((Number(thousands) * 1000) / 1024).toFixed(0)} records/s, sealed only`)
}
