/** Measures us and a peer in the same minutes, in turn, two processes over loopback: `npm run bench [-- --json] [--only NAME]`. */
import { fork, type ChildProcess } from 'node:child_process'
import { parseArgs } from 'node:util'
import type { Result } from './arena.ts'
import { contests } from './contests.ts'
import type { Name, Order, Report } from './process.ts'

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' }, rounds: { type: 'string', default: '5' } },
})

/** A process of a contestant. */
export interface Worker {
  readonly tell: (order: Order) => Promise<Report>
  readonly stop: () => void
}
const worker = (name: Name): Worker => {
  const child: ChildProcess = fork(new URL('./process.js', import.meta.url), [name], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return {
    tell: (order) =>
      new Promise((resolve, reject) => {
        const failed = () => reject(new Error(`${name}: ${order.type} failed`))
        child.once('exit', failed)
        child.once('message', (report) => {
          child.off('exit', failed)
          resolve(report as Report)
        })
        child.send(order)
      }),
    stop: () => child.kill(),
  }
}

const say = (line: string) => (values.json ? process.stderr : process.stdout).write(`${line}\n`)
const results: Result[] = []
for (const [name, contest] of Object.entries(contests)) {
  if (values.only !== undefined && !values.only.split(',').includes(name)) continue
  results.push(...(await contest({ worker, say, rounds: Number(values.rounds) })))
}
if (values.json) process.stdout.write(`${JSON.stringify(results, undefined, 1)}\n`)
else
  for (const { name, of, unit, ours, peer, peerName, ratio } of results)
    say(
      `${(name + (of === undefined ? '' : ` (${of})`)).padEnd(32)} ours ${format(ours)} ${unit}, ${peerName} ${format(peer)}: ratio ${ratio.toFixed(2)}`,
    )

function format(value: number) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
