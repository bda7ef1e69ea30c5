/** What a client's memory over restarts can be told. */
import type { Storage } from '../../core/ports.ts'

/** Where named octets are kept. Writes need not be atomic: there are two places for everything. */
export type Keeper = Pick<Storage, 'read' | 'write' | 'remove'>

export interface PersistOptions {
  /** Names in the store begin so. Default: `client`. */
  readonly name?: string
  /** Where the state is kept. Default: the storage of the environment. */
  readonly storage?: Keeper
  /** Where keys and security sessions are kept, for instance a secure element. Default: as the state. */
  readonly secrets?: Keeper
  /** What nobody was promised is stored at most so often. Default: 60,000. */
  readonly everyMs?: number
  /** Whether DTLS sessions survive too, so that a link goes on without a handshake. Default: true. */
  readonly sessions?: boolean
}
