/** The registrations at work: requests under `/rd` are answered, and what becomes of clients is a stream (LwM2M Core 1.2.2 §6.2). */
import { concatMap, finalize, Observable, of, pairwise, pipe, share, startWith, Subject, tap, type OperatorFunction } from 'rxjs'
import type { Surroundings } from '../core/environment.ts'
import type { Remote } from '../core/ports.ts'
import type { Handler } from '../exchange/ask.ts'
import type { Response } from '../exchange/exchange.ts'
import { responses, type Code } from '../message/code.ts'
import { noOptions } from '../message/message.ts'
import type { OperationContext, Outcome, RegistrationOperation } from '../operation/operation.ts'
import { decodeOperation, encodeOutcome } from '../operation/operations.ts'
import { isWrong } from '../operation/shape.ts'
import { run } from '../core/run.ts'
import type { Whose } from './credentials/credential.ts'
import type { Proven, Registration, RegistrationEvent } from './registration.ts'
import { registrations, type RegistrationEffect, type RegistrationLimits, type RegistrationRequest, type Ticket } from './registrations.ts'

/** Who is registered. */
export interface Registrar {
  /** Answers Register, Update and De-register. */
  readonly handler: Handler
  /** What becomes of registrations. While nobody is subscribed, nothing is answered and nobody registered. */
  readonly event$: Observable<RegistrationEvent>
  readonly find: (endpointClientName: string) => Registration | undefined
  /** Who registered or updated last from there. */
  readonly at: (remote: Remote) => Registration | undefined
  readonly list: () => readonly Registration[]
  /** The registration of that endpoint now and after each change, without filtering the others' events. */
  readonly watch: (endpointClientName: string) => Observable<Registration | undefined>
}

/** The registrar of one server. */
export const registrar = (env: Surroundings, context: OperationContext, limits: RegistrationLimits, whose?: Whose): Registrar => {
  const asked$ = new Subject<RegistrationRequest>()
  const waiting = new Map<Ticket, (outcome: Outcome) => void>()
  const { note, clear, ...directory } = directoryOf()
  let tickets: Ticket = 0

  const perform = (effect: RegistrationEffect): effect is RegistrationEvent => {
    if (effect.type !== 'reply') return true
    waiting.get(effect.ticket)?.(effect.outcome)
    return false
  }
  const event$ = asked$.pipe(
    run(registrations(limits), env),
    // A turn's effects, in order.
    concatMap(({ effects }) => effects.filter(perform)),
    tap(note),
    finalize(clear),
    share(),
  )
  const handler: Handler = (request) => {
    const operation = decodeOperation(request, context)
    if (isWrong(operation)) return of(refusal(operation.wrong, operation.diagnostic))
    if (!isRegistration(operation)) return of(refusal(responses.MethodNotAllowed, 'clients register here'))
    const { remote } = request
    const asked = (proven?: Proven): Observable<Response> => waited({ remote, proven, operation })
    if (whose === undefined) return asked()
    return whose(remote, operation.type === 'register').pipe(
      concatMap((who) => (who !== undefined && 'code' in who ? of(encodeOutcome({ operation, outcome: who }, context)) : asked(who))),
    )
  }
  const waited = ({ remote, proven, operation }: Pick<RegistrationRequest, 'remote' | 'proven' | 'operation'>): Observable<Response> =>
    new Observable((observer) => {
      const ticket = tickets++
      waiting.set(ticket, (outcome) => {
        observer.next(encodeOutcome({ operation, outcome }, context))
        observer.complete()
      })
      observer.add(() => waiting.delete(ticket))
      asked$.next({ type: 'asked', ticket, remote, ...(proven === undefined ? {} : { proven }), operation })
    })
  return { handler, event$, ...directory }
}

/** Who is registered, by endpoint client name; whoever watches one hears of that one only. */
const directoryOf = () => {
  const registered = new Map<string, Registration>()
  const names = new Map<Remote, string>()
  const watchers = new Map<string, Set<() => void>>()
  const note = (event: RegistrationEvent) => {
    const { endpointClientName } = event.registration
    if (event.type === 'replaced') return
    const before = registered.get(endpointClientName)?.remote
    if (before !== undefined && names.get(before) === endpointClientName) names.delete(before)
    if (event.type === 'registered' || event.type === 'updated') {
      registered.set(endpointClientName, event.registration)
      names.set(event.registration.remote, endpointClientName)
    } else registered.delete(endpointClientName)
    for (const tell of [...(watchers.get(endpointClientName) ?? [])]) tell()
  }
  const watch = (endpointClientName: string) =>
    new Observable<Registration | undefined>((observer) => {
      const mine = watchers.get(endpointClientName) ?? new Set()
      const tell = () => observer.next(registered.get(endpointClientName))
      watchers.set(endpointClientName, mine.add(tell))
      observer.add(() => {
        mine.delete(tell)
        if (mine.size === 0 && watchers.get(endpointClientName) === mine) watchers.delete(endpointClientName)
      })
      tell()
    })
  return {
    note,
    watch,
    clear: () => {
      registered.clear()
      names.clear()
    },
    at: (remote: Remote) => registered.get(names.get(remote) ?? ''),
    find: (endpointClientName: string) => registered.get(endpointClientName),
    list: () => [...registered.values()],
  }
}

/** Registrations of clients that were not registered before: those that replace none. */
export const comers: OperatorFunction<RegistrationEvent, Registration> = pipe(
  startWith(undefined),
  pairwise(),
  // A Register that replaces says so just before.
  concatMap(([before, event]) => (event?.type === 'registered' && before?.type !== 'replaced' ? [event.registration] : [])),
)

const isRegistration = (operation: { readonly type: string }): operation is RegistrationOperation =>
  operation.type === 'register' || operation.type === 'update' || operation.type === 'deregister'
/** A response that is no outcome of an operation, with words for a human (RFC 7252 §5.5.2). */
export const refusal = (code: Code, diagnostic: string): Response => ({
  code,
  options: noOptions,
  payload: new TextEncoder().encode(diagnostic),
})
