/** Rows at work: found by scope and key or by an alias, ordered by their deadlines, bounded; the one thing in a state that is edited in place. */
import { heap, type Entry, type Heap } from './heap.ts'
import type { Instant, Key } from './machine.ts'

/** What kind of rows a table has. */
export interface TableShape<Row> {
  readonly name: string
  /** How many rows there may be at once. `put` beyond it is a bug: ask `full` first, and have an answer. */
  readonly limit: number
  /** When the row next has work of its own; absent: never. */
  readonly deadline?: (row: Row) => Instant
  /** A second name by which the row is found in its scope, if it has one. */
  readonly alias?: (row: Row) => Key | undefined
}

/** A row with its place. */
export interface Placed<Row> {
  readonly scope: string
  readonly key: Key
  readonly row: Row
}

/** One row that a turn changed; without `row` it was removed. */
export interface RowChange {
  readonly table: string
  readonly scope: string
  readonly key: Key
  readonly row: unknown
}

class Cell<Row> implements Entry {
  at: number
  order: number
  place = -1
  alias: Key | undefined = undefined
  scope: string
  key: Key
  row: Row
  constructor(scope: string, key: Key, row: Row, at: number, order: number) {
    this.scope = scope
    this.key = key
    this.row = row
    this.at = at
    this.order = order
  }
}
interface Scope<Row> {
  readonly rows: Map<Key, Cell<Row>>
  /** Made with the first alias. */
  aliases: Map<Key, Cell<Row>> | undefined
}

/** Rows are immutable values; a changed row is put anew. The cost of an operation does not grow with the number of rows (the heap's logarithm apart). */
export class Table<Row> {
  readonly shape: TableShape<Row>
  /** Made with the first row, as `#deadlines` with the first deadline: a simulated fleet has millions of tables in which there never is one. */
  #scopes: Map<string, Scope<Row>> | undefined
  #deadlines: Heap<Cell<Row>> | undefined
  #size = 0
  /** Scopes without rows. */
  #idle = 0
  #order = 0
  #watched: RowChange[] | undefined

  constructor(shape: TableShape<Row>) {
    this.shape = shape
  }

  get size(): number {
    return this.#size
  }
  get full(): boolean {
    return this.#size >= this.shape.limit
  }
  /** How many rows the scope has. */
  count(scope: string): number {
    return this.#scopes?.get(scope)?.rows.size ?? 0
  }
  get(scope: string, key: Key): Row | undefined {
    return this.#scopes?.get(scope)?.rows.get(key)?.row
  }
  /** The row whose alias this is. */
  aliased(scope: string, alias: Key): Placed<Row> | undefined {
    return this.#scopes?.get(scope)?.aliases?.get(alias)
  }
  /** Adds the row, or replaces the one that is there. */
  put(scope: string, key: Key, row: Row): void {
    let place = this.#scopes?.get(scope)
    if (place === undefined) place = this.#newScope(scope)
    const at = this.shape.deadline?.(row) ?? Infinity
    let cell = place.rows.get(key)
    if (cell === undefined) {
      if (this.full) throw new Error(`${this.shape.name}: a row beyond the limit of ${this.shape.limit}`)
      cell = new Cell(scope, key, row, at, this.#order++)
      if (place.rows.size === 0) this.#idle--
      place.rows.set(key, cell)
      this.#size++
      if (at !== Infinity) (this.#deadlines ??= heap()).put(cell)
    } else {
      cell.row = row
      if (at !== cell.at) {
        cell.at = at
        if (at === Infinity) this.#deadlines?.remove(cell)
        else (this.#deadlines ??= heap()).put(cell)
      }
    }
    const { alias } = this.shape
    if (alias !== undefined) rename(place, cell, alias(row))
    this.#watched?.push({ table: this.shape.name, scope, key, row })
  }
  remove(scope: string, key: Key): void {
    const place = this.#scopes?.get(scope)
    const cell = place?.rows.get(key)
    if (place === undefined || cell === undefined) return
    place.rows.delete(key)
    this.#size--
    rename(place, cell, undefined)
    if (cell.place >= 0) this.#deadlines?.remove(cell)
    if (place.rows.size === 0 && ++this.#idle > spareScopes && this.#idle > this.#scopes!.size / 2) this.#sweep()
    this.#watched?.push({ table: this.shape.name, scope, key, row: undefined })
  }
  /** The nearest deadline of any row. */
  deadline(): Instant {
    return this.#deadlines?.first()?.at ?? Infinity
  }
  /** The row with the nearest deadline. */
  first(): Placed<Row> | undefined {
    return this.#deadlines?.first()
  }
  /** The row with the nearest deadline, if that has come. */
  due(now: Instant): Placed<Row> | undefined {
    const cell = this.#deadlines?.first()
    return cell !== undefined && cell.at <= now ? cell : undefined
  }
  /** The row of the scope that has been there longest. */
  oldest(scope: string): Placed<Row> | undefined {
    const first = this.#scopes?.get(scope)?.rows.values().next()
    return first === undefined || first.done === true ? undefined : first.value
  }
  /** The rows of one scope, oldest first. */
  *in(scope: string): Generator<Placed<Row>> {
    const place = this.#scopes?.get(scope)
    if (place !== undefined) yield* place.rows.values()
  }
  /** All rows, scope by scope. For snapshots and the odd sweep; never on the path of a message. */
  *all(): Generator<Placed<Row>> {
    for (const place of this.#places()) yield* place.rows.values()
  }
  /** All rows, oldest first: what a snapshot keeps, that equal deadlines keep their order. */
  byAge(): readonly Placed<Row>[] {
    const cells: Cell<Row>[] = []
    for (const place of this.#places()) cells.push(...place.rows.values())
    return cells.sort((a, b) => a.order - b.order)
  }
  scopes(): Iterable<string> {
    return this.#scopes?.keys() ?? []
  }
  /** Another table with the same rows. Same order of equal deadlines. */
  copy(): Table<Row> {
    const copy = new Table(this.shape)
    for (const { scope, key, row } of this.byAge()) copy.put(scope, key, row)
    return copy
  }
  /** Begins to note the rows that change. */
  watch(): void {
    this.#watched ??= []
  }
  /** The rows changed since the last call, once watched. */
  changes(): readonly RowChange[] {
    const changes = this.#watched
    if (changes === undefined || changes.length === 0) return unchanged
    this.#watched = []
    return changes
  }

  #places(): Iterable<Scope<Row>> {
    return this.#scopes?.values() ?? []
  }
  #newScope(name: string): Scope<Row> {
    const scope: Scope<Row> = { rows: new Map(), aliases: undefined }
    ;(this.#scopes ??= new Map()).set(name, scope)
    this.#idle++
    return scope
  }
  /** All idle scopes at once: a Map in which one key comes and goes again and again becomes slow, each time leaves a hole to be stepped over. */
  #sweep(): void {
    for (const [name, { rows }] of this.#scopes ?? []) if (rows.size === 0) this.#scopes!.delete(name)
    this.#idle = 0
  }
}

/** An emptied scope is likely to be needed again: so many are kept. */
const spareScopes = 1024
const unchanged: readonly RowChange[] = []

const rename = <Row>(scope: Scope<Row>, cell: Cell<Row>, alias: Key | undefined) => {
  if (alias === cell.alias) return
  if (cell.alias !== undefined && scope.aliases?.get(cell.alias) === cell) scope.aliases.delete(cell.alias)
  cell.alias = alias
  if (alias !== undefined) (scope.aliases ??= new Map()).set(alias, cell)
}
