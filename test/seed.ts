/** Properties begin at the same seed each time, so that a red test is red again; another is `LWM2M_RX_SEED=N`, or `random`. Long runs with new seeds: `npm run fuzz`. */
import * as fc from 'fast-check'

const { LWM2M_RX_SEED: seed = '20261120' } = process.env
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) })
