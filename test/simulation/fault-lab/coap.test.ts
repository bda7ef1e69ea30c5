/** The fault lab over `coap://` and HTTP. */
import { cells } from './cells.ts'

cells('pull-coap', 'push-coap', 'pull-http')
