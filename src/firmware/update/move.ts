/** One step of an update through its table: what follows, what waits for the storage, and when a deferral is over (LwM2M Core §E.6.1). */
import { none, type Instant, type Stamp, type Step } from '../../core/machine.ts'
import type { Code } from '../../message/code.ts'
import type { Held } from './held.ts'
import { emptied, updateStates, type Update, type UpdateResult, type UpdateState } from './known.ts'
import { table, type Cell, type Deed, type Input } from './table.ts'
import type { UpdateEffect } from './words.ts'

/** The update, and what waits around it. */
export interface UpdateMachine {
  readonly update: Update
  /** What was known before a restart is there: until then servers are answered 5.03. */
  readonly ready: boolean
  /** The Write of a package that waits for its verification. */
  readonly pending: number | undefined
  /** Somebody is asked whether to install. */
  readonly asking: boolean
  /** When the deferral is over. */
  readonly dueAt: Instant
  /** Counts what goes to the storage. */
  readonly revision: number
  readonly held: readonly Held[]
}
/** What a step makes. */
export type Made = Step<UpdateMachine, UpdateEffect>
/** What an input brings. */
export interface Given {
  readonly request?: number
  readonly result?: UpdateResult
  readonly why?: string
  readonly changes?: Partial<Update>
}

/** Does what the table says. What it does not say is 4.05 to a server, and nothing to anybody else. */
export const move = (machine: UpdateMachine, input: Input, given: Given, stamp: Stamp): Made => {
  const { request } = given
  const { update: before, pending } = machine
  const cell = table[input].in[before.state]
  if (cell === undefined) return request === undefined ? [machine, none] : refuse(machine, request, '4.05')
  const update = following(before, cell, given, stamp)
  const deeds = cell.then ?? none
  const over = pending !== undefined && before.state === 1 && update.state !== 1
  const answers: UpdateEffect[] = over ? [{ type: 'answer', request: pending, code: update.state === 2 ? '2.04' : '5.00' }] : []
  if (request !== undefined && cell.answer !== undefined) answers.push({ type: 'answer', request, code: cell.answer })
  const changes = {
    update,
    pending: input === 'packaged' ? request : over ? undefined : pending,
    asking: update.state === 2 && (deeds.includes('ask') || (machine.asking && input !== 'declined')),
  }
  const otherwise = input === 'unremembered' || cell.to === 0 ? 'go-on' : cell.to === undefined ? 'refuse' : 'undo'
  const [next, effects] = settle(
    machine,
    changes,
    [...answers, ...deeds.filter(isLater).flatMap(deed(update, given, input))],
    otherwise,
    stamp,
  )
  return [next, [...deeds.filter(isUrgent).map((type): UpdateEffect => ({ type })), ...effects]]
}
const following = (before: Update, cell: Cell, { result, why = '', changes }: Given, { wall }: Stamp): Update => {
  const state: UpdateState = cell.to ?? before.state
  const said = cell.result === 'given' ? result : cell.result
  return {
    ...before,
    ...(state === 0 ? emptied : {}),
    ...changes,
    state,
    ...(said === undefined ? {} : { result: said, why: why.slice(0, 200) }),
    attempt: before.attempt + (cell.to === 0 || cell.to === 1 ? 1 : 0),
    changedUtcS: state === before.state ? before.changedUtcS : Math.floor(wall / 1000),
  }
}

/** What ends something does not wait for the storage. */
const isUrgent = (deed: Deed): deed is 'abandon' | 'hush' => deed === 'abandon' || deed === 'hush'
const isLater = (deed: Deed): deed is Exclude<Deed, 'abandon' | 'hush'> => !isUrgent(deed)
const deed =
  ({ attempt, uri, orderedUtcMs = 0, deferPeriodS }: Update, { request }: Given, input: Input) =>
  (type: Exclude<Deed, 'abandon' | 'hush'>): readonly UpdateEffect[] => {
    switch (type) {
      case 'admit':
        return request === undefined ? none : [{ type, request, attempt }]
      case 'pull':
        return [{ type, uri, attempt, resumed: input === 'restarted' }]
      case 'ask':
        return [{ type, attempt, untilUtcMs: orderedUtcMs + deferPeriodS * 1000 }]
      default:
        return [{ type, attempt }]
    }
  }

/** The machine after changes: what has changed goes to the storage, and what follows from it waits for that. */
export const settle = (
  machine: UpdateMachine,
  changes: Pick<UpdateMachine, 'update'> & Partial<UpdateMachine>,
  effects: readonly UpdateEffect[],
  otherwise: Held['otherwise'],
  stamp: Stamp,
): Made => {
  const { update } = changes
  if (isSame(update, machine.update)) {
    const next = { ...machine, ...changes, update: machine.update }
    return [next.pending === machine.pending && next.asking === machine.asking ? machine : next, effects]
  }
  const revision = machine.revision + 1
  const held = [...machine.held, { revision, effects: inOrder(update, effects), otherwise }]
  return [{ ...machine, ...changes, dueAt: dueAt(update, stamp), revision, held }, [{ type: 'remember', revision, update }]]
}
/** Answers, then what servers see, then what is done: a notification of State 3 leaves before the installation begins. */
const inOrder = (update: Update, effects: readonly UpdateEffect[]): readonly UpdateEffect[] => {
  const answers = effects.filter(({ type }) => type === 'answer')
  return [...answers, { type: 'publish', update }, ...effects.filter(({ type }) => type !== 'answer')]
}

/** When a deferral is over, by the clock that does not jump; never longer than the period from now. */
export const dueAt = ({ state, orderedUtcMs, deferPeriodS }: Update, { now, wall }: Stamp): Instant => {
  if (state !== updateStates.downloaded || orderedUtcMs === undefined) return Infinity
  return now + Math.max(0, Math.min(orderedUtcMs - wall, 0) + deferPeriodS * 1000)
}

const isSame = (one: Update, other: Update): boolean =>
  (Object.keys(one) as readonly (keyof Update)[]).every((name) => one[name] === other[name])
/** A code and nothing else. */
export const refuse = (machine: UpdateMachine, request: number, code: Code): Made => [machine, [{ type: 'answer', request, code }]]
/** One step, and another from there. */
export const after = ([machine, effects]: Made, then: (machine: UpdateMachine) => Made): Made => {
  const [next, more] = then(machine)
  return [next, [...effects, ...more]]
}
