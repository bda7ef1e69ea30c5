/** A machine made of rows: each row a small machine of its own, beside a small state that they share. */
import { none, type Instant, type Key, type Machine, type Stamp, type Step, type Tick } from './machine.ts'
import { Table } from './table.ts'

/** The rows and what they share. */
export interface Keyed<Row, Shared> {
  readonly shared: Shared
  readonly rows: Table<Row>
}

/** What a row's step answers: the next row (`undefined`: it is gone), the shared state, and what to do. */
export type RowStep<Row, Shared, Effect> = readonly [row: Row | undefined, shared: Shared, effects: readonly Effect[]]

/** How rows of one kind live. An event is for one row at most; a row is born when a step from `undefined` answers a row. */
export interface KeyedShape<Row, Shared, Event, Effect> {
  readonly name: string
  readonly shared: Shared
  /** How many rows there may be at once. */
  readonly limit: number
  /** Whose row the event is for, usually the remote; without it all rows share one scope. */
  readonly scope?: (event: Event) => string
  /** Which row of the scope; `undefined`: none, the event goes to `otherwise`. An alias is found too. */
  readonly route: (event: Event) => Key | undefined
  readonly alias?: (row: Row) => Key | undefined
  readonly deadline: (row: Row) => Instant
  readonly step: (row: Row | undefined, shared: Shared, event: Event | Tick, stamp: Stamp) => RowStep<Row, Shared, Effect>
  /** What becomes of an event that is for no row. */
  readonly otherwise?: (event: Event) => readonly Effect[]
  /** The answer to an event that would need one row too many: let go of the row with the nearest deadline, or refuse. */
  readonly full: 'forget' | ((event: Event) => readonly Effect[])
  /** What is said when a row's step threw and the row is gone. */
  readonly fault?: (row: Row | undefined, event: Event | Tick) => readonly Effect[]
}

/** The rows as one machine. A step touches one row, whatever their number. */
export const keyed = <Row, Shared, Event extends object, Effect>(
  shape: KeyedShape<Row, Shared, Event, Effect>,
): Machine<Keyed<Row, Shared>, Event, Effect> => {
  type State = Keyed<Row, Shared>
  const place = ({ rows }: State, event: Event | Tick, now: Instant) => {
    if (isTick(event)) return rows.due(now)
    const key = shape.route(event)
    if (key === undefined) return undefined
    const scope = shape.scope?.(event) ?? ''
    const row = rows.get(scope, key)
    if (row !== undefined) return { scope, key, row }
    return (shape.alias === undefined ? undefined : rows.aliased(scope, key)) ?? { scope, key, row: undefined }
  }
  const step = (state: State, event: Event | Tick, stamp: Stamp): Step<State, Effect> => {
    const at = place(state, event, stamp.now)
    if (at === undefined) return [state, isTick(event) ? none : (shape.otherwise?.(event) ?? none)]
    const { scope, key, row } = at
    const [next, shared, effects] = shape.step(row, state.shared, event, stamp)
    if (next !== row) {
      if (next === undefined) state.rows.remove(scope, key)
      else {
        if (row === undefined && state.rows.full) {
          if (shape.full !== 'forget') return [state, isTick(event) ? none : shape.full(event)]
          const other = state.rows.first() ?? [...state.rows.all()][0]
          if (other !== undefined) state.rows.remove(other.scope, other.key)
        }
        state.rows.put(scope, key, next)
      }
    }
    // Rows were edited in place: a new reference says that something changed.
    return [next !== row || shared !== state.shared ? { shared, rows: state.rows } : state, effects]
  }
  return {
    name: shape.name,
    initial: {
      shared: shape.shared,
      rows: new Table<Row>({
        name: shape.name,
        limit: shape.limit,
        deadline: shape.deadline,
        ...(shape.alias === undefined ? {} : { alias: shape.alias }),
      }),
    },
    step,
    deadline: ({ rows }) => rows.deadline(),
    fault: (state, event, { now }) => {
      const at = place(state, event, now)
      if (at === undefined) return undefined
      state.rows.remove(at.scope, at.key)
      return [{ ...state }, shape.fault?.(at.row, event) ?? none]
    },
  }
}

const isTick = (event: object): event is Tick => 'type' in event && event.type === 'tick'
