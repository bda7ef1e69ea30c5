/** The fault lab over `coaps://`: faults of the network befall records, faults of a peer are sealed by it. */
import { cells } from './cells.ts'

cells('pull-coaps', 'push-coaps')
