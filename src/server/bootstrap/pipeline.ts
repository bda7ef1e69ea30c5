/** Bootstrapping at work: configurations are looked up, steps performed, progress is a stream (LwM2M Core 1.2.2 §6.1). */
import {
  catchError,
  concatMap,
  defaultIfEmpty,
  defer,
  EMPTY,
  filter,
  finalize,
  map,
  merge,
  mergeMap,
  Observable,
  of,
  share,
  Subject,
  take,
  takeUntil,
  type OperatorFunction,
} from 'rxjs'
import type { Surroundings } from '../../core/environment.ts'
import { Lwm2mError } from '../../core/error.ts'
import type { Remote } from '../../core/ports.ts'
import { run } from '../../core/run.ts'
import type { Ask, Handler } from '../../exchange/ask.ts'
import type { Response } from '../../exchange/exchange.ts'
import { isSuccess, responses, type Code } from '../../message/code.ts'
import type { OperationContext } from '../../operation/context.ts'
import type { BootstrapOperation, Operation, Outcome } from '../../operation/operation.ts'
import { decodeOperation, decodeOutcome, encodeOperation, encodeOutcome } from '../../operation/translation.ts'
import { isWrong } from '../../operation/shape.ts'
import { refusal } from '../pipeline.ts'
import { nameBy, ownName, type Proven } from '../registration.ts'
import type { Whose } from '../credentials/credential.ts'
import type { BootstrapConfiguration, BootstrapStore } from './configuration.ts'
import { bootstrapAccountIn, configurationFault, packOf, planOf, takenBy, versionIn, wordOf, type BootstrapStep } from './plan.ts'
import { sessions, type SessionRules } from './sessions.ts'
import type { BootstrapAnswered, BootstrapConfigured, BootstrapEvent, SessionEffect, SessionEvent, Ticket } from './words.ts'

/** What bootstrapping stands on. */
export interface BootstrapFloor {
  readonly env: Surroundings
  readonly ask: Ask
  readonly context: OperationContext
  readonly store: BootstrapStore
  readonly rules: SessionRules
  /** Whether it begins with Bootstrap-Discover. */
  readonly discover: boolean
  readonly whose?: Whose | undefined
}
/** Bootstrapping, seen from above. */
export interface Bootstrapper {
  /** Answers Bootstrap-Request and Bootstrap-Pack-Request. */
  readonly handler: Handler
  /** What becomes of it. While nobody is subscribed, nothing is answered. */
  readonly event$: Observable<BootstrapEvent>
  /** Has it begin at a client that has not asked. */
  readonly order: (endpointClientName: string, remote: Remote) => void
}

/** What a session has in hand: values, kept out of every state and journal. */
interface Hand {
  readonly configuration: BootstrapConfiguration
  readonly plan: readonly BootstrapStep[]
}

/** The bootstrapping of one server. */
export const bootstrapper = (floor: BootstrapFloor): Bootstrapper => {
  const { env, context, rules, whose } = floor
  const asked$ = new Subject<SessionEvent>()
  const turnedAway$ = new Subject<BootstrapEvent>()
  const waiting = new Map<Ticket, (outcome: Outcome) => void>()
  const hands = new Map<number, Hand>()
  let tickets: Ticket = 0

  const reply = ({ ticket, outcome, session }: Extract<SessionEffect, { type: 'reply' }>) => {
    const hand = session === undefined ? undefined : hands.get(session)
    waiting.get(ticket)?.(hand === undefined ? outcome : { ...outcome, nodes: packOf(hand.plan) })
  }
  const session$ = asked$.pipe(
    run(sessions(rules), env, { perform: performing(floor, hands, reply) }),
    // A turn's effects, in order.
    concatMap(({ effects }) => effects.flatMap((effect) => (effect.type === 'tell' ? [effect.event] : []))),
    finalize(() => hands.clear()),
  )
  const event$ = merge(session$, turnedAway$).pipe(share())
  /** Before it comes to a session: who asks is not who it says. */
  const turnAway = (remote: Remote, endpointClientName: string, code: Code, why: string): Observable<Response> => {
    turnedAway$.next({ type: 'refused', endpointClientName, remote, code, why })
    return of(refusal(code, why))
  }
  const answer = (remote: Remote, operation: BootstrapOperation, proven: Proven | undefined): Observable<Response> => {
    const endpointClientName = nameBy(operation.endpoint, proven)
    // Stricter than Register: what is handed out here are keys.
    if (proven !== undefined && endpointClientName !== ownName(proven))
      return turnAway(remote, endpointClientName, responses.BadRequest, 'ep: not the endpoint of this identity')
    return new Observable((observer) => {
      const ticket = tickets++
      waiting.set(ticket, (outcome) => {
        observer.next(encodeOutcome({ operation, outcome, version: '1.2' }, context))
        observer.complete()
      })
      observer.add(() => waiting.delete(ticket))
      asked$.next({ type: 'asked', ticket, remote, endpointClientName, operation })
    })
  }
  const handler: Handler = (request) => {
    const decoded = decodeOperation(request, context)
    if (isWrong(decoded)) return of(refusal(decoded.wrong, decoded.diagnostic))
    const operation = requestOf(decoded)
    if (operation === undefined) return of(refusal(responses.MethodNotAllowed, 'clients are bootstrapped here'))
    if (whose === undefined) return answer(request.remote, operation, undefined)
    return whose(request.remote, true).pipe(
      concatMap((who) =>
        who !== undefined && 'code' in who
          ? turnAway(request.remote, operation.endpoint ?? '', who.code, who.diagnostic ?? '')
          : answer(request.remote, operation, who),
      ),
    )
  }
  return { handler, event$, order: (endpointClientName, remote) => asked$.next({ type: 'ordered', endpointClientName, remote }) }
}

