/** The fault lab in bursts of blocks (RFC 9177). */
import { cells } from './cells.ts'

cells('pull-burst', 'push-burst')
