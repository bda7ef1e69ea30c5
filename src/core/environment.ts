/** What a run borrows from the world: time, luck, crypto and I/O, so that the same code runs live, under marbles and in a simulation. */
import type { SchedulerLike } from 'rxjs'
import type { Random } from './dice.ts'
import type { Journal } from './journal.ts'
import type { Crypto, Database, Http, Resolve, Storage, Transports } from './ports.ts'

/** What every machine needs. */
export interface Surroundings {
  /** Monotonic whole milliseconds, and the only way to wait. */
  readonly scheduler: SchedulerLike
  /** Milliseconds since 1970 UTC; may jump. */
  readonly wall: () => number
  readonly random: Random
  readonly journal: Journal
  /** A throw in a row's step fails the run instead of ending the row: for tests and simulation. */
  readonly strict?: boolean
}

/** Everything. */
export interface Environment extends Surroundings {
  readonly crypto: Crypto
  readonly transports: Transports
  readonly http: Http
  readonly resolve: Resolve
  readonly storage: Storage
  /** Where many small things are kept; a world may have none. */
  readonly database?: Database
}
