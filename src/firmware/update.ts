/** The Firmware Update object's machine: State, Update Result, and what each write and execute does in each state (LwM2M Core §E.6, Object 5 v1.1). */
import { none, type Machine, type Step } from '../core/machine.ts'
import type { Code } from '../message/code.ts'

/** Resource 5/0/3. */
export const updateStates = { idle: 0, downloading: 1, downloaded: 2, updating: 3 } as const
export type UpdateState = 0 | 1 | 2 | 3

/** Resource 5/0/5. */
export const updateResults = {
  initial: 0,
  success: 1,
  notEnoughStorage: 2,
  outOfMemory: 3,
  connectionLost: 4,
  integrityFailure: 5,
  unsupportedType: 6,
  invalidUri: 7,
  updateFailed: 8,
  unsupportedProtocol: 9,
} as const
export type UpdateResult = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

/** What is known of the update. Survives a restart. */
export interface Update {
  readonly state: UpdateState
  readonly result: UpdateResult
  /** Resource 5/0/1. */
  readonly uri: string
  /** Counts downloads and installations, so that what an abandoned one reports is not taken for the present one's. */
  readonly attempt: number
  readonly delivery: 'pull' | 'push' | undefined
  /** Resources 5/0/6 and 5/0/7, once downloaded. */
  readonly name: string
  readonly version: string
}

/** What a server asks; answered with a code under `request`. */
export interface Asked {
  readonly request: number
}
export type UpdateEvent =
  /** 5/0/1; `refused`: why it cannot be pulled from there. */
  | (Asked & { readonly type: 'wrote-uri'; readonly uri: string; readonly refused: UpdateResult | undefined })
  | (Asked & { readonly type: 'executed-update' })
  /** 5/0/0 written with nothing, or with a single NUL octet. */
  | (Asked & { readonly type: 'wrote-reset' })
  /** The first block of a package came; nothing of it has been stored. */
  | (Asked & { readonly type: 'push-began' })
  /** The whole package was stored; the Write waits for its answer. */
  | (Asked & { readonly type: 'push-ended'; readonly attempt: number })
  | { readonly type: 'push-failed'; readonly attempt: number; readonly result: UpdateResult }
  | { readonly type: 'pulled'; readonly attempt: number }
  | { readonly type: 'pull-failed'; readonly attempt: number; readonly result: UpdateResult }
  | { readonly type: 'verified'; readonly attempt: number; readonly name: string; readonly version: string }
  | { readonly type: 'verification-failed'; readonly attempt: number; readonly result: UpdateResult }
  | { readonly type: 'installed'; readonly attempt: number }
  | { readonly type: 'installation-failed'; readonly attempt: number; readonly result: UpdateResult }
  /** Letting go of a package, or remembering the state, failed: for the journal. */
  | { readonly type: 'trouble'; readonly attempt: number; readonly about: 'reset' | 'memory' }
  /** What was known before a restart. */
  | { readonly type: 'restarted'; readonly known: Update }

export type UpdateEffect =
  | { readonly type: 'answer'; readonly request: number; readonly code: Code }
  /** Answered with 2.04 once the store is free: what was there before is gone. */
  | { readonly type: 'admit'; readonly request: number; readonly attempt: number }
  | { readonly type: 'pull'; readonly uri: string; readonly attempt: number }
  | { readonly type: 'verify'; readonly attempt: number }
  | { readonly type: 'install'; readonly attempt: number }
  /** Was the package installed before the restart? */
  | { readonly type: 'confirm'; readonly attempt: number }
  /** Ends whatever is under way. */
  | { readonly type: 'abandon' }
  /** Lets go of the package. */
  | { readonly type: 'reset'; readonly attempt: number }
  /** What a server sees has changed. */
  | { readonly type: 'publish'; readonly update: Update }

type Made = Step<UpdateMachine, UpdateEffect>
/** The update, and the Write of a package that waits for verification. */
export interface UpdateMachine {
  readonly update: Update
  readonly pending: number | undefined
}

const idle: Update = { state: 0, result: 0, uri: '', attempt: 0, delivery: undefined, name: '', version: '' }

export const update = (from: Partial<Update> = {}): Machine<UpdateMachine, UpdateEvent, UpdateEffect> => ({
  name: 'update',
  initial: { update: { ...idle, ...from }, pending: undefined },
  deadline: () => Infinity,
  step: (machine, event) => {
    switch (event.type) {
      case 'tick':
        return [machine, none]
      case 'wrote-uri':
        return event.uri === '' ? reset(machine, event) : pull(machine, event)
      case 'wrote-reset':
        return reset(machine, event)
      case 'executed-update':
        return install(machine, event)
      case 'push-began':
        return push(machine, event)
      case 'restarted':
        return machine.update.attempt === 0 ? restarted(become(machine, event.known)) : [machine, none]
      case 'push-ended':
        return event.attempt === machine.update.attempt ? pushEnded(machine, event) : refuse(machine, event.request, '4.05')
      default:
        return event.attempt === machine.update.attempt ? reported(machine, event) : [machine, none]
    }
  },
})

/** Whether an update may begin now: a package be pushed, a URI be written. */
export const isIdle = ({ update: { state } }: UpdateMachine): boolean => state === updateStates.idle

