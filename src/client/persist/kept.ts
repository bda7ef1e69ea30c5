/** What of a client's state is kept over a restart, and the state in which it goes on (LwM2M Core §6.2.2). */
import type { Stamp } from '../../core/machine.ts'
import type { Secret } from '../../core/secret.ts'
import { copy, shifted } from '../../core/snapshot.ts'
import type { Placed, Table } from '../../core/table.ts'
import { commit, isRefusal, plan, type Change } from '../../model/change.ts'
import type { Attributes } from '../../model/attributes.ts'
import type { Node } from '../../model/node.ts'
import { controlObject, instanceAt, type InstanceRow, type Model } from '../../model/state.ts'
import { nodesOf } from '../object-data.ts'
import { listing } from '../inventory.ts'
import { offering } from '../offer.ts'
import { pairsIn } from '../pairs.ts'
import type { Observation, Stored } from '../reporting-rows.ts'
import { restarted, undone } from '../restart.ts'
import { initialState, type Account, type ClientState } from '../state.ts'
import type { Configuration } from '../configuration.ts'
import { isKeptWhole, type WrittenRow } from './written.ts'

/** Plain data. Keys are not part of it. */
export interface Kept {
  readonly accounts: readonly Account[]
  /** Of the Security, the Server and the Access Control Object. */
  readonly instances: readonly InstanceRow[]
  readonly written: readonly KeptWriting[]
  readonly attributes: readonly Placed<Attributes>[]
  readonly observations: readonly Observation[]
  readonly stored: readonly Placed<Stored>[]
  readonly inventory: number
  readonly listing: string
  readonly notified: number
  readonly nextTransaction: number
}
/** What a server made of an Object Instance of the application's; a Resource that is not in `values` is gone. */
export interface KeptWriting {
  readonly row: WrittenRow
  readonly values: InstanceRow['resources']
}
/** Secret keys by Security Object Instance. */
export type KeptKeys = readonly (readonly [account: number, key: Secret])[]

// ── from the state ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is to be kept of the state, which stays as it is: without what bootstrap has not finished. */
export const keptOf = (it: Configuration, state: ClientState): readonly [Kept, KeptKeys] => {
  const still = state.before.size === 0 ? state : copy(state)
  if (still !== state) undone(still)
  const { accounts, model, written, attributes, observations, stored, keys, inventory, notified, nextTransaction } = still
  const kept: Kept = {
    accounts: rowsOf(accounts),
    instances: rowsOf(model).filter(({ object }) => isKeptWhole(object)),
    written: rowsOf(written).map((row) => ({ row, values: valuesOf(model, row) })),
    attributes: placed(attributes),
    observations: rowsOf(observations),
    stored: placed(stored),
    inventory,
    listing: listing({ it: offering(it, state.offers), state: still }),
    notified,
    nextTransaction,
  }
  return [kept, [...keys.in('')].map(({ key, row }) => [Number(key), row] as const)]
}
const rowsOf = <Row>(table: Table<Row>): readonly Row[] => table.byAge().map(({ row }) => row)
const placed = <Row>(table: Table<Row>): readonly Placed<Row>[] => table.byAge().map(({ scope, key, row }) => ({ scope, key, row }))
const valuesOf = (model: Model, { object, instance, became, resources }: WrittenRow): InstanceRow['resources'] => {
  const held = instanceAt(model, object, instance)?.resources ?? {}
  if (became !== 'changed') return held
  return Object.fromEntries(resources.flatMap((id) => (held[id] === undefined ? [] : [[id, held[id]]])))
}

// ── and back ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** When it was kept, and whether the accounts of the options are those of then: others begin anew. */
export interface Then extends Pick<Stamp, 'now' | 'wall'> {
  readonly sameAccounts: boolean
}

/** The state in which the client goes on, and what servers had written into the application's Objects. Every instant moves by the wall time that has passed; a clock gone backwards means that everything is due. */
export const goingOn = (
  it: Configuration,
  [kept, keys]: readonly [Kept, KeptKeys],
  then: Then,
  stamp: Pick<Stamp, 'now' | 'wall'>,
): { readonly state: ClientState; readonly nodes: readonly Node[] } => {
  const passed = stamp.wall - then.wall
  const shift = (at: number) => (at === Infinity ? at : passed < 0 ? Math.min(stamp.now, at) : at - then.now - passed + stamp.now)
  const moved = shifted(kept, shift) as Kept
  const state = initialState(it)
  const first = rowsOf(state.model).filter(({ object }) => object === controlObject)
  const nodes = writtenAgain(it, state, moved)
  if (!then.sameAccounts) return { state, nodes }
  ownAgain(state, moved, first)
  refill(
    state.keys,
    keys.map(([key, row]) => ({ scope: '', key, row })),
  )
  refill(state.attributes, moved.attributes)
  refill(
    state.observations,
    moved.observations.map((row) => ({ scope: row.remote, key: row.exchange, row })),
  )
  refill(state.stored, moved.stored)
  const { notified, nextTransaction } = moved
  const inventory = moved.listing === listing({ it, state }) ? moved.inventory : moved.inventory + 1
  return { state: numbered(restarted({ ...state, inventory, notified: notified + skipped, nextTransaction }, stamp.now)), nodes }
}
/** Answers that may have been given since it was kept. */
const skipped = 2 ** 16

