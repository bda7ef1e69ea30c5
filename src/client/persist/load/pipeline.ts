/** What is in the store when a client starts: the newest state that is whole, and its keys. */
import { catchError, combineLatest, concat, concatMap, defaultIfEmpty, EMPTY, map, of, take, type Observable } from 'rxjs'
import type { Environment } from '../../../core/environment.ts'
import { toOctets } from '../../../core/plain.ts'
import type { Crypto } from '../../../core/ports.ts'
import type { DtlsSaved } from '../../../datagram/dtls/options.ts'
import type { ClientState } from '../../state.ts'
import type { Configuration } from '../../configuration.ts'
import type { StoreNotice } from '../../word.ts'
import { goingOn, type Kept, type KeptKeys } from '../kept.ts'
import type { Keeper, PersistOptions } from '../options.ts'
import { newestFirst, unsealed, type Found, type Slot } from '../slots.ts'

/** What is written of the state. */
export interface StateRecord {
  readonly now: number
  readonly wall: number
  readonly kept: Kept
  /** Where the keys of this state are, and which writing of them. */
  readonly secrets: { readonly slot: Slot; readonly generation: number }
}
/** What is written of its secrets. */
export interface SecretRecord {
  /** The accounts of the options, as digest. */
  readonly accounts: string
  readonly keys: KeptKeys
}
/** What a client begins with. */
export interface Loaded {
  readonly from: ClientState | undefined
  readonly sessions: DtlsSaved | undefined
  /** Where the newest whole state is, and its secrets. */
  readonly slot: Slot | undefined
  readonly secrets: StateRecord['secrets'] | undefined
  /** Beyond every generation there is. */
  readonly nextGeneration: number
  readonly notices: readonly StoreNotice[]
}

/** The options with their defaults. */
export interface Places {
  readonly name: string
  readonly state: Keeper
  readonly secrets: Keeper
  readonly everyMs: number
  readonly sessions: boolean
}
export const placesOf = (
  env: Environment,
  { name = 'client', storage = env.storage, secrets, everyMs = 60_000, sessions = true }: PersistOptions,
): Places => ({
  name,
  state: storage,
  secrets: secrets ?? storage,
  everyMs,
  sessions,
})
export const slotName = (name: string, kind: 'state' | 'keys', slot: Slot): string => `${name}-${kind}-${slot}`
export const sessionsName = (name: string): string => `${name}-sessions`

/** A digest of who the accounts of the options are: others than when the state was stored mean another beginning. */
export const accountsDigest = ({ digest }: Crypto, { endpointClientName, accounts, instances, keys }: Configuration): string => {
  const own = instances.filter(({ object }) => object <= 1)
  return Array.from(digest('sha256', toOctets([endpointClientName, accounts, own, keys])), (octet) =>
    octet.toString(16).padStart(2, '0'),
  ).join('')
}

/** Reads it. One value, whatever the store does. Sessions are taken away as they are read: numbers that a link uses must never be used twice. */
export const load = (env: Environment, it: Configuration, places: Places): Observable<Loaded> =>
  combineLatest([
    looked(env, places.state, slotName(places.name, 'state', 'a'), 'a'),
    looked(env, places.state, slotName(places.name, 'state', 'b'), 'b'),
    looked(env, places.secrets, slotName(places.name, 'keys', 'a'), 'a'),
    looked(env, places.secrets, slotName(places.name, 'keys', 'b'), 'b'),
    places.sessions ? takenSessions(env, places) : of(undefined),
  ]).pipe(
    map(([stateA, stateB, keysA, keysB, sessions]) => choose(env, it, [stateA, stateB], [keysA, keysB], sessions)),
    take(1),
  )

type Looked = Found | { readonly unreadable: string }
const looked = ({ crypto }: Environment, keeper: Keeper, name: string, slot: Slot): Observable<Looked> =>
  keeper.read(name).pipe(
    map((octets): Looked => unsealed(crypto, slot, octets)),
    catchError((error: unknown) => of<Looked>({ unreadable: error instanceof Error ? error.message : String(error) })),
    defaultIfEmpty<Looked, Looked>('nothing'),
    take(1),
  )

const takenSessions = ({ crypto }: Environment, { secrets, name }: Places): Observable<DtlsSaved | undefined> =>
  secrets.read(sessionsName(name)).pipe(
    take(1),
    map((octets) => {
      const found = unsealed(crypto, 'a', octets)
      return typeof found === 'string' ? undefined : (found.value as DtlsSaved)
    }),
    concatMap((saved) =>
      saved === undefined ? of(saved) : concat(secrets.remove(sessionsName(name)).pipe(concatMap(() => EMPTY)), of(saved)),
    ),
    catchError(() => of(undefined)),
    defaultIfEmpty(undefined),
  )

const isFound = (one: Looked): one is Exclude<Found, string> => typeof one !== 'string' && 'slot' in one

const choose = (
  env: Environment,
  it: Configuration,
  states: readonly Looked[],
  keys: readonly Looked[],
  sessions: DtlsSaved | undefined,
): Loaded => {
  const all = [...states, ...keys]
  const notices = states.flatMap(troubleOf)
  // Beyond those that could not be read, too: nobody has stored once a millisecond since 1970.
  const unread = all.some((one) => typeof one !== 'string' && 'unreadable' in one) ? env.wall() : 0
  const nextGeneration = 1 + Math.max(unread, ...all.filter(isFound).map(({ generation }) => generation))
  const nothing: Loaded = { from: undefined, sessions, slot: undefined, secrets: undefined, nextGeneration, notices }
  for (const { slot, value } of newestFirst(states.filter(isFound))) {
    const record = value as StateRecord
    const secret = keys.filter(isFound).find((one) => one.slot === record.secrets.slot && one.generation === record.secrets.generation)
    if (secret === undefined) {
      notices.push(told('damaged', `the keys of state ${slot} are not there`))
      continue
    }
    const { accounts, keys: kept } = secret.value as SecretRecord
    const sameAccounts = accounts === accountsDigest(env.crypto, it)
    const stamp = { now: env.scheduler.now(), wall: env.wall() }
    const { state, nodes } = goingOn(it, [record.kept, kept], { now: record.now, wall: record.wall, sameAccounts }, stamp)
    notices.push(
      sameAccounts
        ? { ...told('restored', `of ${new Date(record.wall).toISOString()}`), nodes }
        : { ...told('reconfigured', 'the options name other accounts'), nodes },
    )
    return { ...nothing, from: state, slot, secrets: record.secrets, sessions: sameAccounts ? sessions : undefined }
  }
  return { ...nothing, sessions: undefined, notices: [...notices, told('empty', '')] }
}
const troubleOf = (one: Looked, at: number): StoreNotice[] => {
  if (one === 'damaged') return [told('damaged', `state ${at === 0 ? 'a' : 'b'} is not what was written`)]
  return typeof one !== 'string' && 'unreadable' in one ? [told('unreadable', one.unreadable)] : []
}
export const told = (what: StoreNotice['what'], detail: string): StoreNotice => ({ type: 'store', what, detail })
