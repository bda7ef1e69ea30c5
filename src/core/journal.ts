/** Every decision of every machine, in order, as one stream. It costs nothing when nobody listens. */
import { Observable, Subject } from 'rxjs'
import type { Stamp } from './machine.ts'
import type { RowChange } from './table.ts'

/** One decision of one machine: enough to replay it. Tables are never published, only the rows that changed. */
export interface Turn {
  readonly machine: string
  /** Whose machine it is, where one journal serves several: the name of a simulated node. */
  readonly node?: string
  readonly stamp: Stamp
  readonly event: unknown
  /** What is small in the state after the step: everything but its tables. */
  readonly state: unknown
  readonly rows: readonly RowChange[]
  readonly effects: readonly unknown[]
  /** What a step threw, contained in its row; or `'overflow'`, an event dropped because the mailbox was full. */
  readonly fault?: unknown
}

/** Where turns go. Nothing is built for it while `observed` is false. Written by `run`, read by users, never by the engine. */
export interface Journal {
  readonly observed: boolean
  readonly write: (turn: Turn) => void
}

/** A journal nobody reads. */
export const silent: Journal = { observed: false, write: () => {} }

/** A journal and its stream. */
export interface LiveJournal extends Journal {
  readonly turn$: Observable<Turn>
}

/** A journal that costs something only while `turn$` has a subscriber. */
export const journal = (): LiveJournal => {
  const turns = new Subject<Turn>()
  return {
    get observed() {
      return turns.observed
    },
    write: (turn) => turns.next(turn),
    turn$: turns.asObservable(),
  }
}

/** The same journal, its turns marked with the node they come from. */
export const named = (journal: Journal, node: string): Journal => ({
  get observed() {
    return journal.observed
  },
  write: (turn) => journal.write({ node, ...turn }),
})
