/** Answers that promise something wait until it is stored; everything that is said after them waits behind them (design: durability). */
import { Table } from '../../core/table.ts'
import type { Instant } from '../../core/machine.ts'
import { isSuccess, responses } from '../../message/code.ts'
import type { Operation, Outcome } from '../../operation/operation.ts'
import type { OperationDown } from '../../operation/word.ts'
import { tell, type ClientEffect, type Work } from '../work.ts'

/** What was said in the turns between one promise and the next. Key: its number, which grows. */
export interface Held {
  readonly number: number
  readonly words: readonly { readonly word: OperationDown; readonly promise: boolean }[]
  readonly dueAt: Instant
}
export const heldTable = (limit: number): Table<Held> => new Table<Held>({ name: 'held', limit, deadline: ({ dueAt }) => dueAt })

/** The state is to be stored, and `persisted` said with this number or a greater one. */
export interface Persist {
  readonly type: 'persist'
  readonly number: number
}
/** What was asked up to this number is stored; or it could not be. */
export interface Persisted {
  readonly type: 'persisted'
  readonly number: number
  readonly failed?: true
}

/** Whether the answer says that something is so from now on, whatever happens. A body that streams has a store of its own. */
export const isPromise = (operation: Operation, { code }: Outcome): boolean => {
  if (!isSuccess(code)) return false
  if (operation.type === 'execute') return operation.path.object === 1
  return promising.has(operation.type) && !(operation.type === 'write' && operation.streamed !== undefined)
}
const promising: ReadonlySet<Operation['type']> = new Set<Operation['type']>([
  'write',
  'create',
  'delete',
  'write-composite',
  'write-attributes',
  'observe',
  'observe-composite',
  'cancel-observation',
  'cancel-observation-composite',
  'bootstrap-finish',
])

/** At the end of a step: holds what promises something, and all that is said behind it. */
export const keepPromises = (work: Work): void => {
  const { held } = work.state
  const [first] = work.promised
  if (first === undefined && held.size === 0) return
  const begins = held.size > 0 ? 0 : first!
  const isHeld = ({ type }: ClientEffect, at: number) => type === 'down' && at >= begins
  const words = work.effects.flatMap((effect, at) =>
    isHeld(effect, at) && effect.type === 'down' ? [{ word: effect.value, promise: work.promised.includes(at) }] : [],
  )
  if (words.length === 0) return
  const passing = work.effects.filter((effect, at) => !isHeld(effect, at))
  work.effects.splice(0, work.effects.length, ...passing)
  work.touched = true
  if (first === undefined) append(work, words)
  else hold(work, words)
}
const hold = (work: Work, words: Held['words']): void => {
  const { held } = work.state
  if (held.full) return giveUp(work, words)
  const number = work.nextSave++
  held.put('', number, { number, words, dueAt: work.stamp.now + work.it.limits.applicationTimeoutMs })
  tell(work, { type: 'persist', number })
}
const append = (work: Work, words: Held['words']): void => {
  const { held } = work.state
  const last = held.get('', work.nextSave - 1)!
  if (last.words.length + words.length > wordsMax) return giveUp(work, words)
  held.put('', last.number, { ...last, words: [...last.words, ...words] })
}
/** Notifications and answers that wait behind one promise. */
const wordsMax = 1_024

/** Too much waits: nobody is promised anything. */
const giveUp = (work: Work, words: Held['words']): void => {
  const before = released(work, { type: 'persisted', number: work.nextSave, failed: true })
  work.effects.push(...before, ...words.map((one) => said(one, true)))
}

/** What may be said now. What could not be stored is not promised: 5.03, though it counts until the power goes. */
export const released = (work: Work, { number, failed }: Persisted): readonly ClientEffect[] => {
  const { held } = work.state
  const effects: ClientEffect[] = []
  for (const { row } of [...held.in('')]) {
    if (row.number > number) continue
    held.remove('', row.number)
    work.touched = true
    effects.push(...row.words.map((one) => said(one, failed === true)))
  }
  return effects
}
/** Nobody said whether it was stored. */
export const overdue = (work: Work): readonly ClientEffect[] => {
  const { held } = work.state
  const late = held.due(work.stamp.now)
  return late === undefined ? [] : released(work, { type: 'persisted', number: late.row.number, failed: true })
}
const said = ({ word, promise }: Held['words'][number], failed: boolean): ClientEffect => ({
  type: 'down',
  value: failed && promise && word.type === 'respond' ? { ...word, outcome: notStored, last: true } : word,
})
const notStored: Outcome = { code: responses.ServiceUnavailable, diagnostic: 'it could not be stored', maxAgeSeconds: 60 }
