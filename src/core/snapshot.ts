/** A state as plain data, and back: what survives a power cut. */
import type { Instant, Key, Machine, Stamp } from './machine.ts'
import { Table } from './table.ts'

/** Plain data (records, arrays, strings, numbers, bigint, Uint8Array), with the clocks as they stood. */
export interface Snapshot {
  readonly machine: string
  readonly now: Instant
  readonly wall: number
  readonly state: unknown
}
interface Rows {
  readonly table: string
  readonly rows: readonly (readonly [scope: string, key: Key, row: unknown])[]
}

/** The state as it is, its tables as lists of rows. */
export const snapshot = <State>(
  machine: Machine<State, never, unknown>,
  state: State,
  { now, wall }: Pick<Stamp, 'now' | 'wall'>,
): Snapshot => ({
  machine: machine.name,
  now,
  wall,
  state: plain(state),
})

/** The state of a snapshot, every `…At` moved by the wall time that has passed; a clock gone backwards means that everything is due. */
export const restore = <State, Event, Effect>(
  machine: Machine<State, Event, Effect>,
  { now, wall, state }: Snapshot,
  stamp: Pick<Stamp, 'now' | 'wall'>,
): State => {
  const passed = stamp.wall - wall
  const shift = (at: Instant) => (at === Infinity ? at : passed < 0 ? Math.min(stamp.now, at) : at - now - passed + stamp.now)
  return revive(machine.initial, shifted(state, shift)) as State
}

/** The same state with tables of its own. Everything else is immutable and shared. */
export const copy = <State>(state: State): State => {
  if (state instanceof Table) return state.copy() as State
  if (!isRecord(state)) return state
  let copied: Record<string, unknown> | undefined
  for (const [name, value] of Object.entries(state))
    if (value instanceof Table) (copied ??= { ...state })[name] = (value as Table<unknown>).copy()
  return (copied ?? state) as State
}

/** The tables of a state: itself, or the fields of a record. */
export const tablesOf = (state: unknown): readonly Table<unknown>[] => {
  if (state instanceof Table) return [state]
  return isRecord(state) ? Object.values(state).filter((value) => value instanceof Table) : []
}

/** The state without its tables: what is small enough to publish. */
export const tableless = (state: unknown): unknown => {
  if (state instanceof Table) return undefined
  if (!isRecord(state)) return state
  return Object.fromEntries(Object.entries(state).filter(([, value]) => !(value instanceof Table)))
}

const plain = (value: unknown): unknown => {
  if (value instanceof Table)
    return { table: value.shape.name, rows: [...value.byAge()].map(({ scope, key, row }) => [scope, key, plain(row)]) } satisfies Rows
  if (Array.isArray(value)) return value.map(plain)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]))
}
/** Every `…At` in plain data moved. */
export const shifted = (value: unknown, shift: (at: Instant) => Instant): unknown => {
  if (Array.isArray(value)) return value.map((item) => shifted(item, shift))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      name.endsWith('At') && typeof field === 'number' ? shift(field) : shifted(field, shift),
    ]),
  )
}
const revive = (initial: unknown, value: unknown): unknown => {
  if (initial instanceof Table) {
    const table = new Table(initial.shape)
    for (const [scope, key, row] of (value as Rows).rows) table.put(scope, key, row)
    return table
  }
  if (!isRecord(initial) || !isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, name in initial ? revive(initial[name], field) : field]))
}
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
