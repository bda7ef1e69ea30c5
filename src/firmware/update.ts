/** The Firmware Update object's machine: it walks the table, remembers before it answers, and knows when a deferral is over (LwM2M Core §E.6, Object 5 v1.2). */
import { none, type Machine, type Stamp } from '../core/machine.ts'
import { failing, heldMax, released, undone } from './update/held.ts'
import { idle, updateResults, updateStates, type Update } from './update/known.ts'
import { after, dueAt, move, refuse, settle, type Given, type Made, type UpdateMachine } from './update/move.ts'
import type { UpdateEffect, UpdateEvent } from './update/words.ts'

export { updateResults, updateStates } from './update/known.ts'
export type { FailureResult, Update, UpdateResult, UpdateSettings, UpdateState } from './update/known.ts'
export type { UpdateMachine } from './update/move.ts'
export type { UpdateEffect, UpdateEvent } from './update/words.ts'

/** What the device is like. */
export interface UpdateRules {
  /** Somebody is asked before an installation, if the server allows it to be deferred. */
  readonly approves?: boolean
  /** `false`: what an earlier life has left is not known yet; a `restarted` will come. Default: true. */
  readonly ready?: boolean
}
type Event<Type extends UpdateEvent['type']> = Extract<UpdateEvent, { readonly type: Type }>

/** The machine of one update; `from`: what is known of it otherwise than at first. */
export const update = (from: Partial<Update> = {}, rules: UpdateRules = {}): Machine<UpdateMachine, UpdateEvent, UpdateEffect> => ({
  name: 'update',
  initial: {
    update: { ...idle, ...from },
    ready: rules.ready ?? true,
    pending: undefined,
    asking: false,
    dueAt: Infinity,
    revision: 0,
    held: none,
  },
  deadline: ({ dueAt }) => dueAt,
  step: (machine, event, stamp) => {
    if (event.type === 'tick') return machine.dueAt <= stamp.now ? move(machine, 'overdue', {}, stamp) : [machine, none]
    if (event.type === 'restarted') return machine.ready ? [machine, none] : restarted(machine, event, stamp)
    if (event.type === 'remembered') return remembered(machine, event)
    if (event.type === 'unremembered') return unremembered(machine, event, stamp)
    if ('request' in event) return asked(machine, event, rules, stamp)
    return event.attempt === machine.update.attempt ? reported(machine, event, rules, stamp) : [machine, none]
  },
})

/** Whether an update may begin now: a package be pushed, a URI be written. */
export const isIdle = ({ update: { state } }: UpdateMachine): boolean => state === updateStates.idle

// ── what a server asks ───────────────────────────────────────────────────────────────────────────────────────────────────────

const asked = (machine: UpdateMachine, event: Extract<UpdateEvent, { request: number }>, rules: UpdateRules, stamp: Stamp): Made => {
  const { request } = event
  if (!machine.ready || machine.held.length >= heldMax) return refuse(machine, request, '5.03')
  switch (event.type) {
    case 'wrote-uri':
      return wroteUri(machine, event, stamp)
    case 'wrote-reset':
      return move(machine, 'reset', { request }, stamp)
    case 'wrote-settings':
      return wroteSettings(machine, event, stamp)
    case 'executed-update':
      return order(machine, rules, { request }, stamp)
    case 'executed-cancel':
      return move(machine, 'cancel', { request }, stamp)
    case 'push-began':
      return move(machine, 'package', { request, changes: { uri: '', delivery: 'push' } }, stamp)
    case 'push-ended': {
      const isNow = event.attempt === machine.update.attempt && machine.update.delivery === 'push' && machine.pending === undefined
      return isNow ? move(machine, 'packaged', { request }, stamp) : refuse(machine, request, '4.05')
    }
  }
}
const wroteUri = (machine: UpdateMachine, { request, uri, refused, why }: Event<'wrote-uri'>, stamp: Stamp): Made => {
  if (uri === '') return move(machine, 'reset', { request }, stamp)
  if (refused === undefined) return move(machine, 'uri', { request, changes: { uri, delivery: 'pull' } }, stamp)
  return move(machine, 'refused-uri', { request, result: refused, ...(why === undefined ? {} : { why }) }, stamp)
}
/** In every State; a deferral that goes on is measured anew. */
const wroteSettings = (machine: UpdateMachine, { request, settings }: Event<'wrote-settings'>, stamp: Stamp): Made =>
  settle(machine, { update: { ...machine.update, ...settings } }, [{ type: 'answer', request, code: '2.04' }], 'refuse', stamp)

/** 5/0/2, or what stands for it when 5/0/14 says so. A deferral begins with the first order. */
const order = (machine: UpdateMachine, { approves = false }: UpdateRules, given: Given, stamp: Stamp): Made => {
  const { orderedUtcMs = stamp.wall, deferPeriodS } = machine.update
  const changes = { orderedUtcMs }
  if (!approves || deferPeriodS === 0) return move(machine, 'update', { ...given, changes }, stamp)
  return move(machine, machine.asking ? 'repeated-update' : 'deferrable-update', { ...given, changes }, stamp)
}

// ── what the device reports ──────────────────────────────────────────────────────────────────────────────────────────────────

