/** One process of a contest: a server or a client of one contestant, told what to do by the parent. */
import { bareLoop } from './bare-loop.ts'
import type { Contestant } from './contestant.ts'
import { nodeCoap } from './node-coap.ts'
import { ours, oursOverTcp } from './ours.ts'

export type Name = 'ours' | 'ours-tcp' | 'node-coap' | 'bare-loop'
export type Order =
  | { readonly type: 'serve'; readonly bodyBytes: number }
  | { readonly type: 'get'; readonly port: number; readonly count: number; readonly window: number }
  | { readonly type: 'download'; readonly port: number; readonly count: number; readonly bodyBytes: number }
  | { readonly type: 'push' | 'pull'; readonly port: number; readonly bytes: number }
  | { readonly type: 'usage' }
/** CPU microseconds spent and resident octets at most, since the process began. */
export interface Report {
  readonly value: number
  readonly seconds: number
  readonly cpuUs: number
  readonly residentBytes: number
}

const contestants: Record<Name, Contestant> = { ours, 'ours-tcp': oursOverTcp, 'node-coap': nodeCoap, 'bare-loop': bareLoop }
const contestant = contestants[process.argv[2] as Name]
let resident = 0
setInterval(() => (resident = Math.max(resident, process.memoryUsage.rss())), 50).unref()

const obey = async (order: Order): Promise<number> => {
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
    (value) => {
      const { user, system } = order.type === 'usage' ? process.cpuUsage() : process.cpuUsage(before)
      const report: Report = {
        value,
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
