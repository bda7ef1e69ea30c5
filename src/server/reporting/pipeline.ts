/** What clients send, answered and handed on: POST /dp (LwM2M Core 1.2.2 §6.4.6, Transport §6.4.5). */
import { defer, Observable, of, type Observer } from 'rxjs'
import type { Remote } from '../../core/ports.ts'
import type { Handler } from '../../exchange/ask.ts'
import { responses } from '../../message/code.ts'
import type { OperationContext } from '../../operation/context.ts'
import { decodeOperation, encodeOutcome } from '../../operation/translation.ts'
import { isWrong } from '../../operation/shape.ts'
import { refusal } from '../pipeline.ts'
import type { Registration } from '../registration.ts'
import { accept, isRefused, type SentValues } from './sent.ts'

/** Where Sends arrive. */
export interface Reports {
  /** Answers Send. */
  readonly handler: Handler
  /** What every client sends. */
  readonly sent$: Observable<SentValues>
  /** What one client sends, without filtering the others'. */
  readonly of: (endpointClientName: string) => Observable<SentValues>
}
/** What the reports stand on. */
export interface ReportFloor {
  readonly wall: () => number
  /** Who is registered from there. */
  readonly at: (remote: Remote) => Registration | undefined
  readonly contextOf: (registration?: Registration) => OperationContext
}

/** The reports to one server. */
export const reports = ({ wall, at, contextOf }: ReportFloor): Reports => {
  const { tell, listen } = listeners()
  const handler: Handler = (request) =>
    defer(() => {
      const registration = at(request.remote)
      const context = contextOf(registration)
      const operation = decodeOperation(request, context)
      if (isWrong(operation)) return of(refusal(operation.wrong, operation.diagnostic))
      if (operation.type !== 'send') return of(refusal(responses.MethodNotAllowed, 'clients send values here'))
      const taken = accept(operation, registration, wall())
      if (isRefused(taken)) return of(encodeOutcome({ operation, outcome: taken }, context))
      tell(taken)
      return of(encodeOutcome({ operation, outcome: { code: responses.Changed } }, context))
    })
  return { handler, sent$: listen(everybody), of: listen }
}

/** Not a name that a client can have. */
const everybody = ''

/** Whoever listens, by endpoint client name. */
const listeners = () => {
  const all = new Map<string, Set<Observer<SentValues>>>()
  const listen = (name: string): Observable<SentValues> =>
    new Observable((observer) => {
      const here = all.get(name) ?? new Set()
      all.set(name, here.add(observer))
      observer.add(() => {
        here.delete(observer)
        if (here.size === 0 && all.get(name) === here) all.delete(name)
      })
    })
  const tell = (sent: SentValues) => {
    for (const name of [sent.endpointClientName, everybody]) for (const observer of [...(all.get(name) ?? [])]) observer.next(sent)
  }
  return { tell, listen }
}
