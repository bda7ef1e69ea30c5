/** `npm run simulate -- --year [--seed N] [--seeds 1000] [--json]`: a device's year, or those of many seeds. Ends with 1 when one was not as it should be. */
import { parseArgs } from 'node:util'
import { fateOf } from './fate.ts'
import { judge, type Verdict } from './verdict.ts'

const { values } = parseArgs({
  options: {
    year: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
if (!values.year) throw new Error('what is simulated is a year: --year')

const sentence = ({ seed, way, scheme, queueMode, messages, allowed, outages, registers, restarts, longestBackSeconds, flaws }: Verdict) =>
  `seed ${seed}: ${way}, ${scheme}${queueMode ? ', queue mode' : ''}; ${outages} outages, ${registers} Registers, ${restarts} restarts, ` +
  `back after ${longestBackSeconds} s at most, ${messages} messages of ${allowed}: ${flaws.length === 0 ? 'good' : `\n  ${flaws.join('\n  ')}`}`

let bad = 0
for (let seed = Number(values.seed); seed < Number(values.seed) + Number(values.seeds); seed++) {
  const began = performance.now()
  const verdict = judge(fateOf(seed))
  if (verdict.flaws.length > 0) bad++
  const realSeconds = Math.round(performance.now() - began) / 1_000
  console.log(values.json ? JSON.stringify({ ...verdict, realSeconds }) : `${sentence(verdict)} (${realSeconds} s)`)
}
if (bad > 0) {
  console.error(`${bad} of ${values.seeds} years were not as they should be; one again: npm run simulate -- --year --seed N`)
  process.exitCode = 1
}