/** From a client, `POST /bs` without a query is a Bootstrap-Request whose name is that of the link. */
const requestOf = (operation: Operation): BootstrapOperation | undefined => {
  if (operation.type === 'bootstrap-finish') return { type: 'bootstrap-request' }
  return operation.type === 'bootstrap-request' || operation.type === 'bootstrap-pack-request' ? operation : undefined
}

type Working = (effect: SessionEffect) => Observable<SessionEvent>
/** Does what the machine wants. Each session has one thing in hand, so there are never more than sessions. */
const performing = (
  floor: BootstrapFloor,
  hands: Map<number, Hand>,
  reply: (effect: Extract<SessionEffect, { type: 'reply' }>) => void,
): OperatorFunction<SessionEffect, SessionEvent> => {
  const forgotten$ = new Subject<number>()
  const until = (session: number) => forgotten$.pipe(filter((each) => each === session))
  const work: Working = (effect) => {
    switch (effect.type) {
      case 'reply':
        reply(effect)
        return EMPTY
      case 'look-up':
        return lookUp(floor, hands, effect).pipe(takeUntil(until(effect.session)))
      case 'perform':
        return perform(floor, hands, effect).pipe(takeUntil(until(effect.session)))
      case 'forget':
        forgotten$.next(effect.session)
        hands.delete(effect.session)
        return EMPTY
      case 'tell':
        return EMPTY
    }
  }
  return mergeMap(work, floor.rules.sessionsMax + 1)
}

const lookUp = (
  { store, discover }: BootstrapFloor,
  hands: Map<number, Hand>,
  { endpointClientName, session, operation }: Extract<SessionEffect, { type: 'look-up' }>,
): Observable<SessionEvent> => {
  const answer = (said: Pick<BootstrapConfigured, 'found' | 'pack' | 'steps'>): BootstrapConfigured => ({
    type: 'configured',
    endpointClientName,
    session,
    ...said,
  })
  return defer(() => store.configurationOf(endpointClientName)).pipe(
    take(1),
    defaultIfEmpty(undefined),
    map((configuration) => {
      if (configuration === undefined) return answer({ found: 'no' })
      if (configurationFault(configuration) !== undefined) return answer({ found: 'failed' })
      const taken = operation?.type === 'bootstrap-pack-request' ? takenBy(operation.accounts) : undefined
      const plan = planOf(configuration, taken)
      hands.set(session, { configuration, plan })
      return answer({ found: 'yes', pack: configuration.pack !== false, ...(discover ? {} : { steps: plan.map(wordOf) }) })
    }),
    catchError(() => of(answer({ found: 'failed' }))),
  )
}

const perform = (
  { ask, context, discover }: BootstrapFloor,
  hands: Map<number, Hand>,
  { endpointClientName, remote, session, step, at, format }: Extract<SessionEffect, { type: 'perform' }>,
): Observable<SessionEvent> => {
  const operation = operationOf(step.type, hands.get(session)?.plan[at - (discover ? 1 : 0)], format)
  const request = encodeOperation({ remote, operation }, context)
  if (isWrong(request)) return of({ type: 'unanswered', endpointClientName, session, cause: 'invalid' })
  return ask(request).pipe(
    take(1),
    map((response): SessionEvent => {
      const outcome = decodeOutcome(response, operation, context)
      const { code, maxAgeSeconds, diagnostic } = outcome
      return {
        type: 'answered',
        endpointClientName,
        session,
        code,
        ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
        ...(diagnostic === undefined ? {} : { detail: diagnostic.slice(0, detailMax) }),
        ...(step.type === 'discover' ? planned(hands, session, outcome) : {}),
      }
    }),
    catchError((error: unknown) => of<SessionEvent>(unansweredBy(error, endpointClientName, session))),
  )
}
const detailMax = 200
const unansweredBy = (error: unknown, endpointClientName: string, session: number): SessionEvent => {
  if (!(error instanceof Lwm2mError)) throw error
  return error.responseCode === undefined
    ? { type: 'unanswered', endpointClientName, session, cause: error.code }
    : { type: 'answered', endpointClientName, session, code: error.responseCode as Code }
}

const operationOf = (type: 'discover' | 'delete' | 'write' | 'finish', step: BootstrapStep | undefined, format: number): Operation => {
  if (type === 'discover') return { type: 'discover', path: {} }
  if (type === 'finish' || step === undefined) return { type: 'bootstrap-finish' }
  return step.type === 'delete' ? step : { ...step, mode: 'replace', format }
}

/** Now that it is known which Instances are the bootstrap account's, or that the client does not say. */
const planned = (hands: Map<number, Hand>, session: number, { code, listed }: Outcome): Pick<BootstrapAnswered, 'steps' | 'version'> => {
  const hand = hands.get(session)
  if (hand === undefined) return {}
  const known = isSuccess(code) && listed !== undefined ? listed : undefined
  const plan = known === undefined ? hand.plan : planOf(hand.configuration, bootstrapAccountIn(known))
  const version = known === undefined ? undefined : versionIn(known)
  hands.set(session, { ...hand, plan })
  return { steps: plan.map(wordOf), ...(version === undefined ? {} : { version }) }
}