/** Notifications of observations that go on are numbered beyond those that the server has seen (RFC 7641 §3.4). */
const numbered = (state: ClientState): ClientState => {
  const numberedFrom = state.notified % 2 ** 24
  for (const { scope, key, row } of state.observations.byAge())
    state.observations.put(scope, key, { ...row, request: { ...row.request, numberedFrom } })
  return state
}

/** Accounts with their Objects, as far as they still fit each other. */
const ownAgain = (state: ClientState, { accounts, instances }: Kept, first: readonly InstanceRow[]): void => {
  const { model } = state
  for (const object of [0, 1, controlObject]) for (const { key } of [...model.in(String(object))]) model.remove(String(object), key)
  for (const row of instances)
    if (!model.full && (row.object !== controlObject || isThere(model, row))) model.put(String(row.object), row.instance, row)
  // What the application has beyond what it had: under the rights that it brings.
  for (const row of first)
    if (isThere(model, row) && !controls(model, row) && !model.full) {
      const instance = lowestFree(model, row.instance)
      model.put(String(controlObject), instance, { ...row, instance })
    }
  for (const { key } of [...state.accounts.in('')]) state.accounts.remove('', key)
  const pairs = pairsIn(model)
  const isPaired = ({ account, role }: Account) => pairs.some((pair) => pair.account === account && pair.role === role)
  const ways = accounts.filter((row) => isPaired(row) || instanceAt(model, 0, row.account) !== undefined)
  refill(
    state.accounts,
    ways.map((row) => ({ scope: '', key: row.account, row })),
  )
}
/** Whether what an Instance of Object 2 controls is there: an Object Instance, or an Object to create in (65535). */
const isThere = (model: Model, { resources: { 0: object, 1: instance } }: InstanceRow): boolean =>
  typeof object === 'number' && typeof instance === 'number' && (instance === 65_535 || instanceAt(model, object, instance) !== undefined)
const controls = (model: Model, { resources: { 0: object, 1: instance } }: InstanceRow): boolean =>
  [...model.in(String(controlObject))].some(({ row }) => row.resources[0] === object && row.resources[1] === instance)
const lowestFree = (model: Model, wanted: number): number => {
  let id = wanted
  while (instanceAt(model, controlObject, id) !== undefined) id = id === wanted && wanted !== 0 ? 0 : id + 1
  return id
}

/** What servers had written, where it still fits; what does not is the application's again. */
const writtenAgain = (it: Configuration, { model, written }: ClientState, kept: Kept): readonly Node[] =>
  kept.written.flatMap(({ row, values }) => {
    const { object, instance } = row
    const path = { object, instance }
    const nodes = Object.entries(values).flatMap(([id, value]) => nodesOf({ ...path, resource: Number(id) }, value))
    const planned = plan(model, it.definitions, changesOf(row, nodes, instanceAt(model, object, instance)), 'bootstrap')
    if (isRefusal(planned) || written.full) return []
    commit(model, planned)
    written.put(String(object), instance, row)
    return nodes
  })
const changesOf = (
  { object, instance, became, resources }: WrittenRow,
  nodes: readonly Node[],
  there: InstanceRow | undefined,
): readonly Change[] => {
  const path = { object, instance }
  const gone: readonly Change[] = there === undefined ? [] : [{ type: 'delete', path }]
  if (became === 'deleted') return gone
  if (became === 'created') return [...gone, { type: 'create', object, instance, nodes }]
  return resources.map((resource) => {
    const mine = nodes.filter((node) => node.path.resource === resource)
    const place = { ...path, resource }
    return mine.length === 0 ? { type: 'delete', path: place } : { type: 'replace', path: place, nodes: mine }
  })
}

/** As much as there is room for. */
const refill = <Row>(table: Table<Row>, rows: readonly Placed<Row>[]): void => {
  for (const { scope, key, row } of rows) if (!table.full) table.put(scope, key, row)
}
