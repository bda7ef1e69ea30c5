/** One process of a contest: a server or a client of one contestant, told what to do by the parent. */
import { bareLoop } from './bare-loop.ts'
import type { Contestant } from './contestant.ts'
import { nodeCoap } from './node-coap.ts'
import { openssl } from './openssl.ts'
import { ourDtls } from './our-dtls.ts'
import { ours, oursOverDtls, oursOverTcp } from './ours.ts'
import type { Protection, Sides, Soloist, Weight } from './soloist.ts'

export type Name = 'ours' | 'ours-dtls' | 'ours-tcp' | 'node-coap' | 'bare-loop' | 'openssl'
export type Order =
  | { readonly type: 'serve'; readonly bodyBytes: number }
  | { readonly type: 'get'; readonly port: number; readonly count: number; readonly window: number }
  | { readonly type: 'download'; readonly port: number; readonly count: number; readonly bodyBytes: number }
  | { readonly type: 'push' | 'pull'; readonly port: number; readonly bytes: number }
  | { readonly type: 'handshakes'; readonly count: number; readonly resumed: boolean }
  | { readonly type: 'records' | 'carried'; readonly count: number; readonly protection: Protection }
  | { readonly type: 'sessions'; readonly count: number }
  | { readonly type: 'usage' }
/** CPU microseconds spent and resident octets at most, since the process began. */
export interface Report {
  readonly value: number
  readonly seconds: number
  readonly cpuUs: number
  readonly residentBytes: number
  /** Of handshakes and records: milliseconds of each side. */
  readonly sides?: Sides | undefined
  readonly weight?: Weight | undefined
}

const contestants: Record<Exclude<Name, 'openssl'>, Contestant> = {
  ours,
  'ours-dtls': oursOverDtls,
  'ours-tcp': oursOverTcp,
  'node-coap': nodeCoap,
  'bare-loop': bareLoop,
}
const name = process.argv[2] as Name
const contestant = contestants[name === 'openssl' ? 'ours' : name]
const soloist: Soloist = name === 'openssl' ? openssl : ourDtls
let resident = 0
setInterval(() => (resident = Math.max(resident, process.memoryUsage.rss())), 50).unref()

/** What was done, and what else there is to tell of it. */
type Done = Pick<Report, 'value' | 'sides' | 'weight'>
const obey = async (order: Order): Promise<Done> => {
  switch (order.type) {
    case 'handshakes':
      return { value: order.count, sides: await soloist.handshakes(order.count, order.resumed) }
    case 'records':
      return { value: order.count, sides: soloist.records(order.count, order.protection) }
    case 'carried':
      return { value: order.count, sides: soloist.carried!(order.count, order.protection) }
    case 'sessions':
      return { value: order.count, weight: soloist.sessions!(order.count) }
    default:
      return { value: await takePart(order) }
  }
}
const takePart = async (order: Exclude<Order, { readonly type: 'handshakes' | 'records' | 'carried' | 'sessions' }>): Promise<number> => {
  switch (order.type) {
    case 'serve':
      return contestant.serve(order.bodyBytes)
    case 'get':
      await contestant.get(order.port, order.count, order.window)
      return order.count
    case 'download':
      await contestant.download(order.port, order.count, order.bodyBytes)
      return order.count * order.bodyBytes
    case 'push':
      await contestant.push!(order.port, order.bytes)
      return order.bytes
    case 'pull':
      await contestant.pull!(order.port, order.bytes)
      return order.bytes
    case 'usage':
      return 0
  }
}

process.on('disconnect', () => process.exit(0))
process.on('message', (order: Order) => {
  const begun = performance.now()
  const before = process.cpuUsage()
  if (order.type !== 'usage') resident = process.memoryUsage.rss()
  obey(order).then(
    (done) => {
      const { user, system } = order.type === 'usage' ? process.cpuUsage() : process.cpuUsage(before)
      const report: Report = {
        ...done,
        seconds: (performance.now() - begun) / 1000,
        cpuUs: user + system,
        residentBytes: Math.max(resident, process.memoryUsage.rss()),
      }
      process.send!(report)
    },
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
