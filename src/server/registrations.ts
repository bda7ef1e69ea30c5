/** The registrations of a server: Register, Update, De-register, and the end of a lifetime (LwM2M Core 1.2.2 §6.2). */
import { roll, type Dice } from '../core/dice.ts'
import { keyed, type Keyed } from '../core/keyed.ts'
import { none, type Instant, type Key, type Machine, type Stamp, type Tick } from '../core/machine.ts'
import type { Remote } from '../core/ports.ts'
import { copy } from '../core/snapshot.ts'
import { responses } from '../message/code.ts'
import type { Outcome, Register, RegistrationOperation, Update, Version } from '../operation/operation.ts'
import { learn, resolve, type Profile, type Profiles } from './profiles.ts'
import { noSuchProfile, tooMuch, tooOften, wrongIdentity, wrongList, wrongRegister } from './register-refusals.ts'
import { isOf, type Proven, type Registration, type RegistrationEvent } from './registration.ts'
import type { KeptRegistration } from './store.ts'

/** Names the request that a word came from, so that its answer finds the way back. */
export type Ticket = number

/** A client asks to be registered, to stay so, or to be forgotten. */
export interface RegistrationRequest<Operation extends RegistrationOperation = RegistrationOperation> {
  readonly type: 'asked'
  readonly ticket: Ticket
  readonly remote: Remote
  /** Who asks, where the link is secured. */
  readonly proven?: Proven | undefined
  readonly operation: Operation
}
/** The answer to a request. */
export interface Reply {
  readonly type: 'reply'
  readonly ticket: Ticket
  readonly outcome: Outcome
}
/** A Profile ID is known from now on; `forgotten`: others no more. */
export interface Learnt {
  readonly type: 'learnt'
  readonly profile: Profile
  readonly forgotten: readonly string[]
}
export type RegistrationEffect = Reply | RegistrationEvent | Learnt

/** The bounds of the registrations. */
export interface RegistrationLimits {
  /** How many clients at once; one more is answered 5.03. */
  readonly registrationsMax: number
  /** How often a client may Register within `registerWindowMs`; more often is answered 4.29. */
  readonly registersMax: number
  readonly registerWindowMs: number
  /** The longest endpoint client name, in characters. */
  readonly nameMax: number
  /** How many Objects and Object Instances a client may have. */
  readonly listedMax: number
  /** How many Profile IDs are remembered with what they stand for; 0: none is understood. */
  readonly profilesMax: number
}
export const defaultLimits: RegistrationLimits = {
  registrationsMax: 20_000,
  registersMax: 20,
  registerWindowMs: 60_000,
  nameMax: 255,
  listedMax: 4_096,
  profilesMax: 100,
}

/** A registration, and how often its client has registered of late. */
export interface RegistrationRow {
  readonly registration: Registration
  readonly registers: number
  readonly windowEndsAt: Instant
}
/** What rows share: how many locations have been given, and which Profile IDs are known. */
export interface Common {
  readonly serial: number
  readonly profiles: Profiles
}
export type Registrations = Keyed<RegistrationRow, Common>
type Made = readonly [row: RegistrationRow | undefined, effects: readonly RegistrationEffect[]]

/** The machine. Its rows are found by endpoint client name and by location. */
export const registrations = (
  limits: RegistrationLimits = defaultLimits,
  profiles: Profiles = [],
): Machine<Registrations, RegistrationRequest, RegistrationEffect> =>
  keyed<RegistrationRow, Common, RegistrationRequest, RegistrationEffect>({
    name: 'registrations',
    shared: { serial: 0, profiles },
    limit: limits.registrationsMax,
    route: ({ operation }) => (operation.type === 'register' ? byName(operation.endpoint ?? '') : byLocation(operation.location)),
    alias: ({ registration }) => byLocation(['rd', registration.location]),
    deadline: ({ registration }) => registration.expiresAt,
    step: (row, common, event, stamp) => {
      const [next, effects] = stepped(row, common, event, stamp, limits)
      if (next === row) return [next, common, effects]
      const then = after(common, event, limits)
      return [next, then, then.profiles === common.profiles ? effects : [learnt(common.profiles, then.profiles), ...effects]]
    },
    full: (event) => [reply(event, { code: responses.ServiceUnavailable, diagnostic: 'too many clients' })],
    fault: (_, event) => (event.type === 'tick' ? none : [reply(event, { code: responses.InternalServerError })]),
  })

