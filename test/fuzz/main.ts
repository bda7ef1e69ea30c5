/** The long run: seed after seed for as long as it is given, `npm run fuzz [-- --minutes 10] [--seed N] [--only NAME]`. A failure prints its seed and the command that repeats it. */
import { parseArgs } from 'node:util'
import { programs } from './programs.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' }, only: { type: 'string' } },
})
const ends = performance.now() + Number(values.minutes) * 60_000
const chosen = Object.entries(programs).filter(([name]) => values.only === undefined || values.only === name)
if (chosen.length === 0) throw new Error(`--only takes one of ${Object.keys(programs).join(', ')}`)

let seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed)
let rounds = 0
do {
  for (const [name, program] of chosen)
    try {
      program(seed)
    } catch (error) {
      console.error(error)
      console.error(`\nfailed: npm run fuzz -- --only ${name} --seed ${seed} --minutes 0`)
      process.exit(1)
    }
  rounds++
  seed = (seed + 1) % 2 ** 31
  if (rounds % 20 === 0) process.stderr.write(`\r${rounds} rounds`)
} while (performance.now() < ends)
console.log(`\n${rounds} rounds of ${chosen.map(([name]) => name).join(', ')}; the last seed was ${seed - 1}; nothing failed`)