type Report = Exclude<Extract<UpdateEvent, { attempt: number }>, { request: number }>
const reported = (machine: UpdateMachine, event: Report, rules: UpdateRules, stamp: Stamp): Made => {
  switch (event.type) {
    case 'pulled':
    case 'installed':
      return move(machine, event.type, {}, stamp)
    case 'push-failed':
      return machine.update.delivery === 'push' ? move(machine, 'push-failed', event, stamp) : [machine, none]
    case 'pull-failed':
      return move(machine, 'pull-failed', event, stamp)
    case 'verified':
      return verified(machine, event, rules, stamp)
    case 'verification-failed':
      return move(machine, 'unverified', event, stamp)
    case 'approved':
    case 'approval-waits':
    case 'declined':
      return machine.asking ? approval(machine, event, stamp) : [machine, none]
    case 'installation-postponed':
      return postponed(machine, event, stamp)
    case 'installation-failed':
      return installationFailed(machine, event, stamp)
    case 'trouble':
      return [machine, none]
  }
}
/** Downloaded; or, after a restart, still good: an order that waited goes on. */
const verified = (machine: UpdateMachine, { name, version }: Event<'verified'>, rules: UpdateRules, stamp: Stamp): Made => {
  const { state, automatic, orderedUtcMs } = machine.update
  const made = move(machine, 'verified', { changes: { name, version } }, stamp)
  if (state === 1 && automatic) return after(made, (next) => order(next, rules, {}, stamp))
  const waits = state === 2 && orderedUtcMs !== undefined && rules.approves === true && !machine.asking
  return waits ? after(made, (next) => move(next, 'still-ordered', {}, stamp)) : made
}
const approval = (machine: UpdateMachine, event: Event<'approved' | 'approval-waits' | 'declined'>, stamp: Stamp): Made => {
  if (event.type === 'approved') return move(machine, 'approved', {}, stamp)
  if (event.type === 'approval-waits') return move(machine, 'waiting', {}, stamp)
  return move(machine, 'declined', { ...event, changes: { orderedUtcMs: undefined } }, stamp)
}
/** As long as the server lets it be deferred; after that it has failed. */
const postponed = (machine: UpdateMachine, { why }: Event<'installation-postponed'>, stamp: Stamp): Made => {
  const said = why === undefined ? {} : { why }
  const { orderedUtcMs = 0, deferPeriodS } = machine.update
  if (orderedUtcMs + deferPeriodS * 1000 > stamp.wall) return move(machine, 'postponed', said, stamp)
  return move(machine, 'failed', { result: updateResults.updateFailed, ...said, changes: { orderedUtcMs: undefined } }, stamp)
}
/** The package stays, to be tried again, unless the fault is in it (the description of 5/0/3). */
const installationFailed = (machine: UpdateMachine, { result, why }: Event<'installation-failed'>, stamp: Stamp): Made => {
  const isUseless = result === updateResults.integrityFailure || result === updateResults.unsupportedType
  const given: Given = { result, changes: { orderedUtcMs: undefined }, ...(why === undefined ? {} : { why }) }
  return move(machine, isUseless ? 'useless' : 'failed', given, stamp)
}

/** An earlier life: what it had begun goes on, is checked, or is over. */
const restarted = (machine: UpdateMachine, { known }: Event<'restarted'>, stamp: Stamp): Made => {
  const found: UpdateMachine = { ...machine, ready: true, update: known ?? machine.update }
  const next = { ...found, dueAt: dueAt(found.update, stamp) }
  const [moved, effects] = move(next, isPush(next.update) ? 'restarted-push' : 'restarted', lostConnection, stamp)
  return [moved, [{ type: 'publish', update: next.update }, ...effects]]
}
const isPush = ({ state, delivery }: Update): boolean => state === updateStates.downloading && delivery === 'push'
const lostConnection: Given = { result: updateResults.connectionLost, why: 'the device restarted in the midst of a push' }

// ── what is remembered ───────────────────────────────────────────────────────────────────────────────────────────────────────

const remembered = (machine: UpdateMachine, { revision }: Event<'remembered'>): Made => {
  const [effects, held] = released(machine.held, revision)
  return effects.length === 0 && held.length === machine.held.length ? [machine, none] : [{ ...machine, held }, effects]
}
/** Only the latest counts: a later revision says all that an earlier one would have said. */
const unremembered = (machine: UpdateMachine, { revision }: Event<'unremembered'>, stamp: Stamp): Made => {
  const row = machine.held.at(-1)
  if (row === undefined || row.revision !== revision || machine.revision !== revision) return [machine, none]
  const empty = { ...machine, held: none }
  const effects = machine.held.flatMap((one) => one.effects)
  if (row.otherwise === 'go-on') return [empty, effects]
  if (row.otherwise === 'refuse') return [empty, [...machine.held.slice(0, -1).flatMap((one) => one.effects), ...row.effects.map(failing)]]
  return after([empty, undone(machine.held)], (next) => move(next, 'unremembered', forgotten, stamp))
}
const forgotten: Given = {
  result: updateResults.notEnoughStorage,
  why: 'the storage could not remember the update',
  changes: { orderedUtcMs: undefined },
}
