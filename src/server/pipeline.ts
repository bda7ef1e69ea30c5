/** The registrations at work: requests under `/rd` are answered, and what becomes of clients is a stream (LwM2M Core 1.2.2 §6.2). */
import {
  concat,
  concatMap,
  defer,
  finalize,
  from,
  map,
  merge,
  mergeMap,
  Observable,
  of,
  pairwise,
  pipe,
  share,
  startWith,
  Subject,
  switchMap,
  tap,
  type OperatorFunction,
} from 'rxjs'
import type { Surroundings } from '../core/environment.ts'
import type { Remote } from '../core/ports.ts'
import type { Handler } from '../exchange/ask.ts'
import type { Response } from '../exchange/exchange.ts'
import { isSuccess, responses, type Code } from '../message/code.ts'
import { noOptions } from '../message/message.ts'
import type { OperationContext } from '../operation/context.ts'
import type { Outcome, RegistrationOperation } from '../operation/operation.ts'
import { decodeOperation, encodeOutcome } from '../operation/translation.ts'
import { isWrong } from '../operation/shape.ts'
import { run } from '../core/run.ts'
import type { Whose } from './credentials/credential.ts'
import { emptyDirectory, type Directory } from './directory.ts'
import { beside, type Profiles } from './profiles.ts'
import { nameBy, type Proven, type Refusal, type Registration, type RegistrationEvent } from './registration.ts'
import {
  registrationsFrom,
  type RegistrationEffect,
  type RegistrationLimits,
  type RegistrationRequest,
  type Ticket,
} from './registrations.ts'
import type { ServerStore } from './store.ts'
import { durable, loaded } from './stored/changes/pipeline.ts'

/** Who is registered. */
export interface Registrar extends Directory {
  /** Answers Register, Update and De-register. */
  readonly handler: Handler
  /** What becomes of registrations. While nobody is subscribed, nothing is answered and nobody registered. */
  readonly event$: Observable<RegistrationEvent>
  /** Requests that were refused, with what may explain it. Nothing is built while nobody is subscribed. */
  readonly refused$: Observable<Refusal>
}

/** What a registrar goes by. */
export interface RegistrarOptions {
  readonly context: OperationContext
  readonly limits: RegistrationLimits
  /** Who is at the other end of a link. */
  readonly whose?: Whose | undefined
  /** Where registrations survive a restart; then a Register is answered when it is kept. */
  readonly store?: ServerStore | undefined
  /** Profile IDs that are known beforehand. */
  readonly profiles?: Profiles
}

