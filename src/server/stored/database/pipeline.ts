/** All that a server keeps, in a database: an entry for each thing, so that a change writes no more than what changed (LwM2M Core 1.2.2 §6.2). */
import { defer, map, toArray } from 'rxjs'
import type { Database, Entry } from '../../../core/ports.ts'
import type { KeptCommand } from '../../commands/command.ts'
import type { KeptObservation } from '../../observations/kept.ts'
import type { Profile } from '../../profiles.ts'
import type { KeptRegistration, KeptSession, ServerStore } from '../../store.ts'
import { decodeEntry, encodeEntry } from '../entry.ts'
import { isCommand, isObservation, isProfile, isRegistration, isSession } from '../shape.ts'

/** A store in a database. */
export interface DatabaseStoreOptions {
  /** Hears of each entry that is not what was written; it is passed over, and replaced when the same is kept again. */
  readonly damaged?: (key: string) => void
}

/** A store in a database: `databaseStore(env.database)`. */
export const databaseStore = (database: Database, { damaged }: DatabaseStoreOptions = {}): Required<ServerStore> => {
  const keeping = <Kept>(kind: string, nameOf: (one: Kept) => string, is: (value: unknown) => value is Kept) => {
    const keyOf = (one: Kept) => `${kind}/${nameOf(one)}`
    const read = ({ key, value }: Entry): readonly Kept[] => {
      const one = decodeEntry(value)
      if (is(one) && keyOf(one) === key) return [one]
      damaged?.(key)
      return []
    }
    const drop = (name: string) => defer(() => database.write([{ key: `${kind}/${name}`, value: undefined }]))
    return {
      load: defer(() => database.entries(`${kind}/`)).pipe(
        toArray(),
        map((entries) => entries.flatMap(read)),
      ),
      keep: (one: Kept) => defer(() => database.write([{ key: keyOf(one), value: encodeEntry(one) }])),
      drop: (one: Kept) => drop(nameOf(one)),
      dropNamed: drop,
    }
  }
  const registrations = keeping<KeptRegistration>('registration', ({ endpointClientName }) => endpointClientName, isRegistration)
  return {
    load: registrations.load,
    keep: (registration) => registrations.keep(withoutEnd(registration)),
    drop: (endpointClientName) => registrations.dropNamed(endpointClientName),
    profiles: keeping<Profile>('profile', ({ id }) => id, isProfile),
    observations: keeping<KeptObservation>(
      'observation',
      ({ endpointClientName, token }) => `${token}/${endpointClientName}`,
      isObservation,
    ),
    commands: keeping<KeptCommand>('command', ({ id }) => id, isCommand),
    sessions: keeping<KeptSession>('session', ({ name }) => name, isSession),
  }
}

/** It ends at another instant after a restart: that is reckoned from its last sign of life. */
const withoutEnd = (registration: KeptRegistration): KeptRegistration =>
  Object.fromEntries(Object.entries(registration).filter(([name]) => name !== 'expiresAt')) as unknown as KeptRegistration
