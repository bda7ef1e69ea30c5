/** An environment with nothing in it but time and luck: every port says that it is not there. */
import type { Dice, Random } from '../core/dice.ts'
import type { Environment } from '../core/environment.ts'
import { silent } from '../core/journal.ts'

/** Fills in what a test did not give; using a port that is not there throws. */
export const bareEnvironment = (given: Partial<Environment> & Pick<Environment, 'scheduler'>): Environment => ({
  wall: () => epochMs + given.scheduler.now(),
  random: loaded([]),
  journal: silent,
  strict: true,
  crypto: { digest: () => absent('crypto'), hash: () => absent('crypto') },
  transports: { udp: () => absent('udp') },
  http: { request: () => absent('http'), serve: () => absent('http') },
  resolve: () => absent('resolve'),
  storage: {
    read: () => absent('storage'),
    write: () => absent('storage'),
    remove: () => absent('storage'),
    sink: () => absent('storage'),
    source: () => absent('storage'),
  },
  ...given,
})

/** Where the wall clocks of tests begin: 2030-01-01T00:00:00Z. */
export const epochMs = 1_893_456_000_000

/** Dice that fall as listed: each step takes the next chance, which every label then gets; after the last, 0. Other numbers count up from 0. */
export const loaded = (chances: readonly number[]): Random => {
  let steps = 0
  let count = 0
  const random: Random = {
    dice: (): Dice => [Math.floor((chances[steps++] ?? 0) * 2 ** 32)],
    uint32: () => count++,
    fork: () => random,
  }
  return random
}

const absent = (port: string): never => {
  throw new Error(`no ${port} in this environment: give one`)
}
