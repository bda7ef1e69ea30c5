/** The live environment: the platform's clocks, luck, sockets, files and resolver, each replaceable. */
import { join } from 'node:path'
import { asyncScheduler, type SchedulerLike } from 'rxjs'
import type { Environment } from '../core/environment.ts'
import type { Database } from '../core/ports.ts'
import { silent } from '../core/journal.ts'
import { crypto, entropy } from './crypto.ts'
import { database } from './database.ts'
import { dns } from './dns.ts'
import { files } from './files.ts'
import { http, httpWith } from './http.ts'
import { tcp } from './tcp.ts'
import type { TlsOptions } from './tls.ts'
import { udp } from './udp.ts'

/** Anything of the environment may be given instead of the platform's own. */
export interface LiveOptions extends Partial<Environment> {
  /** The folder of the store; default `lwm2m-rx` in the current one. Made at the first write. */
  readonly folder?: string
  /** Whom `https://` trusts; default: the authorities that come with Node. */
  readonly tls?: TlsOptions
}

/** An environment with a database. */
export type LiveEnvironment = Environment & { readonly database: Database }

/** The world as it is. Nothing is opened, bound or written before something asks for it. */
export const live = ({ folder = 'lwm2m-rx', tls, ...given }: LiveOptions = {}): LiveEnvironment => {
  const resolve = given.resolve ?? dns
  return {
    scheduler: monotonic,
    wall: Date.now,
    random: entropy(),
    journal: silent,
    crypto,
    transports: { udp: (options) => udp(options, resolve), tcp: (options) => tcp(options, resolve) },
    http: tls === undefined ? http : httpWith({ tls }),
    resolve,
    storage: files(folder),
    database: database(join(folder, 'database')),
    ...given,
  }
}

/** Timers of the platform with a clock that never jumps, in whole milliseconds since the process began. */
export const monotonic: SchedulerLike = {
  now: () => Math.floor(performance.now()),
  schedule: asyncScheduler.schedule.bind(asyncScheduler),
}