/** 5/0/1 with a URI: only in Idle; what cannot be pulled is refused and reported. */
const pull = (machine: UpdateMachine, { request, uri, refused }: UpdateEvent & { type: 'wrote-uri' }): Made => {
  if (!isIdle(machine)) return refuse(machine, request, '4.05')
  if (refused !== undefined) {
    const next = become(machine, { result: refused })
    return [next, [{ type: 'answer', request, code: '4.00' }, publish(next)]]
  }
  const attempt = machine.update.attempt + 1
  const next = become(machine, { state: 1, result: 0, uri, attempt, delivery: 'pull' })
  return [next, [{ type: 'answer', request, code: '2.04' }, publish(next), { type: 'pull', uri, attempt }]]
}

/** An empty URI, an empty package or a single NUL: back to Idle, unless it is too late. A Write that waits for its verification has failed. */
const reset = (machine: UpdateMachine, { request }: Asked): Made => {
  const { state, attempt } = machine.update
  if (state === updateStates.updating) return refuse(machine, request, '4.05')
  const next = become(machine, { ...idle, attempt: attempt + 1 })
  return [next, [...answerPending(machine, '5.00'), { type: 'answer', request, code: '2.04' }, ...letGo(next), publish(next)]]
}

/** 5/0/2: only what was downloaded is installed. */
const install = (machine: UpdateMachine, { request }: Asked): Made => {
  if (machine.update.state !== updateStates.downloaded) return refuse(machine, request, '4.05')
  const next = become(machine, { state: 3, result: 0 })
  return [next, [{ type: 'answer', request, code: '2.04' }, publish(next), { type: 'install', attempt: next.update.attempt }]]
}

/** 5/0/0: only in Idle. */
const push = (machine: UpdateMachine, { request }: Asked): Made => {
  if (!isIdle(machine)) return refuse(machine, request, '4.05')
  const attempt = machine.update.attempt + 1
  const next = become(machine, { state: 1, result: 0, uri: '', attempt, delivery: 'push' })
  return [next, [publish(next), { type: 'admit', request, attempt }]]
}
const pushEnded = (machine: UpdateMachine, { request, attempt }: UpdateEvent & { type: 'push-ended' }): Made =>
  isPushed(machine.update) && machine.pending === undefined
    ? [{ update: machine.update, pending: request }, [{ type: 'verify', attempt }]]
    : refuse(machine, request, '4.05')
const isPushed = ({ state, delivery }: Update): boolean => state === updateStates.downloading && delivery === 'push'

/** A download does not outlive a restart; an installation may have been what caused it. */
const restarted = (machine: UpdateMachine): Made => {
  const { state, attempt } = machine.update
  if (state === updateStates.downloading) return failed(machine, updateResults.connectionLost)
  return [machine, state === updateStates.updating ? [publish(machine), { type: 'confirm', attempt }] : [publish(machine)]]
}

/** What the download, the verifier or the installer reports. */
const reported = (
  machine: UpdateMachine,
  event: Exclude<Extract<UpdateEvent, { readonly attempt: number }>, { readonly request: number }>,
): Made => {
  const { state, attempt } = machine.update
  switch (event.type) {
    case 'pulled':
      return state === 1 ? [machine, [{ type: 'verify', attempt }]] : [machine, none]
    case 'verified': {
      if (state !== 1) return [machine, none]
      const next = become(machine, { state: 2, result: 0, name: event.name, version: event.version })
      return [next, [...answerPending(machine, '2.04'), publish(next)]]
    }
    case 'push-failed':
      return isPushed(machine.update) ? failed(machine, event.result) : [machine, none]
    case 'pull-failed':
    case 'verification-failed':
      return state === 1 ? failed(machine, event.result) : [machine, none]
    case 'installed': {
      if (state !== 3) return [machine, none]
      const next = become(machine, { ...idle, attempt, result: 1 })
      return [next, [{ type: 'reset', attempt }, publish(next)]]
    }
    case 'installation-failed':
      return state === 3 ? installationFailed(machine, event.result) : [machine, none]
    case 'trouble':
      return [machine, none]
  }
}
/** Back to Idle with the reason. */
const failed = (machine: UpdateMachine, result: UpdateResult): Made => {
  const next = become(machine, { ...idle, attempt: machine.update.attempt, result })
  return [next, [...answerPending(machine, '5.00'), ...letGo(next), publish(next)]]
}
const letGo = ({ update: { attempt } }: UpdateMachine): readonly UpdateEffect[] => [{ type: 'abandon' }, { type: 'reset', attempt }]
/** The package is still there: Downloaded again, with the reason (the description of 5/0/3). */
const installationFailed = (machine: UpdateMachine, result: UpdateResult): Made => {
  const next = become(machine, { state: 2, result })
  return [next, [publish(next)]]
}

const become = ({ update }: UpdateMachine, changes: Partial<Update>): UpdateMachine => ({
  update: { ...update, ...changes },
  pending: undefined,
})
const publish = ({ update }: UpdateMachine): UpdateEffect => ({ type: 'publish', update })
const refuse = (machine: UpdateMachine, request: number, code: Code): Made => [machine, [{ type: 'answer', request, code }]]
const answerPending = ({ pending }: UpdateMachine, code: Code): readonly UpdateEffect[] =>
  pending === undefined ? none : [{ type: 'answer', request: pending, code }]