/** Of a request that was granted. */
const after = (common: Common, event: RegistrationRequest | Tick, { profilesMax }: RegistrationLimits): Common => {
  if (event.type === 'tick' || event.operation.type === 'deregister') return common
  const { type, profiles: ids, has } = event.operation
  const profiles = has === undefined ? common.profiles : learn(common.profiles, ids, has, profilesMax)
  if (type === 'update') return profiles === common.profiles ? common : { ...common, profiles }
  return { serial: common.serial + 1, profiles }
}

const learnt = (before: Profiles, now: Profiles): Learnt => ({
  type: 'learnt',
  profile: now.at(-1)!,
  forgotten: before.filter((one) => !now.includes(one)).map(({ id }) => id),
})

const stepped = (
  row: RegistrationRow | undefined,
  common: Common,
  event: RegistrationRequest | Tick,
  stamp: Stamp,
  limits: RegistrationLimits,
): Made => {
  if (event.type === 'tick') return expire(row)
  const { operation } = event
  if (operation.type === 'register') return register(row, event, operation, common, stamp, limits)
  // What is another identity's is not there (LwM2M Core §6.2.2): whoever asks registers anew.
  if (row === undefined || !isOf(row.registration, event.proven)) return [row, [reply(event, { code: responses.NotFound })]]
  return operation.type === 'update' ? update(row, event, operation, common, stamp, limits) : deregister(row, event)
}

// Two name spaces in one: no client can be named like another one's location.
const byName = (endpointClientName: string): Key => `=${endpointClientName}`
const byLocation = (location: readonly string[]): Key => `/${location.join('/')}`

/** A Register of an endpoint that is registered replaces the old registration (LwM2M Core §6.2.1). */
const register = (
  row: RegistrationRow | undefined,
  event: RegistrationRequest,
  operation: Register,
  { serial, profiles }: Common,
  { now, wall, dice }: Stamp,
  limits: RegistrationLimits,
): Made => {
  const { endpoint = '', version, lifetimeSeconds = 86_400, binding = 'U', queueMode = false, sms } = operation
  const wrong = wrongRegister(operation, limits) ?? wrongIdentity(row?.registration, event.proven, endpoint) ?? wrongList(operation)
  if (wrong !== undefined) return [row, [reply(event, wrong)]]
  const has = resolve(profiles, operation.profiles, operation.has)
  if (has === undefined) return [row, [reply(event, noSuchProfile)]]
  if (has.objects.length > limits.listedMax) return [row, [reply(event, tooMuch)]]
  const sameWindow = row !== undefined && now < row.windowEndsAt
  const registers = sameWindow ? row.registers + 1 : 1
  if (registers > limits.registersMax) return [row, [reply(event, tooOften(Math.ceil((row!.windowEndsAt - now) / 1_000)))]]
  const registration: Registration = {
    endpointClientName: endpoint,
    location: locationOf(serial, dice),
    remote: event.remote,
    ...(event.proven === undefined ? {} : { identity: event.proven.identity }),
    version: version as Version,
    lifetimeSeconds,
    binding,
    queueMode,
    ...(sms === undefined ? {} : { sms }),
    has,
    registered: wall,
    updated: wall,
    expiresAt: expiry(now, lifetimeSeconds),
  }
  const created = reply(event, { code: responses.Created, location: ['rd', registration.location] })
  const replaced: readonly RegistrationEvent[] =
    row === undefined ? none : [{ type: 'replaced', registration: row.registration, by: registration }]
  const windowEndsAt = sameWindow ? row.windowEndsAt : now + limits.registerWindowMs
  return [{ registration, registers, windowEndsAt }, [created, ...replaced, { type: 'registered', registration }]]
}