/** The registrar of one server. */
export const registrar = (env: Surroundings, { context, limits, whose, store, profiles = [] }: RegistrarOptions): Registrar => {
  const asked$ = new Subject<RegistrationRequest>()
  const refused$ = new Subject<Refusal>()
  const waiting = new Map<Ticket, (outcome: Outcome) => void>()
  const { note, clear, ...directory } = emptyDirectory()
  let tickets: Ticket = 0
  /** What came while the store was read. */
  let early: RegistrationRequest[] | undefined

  const perform = (effect: RegistrationEffect): effect is RegistrationEvent => {
    if (effect.type === 'learnt') return false
    if (effect.type !== 'reply') return true
    waiting.get(effect.ticket)?.(effect.outcome)
    return false
  }
  const event$ = defer(() => {
    early = []
    return loaded(store)
  }).pipe(
    // There is one.
    switchMap(({ kept, learnt }) => {
      const known = beside(profiles, learnt, limits.profilesMax)
      const { machine, state, restored } = registrationsFrom(kept, { now: env.scheduler.now(), wall: env.wall() }, limits, known)
      const work$ = merge(
        asked$,
        defer(() => {
          const all = early ?? []
          early = undefined
          return all
        }),
      ).pipe(
        run(machine, env, { from: state }),
        // Stores gather what comes while they write; one client's turns stay in order.
        mergeMap(({ effects }) => durable(store, effects), turnsMax),
        // A turn's effects, in order.
        concatMap((effects) => effects.filter(perform)),
      )
      return concat(from(restored).pipe(map((registration): RegistrationEvent => ({ type: 'restored', registration }))), work$)
    }),
    tap(note),
    finalize(() => {
      early = undefined
      clear()
    }),
    share(),
  )
  const handler: Handler = (request) => {
    const operation = decodeOperation(request, context)
    if (isWrong(operation)) return of(refusal(operation.wrong, operation.diagnostic))
    if (!isRegistration(operation)) return of(refusal(responses.MethodNotAllowed, 'clients register here'))
    const { remote } = request
    const asked = (proven?: Proven): Observable<Response> => waited({ remote, proven, operation: named(operation, proven) })
    if (whose === undefined) return asked()
    return whose(remote, operation.type === 'register').pipe(
      concatMap((who) => (who !== undefined && 'code' in who ? of(encodeOutcome({ operation, outcome: who }, context)) : asked(who))),
    )
  }
  const waited = ({ remote, proven, operation }: Pick<RegistrationRequest, 'remote' | 'proven' | 'operation'>): Observable<Response> =>
    new Observable((observer) => {
      const ticket = tickets++
      waiting.set(ticket, (outcome) => {
        if (refused$.observed && !isSuccess(outcome.code)) refused$.next(refusalOf(remote, operation, outcome, directory))
        observer.next(encodeOutcome({ operation, outcome }, context))
        observer.complete()
      })
      observer.add(() => waiting.delete(ticket))
      const word: RegistrationRequest = { type: 'asked', ticket, remote, ...(proven === undefined ? {} : { proven }), operation }
      if (early === undefined) asked$.next(word)
      else if (early.length < earlyMax) early.push(word)
      else waiting.get(ticket)?.(tooEarly)
    })
  return { handler, event$, refused$: refused$.asObservable(), ...directory }
}

const earlyMax = 1_024
const tooEarly: Outcome = { code: responses.ServiceUnavailable, diagnostic: 'the server is starting', maxAgeSeconds: 1 }
/** How many turns may wait for the store at once. */
const turnsMax = 4_096

/** A Register may leave its name to the link (LwM2M Core §6.2.1). */
const named = (operation: RegistrationOperation, proven: Proven | undefined): RegistrationOperation =>
  operation.type === 'register' ? { ...operation, endpoint: nameBy(operation.endpoint, proven) } : operation

const refusalOf = (
  remote: Remote,
  operation: RegistrationOperation,
  { code, diagnostic }: Outcome,
  { find, at }: Pick<Registrar, 'find' | 'at'>,
): Refusal => {
  const asked = { remote, operation: operation.type, code }
  if (operation.type === 'register') {
    const { endpoint = '' } = operation
    const lastKnown = find(endpoint)?.remote
    return { ...asked, why: diagnostic ?? '', endpointClientName: endpoint, ...(lastKnown === undefined ? {} : { lastKnown }) }
  }
  const location = operation.location.slice(1).join('/')
  const there = at(remote)?.endpointClientName
  const why = diagnostic ?? `no registration /rd/${location}: its lifetime is over, the client registered anew, or it is another one's`
  return { ...asked, why, location, ...(there === undefined ? {} : { endpointClientName: there, lastKnown: remote }) }
}

/** Registrations of clients that were not registered before: those that replace none. */
export const comers: OperatorFunction<RegistrationEvent, Registration> = pipe(
  startWith(undefined),
  pairwise(),
  // A Register that replaces says so just before.
  concatMap(([before, event]) =>
    event?.type === 'restored' || (event?.type === 'registered' && before?.type !== 'replaced') ? [event.registration] : [],
  ),
)

const isRegistration = (operation: { readonly type: string }): operation is RegistrationOperation =>
  operation.type === 'register' || operation.type === 'update' || operation.type === 'deregister'
/** A response that is no outcome of an operation, with words for a human (RFC 7252 §5.5.2). */
export const refusal = (code: Code, diagnostic: string): Response => ({
  code,
  options: noOptions,
  payload: new TextEncoder().encode(diagnostic),
})
