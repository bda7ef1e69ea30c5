/** The fault lab over `coap+tcp://`, with BERT. */
import { cells } from './cells.ts'

cells('pull-tcp', 'push-tcp')