/** Only what is said changes; the client is from now on where the Update came from (LwM2M Core §6.2.2). */
const update = (
  row: RegistrationRow,
  event: RegistrationRequest,
  operation: Update,
  { profiles }: Common,
  { now, wall }: Stamp,
  limits: RegistrationLimits,
): Made => {
  const before = row.registration
  const { lifetimeSeconds = before.lifetimeSeconds, binding, sms = before.sms } = operation
  const has =
    operation.has === undefined && operation.profiles === undefined
      ? before.has
      : resolve(profiles, operation.profiles, operation.has ?? { objects: none })
  if (has === undefined) return [row, [reply(event, noSuchProfile)]]
  if (has.objects.length > limits.listedMax) return [row, [reply(event, tooMuch)]]
  const registration: Registration = {
    ...before,
    remote: event.remote,
    lifetimeSeconds,
    ...(binding === undefined ? {} : reachedBy(before, binding)),
    ...(sms === undefined ? {} : { sms }),
    has,
    updated: wall,
    expiresAt: expiry(now, lifetimeSeconds),
  }
  return [{ ...row, registration }, [reply(event, { code: responses.Changed }), { type: 'updated', registration, before }]]
}

/** In LwM2M 1.0 queue mode is a letter of the binding, and may change with it (LwM2M Core 1.0 §5.3.1.1). */
const reachedBy = ({ version, queueMode }: Registration, binding: string): Pick<Registration, 'binding' | 'queueMode'> =>
  version === '1.0' ? { binding: binding.replace('Q', ''), queueMode: binding.includes('Q') } : { binding, queueMode }

const deregister = (row: RegistrationRow, event: RegistrationRequest): Made => [
  undefined,
  [reply(event, { code: responses.Deleted }), { type: 'deregistered', registration: row.registration }],
]

const expire = (row: RegistrationRow | undefined): Made => [
  undefined,
  row === undefined ? none : [{ type: 'expired', registration: row.registration }],
]

/** A machine that begins with these registrations, as after a restart; those whose lifetime is over end at once. A clock gone backwards gives no lifetime anew. */
export const registrationsFrom = (
  kept: readonly KeptRegistration[],
  { now, wall }: Pick<Stamp, 'now' | 'wall'>,
  limits: RegistrationLimits,
  profiles: Profiles = [],
): {
  readonly machine: Machine<Registrations, RegistrationRequest, RegistrationEffect>
  readonly state: Registrations
  readonly restored: readonly Registration[]
} => {
  const machine = registrations(limits, profiles)
  const { rows } = copy(machine.initial)
  const restored = kept.slice(-limits.registrationsMax).map((one): Registration => {
    const passed = Math.max(0, wall - one.updated)
    return { ...one, expiresAt: one.lifetimeSeconds === 0 ? Infinity : Math.ceil(now + one.lifetimeSeconds * 1_000 - passed) }
  })
  for (const registration of restored)
    rows.put('', byName(registration.endpointClientName), { registration, registers: 0, windowEndsAt: now })
  // Beyond any serial that was given: locations are told apart by it.
  const serial = restored.reduce((most, { location }) => Math.max(most, Number.parseInt(location.slice(16), 36) || 0), -1) + 1
  return { machine, state: { shared: { serial, profiles }, rows }, restored }
}

const expiry = (now: Instant, lifetimeSeconds: number): Instant => (lifetimeSeconds === 0 ? Infinity : now + lifetimeSeconds * 1_000)

/** Never given twice, and nobody can guess sixty-four bits of it: whoever knows a location may update it. */
const locationOf = (serial: number, dice: Dice): string =>
  hex(roll(dice, 'location')) + hex(roll(dice, 'location, second half')) + serial.toString(36)
const hex = (value: number): string => value.toString(16).padStart(8, '0')

const reply = ({ ticket }: RegistrationRequest, outcome: Outcome): Reply => ({ type: 'reply', ticket, outcome })
