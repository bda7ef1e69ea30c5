/** The state machine of Object 5 as a table: what may happen, and in each State what is answered, what follows and what is done (LwM2M Core §E.6.1). */
import type { Code } from '../../message/code.ts'
import type { UpdateResult, UpdateState } from './known.ts'

/** What may happen: a server asks, or the device reports. */
export type Input =
  // asked by a server
  | 'uri'
  | 'refused-uri'
  | 'reset'
  | 'package'
  | 'update'
  | 'deferrable-update'
  | 'repeated-update'
  | 'cancel'
  // reported by the device
  | 'packaged'
  | 'push-failed'
  | 'pulled'
  | 'pull-failed'
  | 'verified'
  | 'still-ordered'
  | 'unverified'
  | 'approved'
  | 'waiting'
  | 'declined'
  | 'overdue'
  | 'installed'
  | 'postponed'
  | 'failed'
  | 'useless'
  | 'unremembered'
  | 'restarted'
  | 'restarted-push'

/** What is done. */
export type Deed = 'abandon' | 'hush' | 'reset' | 'tidy' | 'admit' | 'pull' | 'verify' | 'ask' | 'install' | 'confirm'

/** What an input does in one State. */
export interface Cell {
  /** The code of the answer; absent: it comes later, or nobody waits for one. */
  readonly answer?: Code
  /** The State that follows; absent: the same. */
  readonly to?: UpdateState
  /** The Update Result that follows; `given`: the one that the input brings; absent: the same. */
  readonly result?: UpdateResult | 'given'
  /** What is done then, in order. */
  readonly then?: readonly Deed[]
}

/** What an input means, for people, and what it does in the States in which it does anything. In the others a server is answered 4.05, and a report is stale. */
export interface Row {
  readonly what: string
  readonly in: Readonly<Partial<Record<UpdateState, Cell>>>
}

const reset: Cell = { answer: '2.04', to: 0, result: 0, then: ['abandon', 'hush', 'reset'] }
const cancelled: Cell = { answer: '2.04', to: 0, result: 10, then: ['abandon', 'hush', 'reset'] }
const lost: Cell = { to: 0, result: 'given', then: ['abandon', 'hush', 'reset'] }

/** Every row: the machine is this table. */
export const table: Readonly<Record<Input, Row>> = {
  uri: {
    what: 'Write 5/0/1, a URI',
    in: { 0: { answer: '2.04', to: 1, result: 0, then: ['pull'] } },
  },
  'refused-uri': {
    what: 'Write 5/0/1, a URI that cannot be pulled from',
    in: { 0: { answer: '4.00', result: 'given' } },
  },
  reset: {
    what: 'Write 5/0/1 empty, or 5/0/0 empty or a single NUL',
    in: { 0: reset, 1: reset, 2: reset },
  },
  package: {
    what: 'Write 5/0/0, the first block of a package',
    in: { 0: { to: 1, result: 0, then: ['admit'] } },
  },
  update: {
    what: 'Execute 5/0/2',
    in: { 2: { answer: '2.04', to: 3, result: 0, then: ['hush', 'install'] } },
  },
  'deferrable-update': {
    what: 'Execute 5/0/2, when somebody is asked first',
    in: { 2: { answer: '2.04', result: 0, then: ['ask'] } },
  },
  'repeated-update': {
    what: 'Execute 5/0/2, when somebody is being asked',
    in: { 2: { answer: '2.04' } },
  },
  cancel: {
    what: 'Execute 5/0/10',
    in: { 1: cancelled, 2: cancelled },
  },
  packaged: {
    what: 'the whole package was pushed',
    in: { 1: { then: ['verify'] } },
  },
  'push-failed': {
    what: 'the push failed or was abandoned',
    in: { 1: lost },
  },
  pulled: {
    what: 'the whole package was pulled',
    in: { 1: { then: ['verify'] } },
  },
  'pull-failed': {
    what: 'the pull failed',
    in: { 1: lost },
  },
  verified: {
    what: 'the package is what it should be',
    in: { 1: { to: 2, result: 0 }, 2: {} },
  },
  'still-ordered': {
    what: 'the package is still good after a restart, and an order waits',
    in: { 2: { then: ['ask'] } },
  },
  unverified: {
    what: 'the package is not what it should be',
    in: { 1: lost, 2: lost, 3: lost },
  },
  approved: {
    what: 'who was asked agreed',
    in: { 2: { to: 3, result: 0, then: ['install'] } },
  },
  waiting: {
    what: 'who was asked has not answered yet',
    in: { 2: { result: 11 } },
  },
  declined: {
    what: 'who was asked refused',
    in: { 2: { result: 'given' } },
  },
  overdue: {
    what: 'the Maximum Defer Period is over',
    in: { 2: { to: 3, result: 0, then: ['hush', 'install'] } },
  },
  installed: {
    what: 'the installation succeeded',
    in: { 3: { to: 0, result: 1, then: ['reset'] } },
  },
  postponed: {
    what: 'the installer wants to do it later',
    in: { 3: { to: 2, result: 11 } },
  },
  failed: {
    what: 'the installation failed; the package is still good',
    in: { 3: { to: 2, result: 'given' } },
  },
  useless: {
    what: 'the installation failed for the package: Result 5 or 6',
    in: { 3: { to: 0, result: 'given', then: ['reset'] } },
  },
  unremembered: {
    what: 'what was begun cannot be remembered by the storage',
    in: { 1: lost, 2: lost, 3: { to: 2, result: 'given' } },
  },
  restarted: {
    what: 'the device has restarted',
    in: { 0: { then: ['tidy'] }, 1: { then: ['pull'] }, 2: { then: ['verify'] }, 3: { then: ['confirm'] } },
  },
  'restarted-push': {
    what: 'the device has restarted in the midst of a push',
    in: { 1: lost },
  },
}
