/** One operation at one registered client: its success, or why it is none (LwM2M Core 1.2.2 §6.3). */
import { map, throwError, type Observable } from 'rxjs'
import { Lwm2mError } from '../../../core/error.ts'
import type { Ask } from '../../../exchange/ask.ts'
import type { OperationContext } from '../../../operation/context.ts'
import type { ManagementOperation, Outcome } from '../../../operation/operation.ts'
import { decodeOutcome, encodeOperation } from '../../../operation/translation.ts'
import { isWrong } from '../../../operation/shape.ts'
import type { Registration } from '../../registration.ts'
import type { SentValues } from '../../reporting/sent.ts'
import { errorOf, nameOf } from '../client.ts'

/** What every operation at a client stands on. */
export interface ClientFloor {
  readonly ask: Ask
  /** UTC milliseconds. */
  readonly wall: () => number
  /** What is known of a client's Objects, by the versions that it registered, and where its data model hangs. */
  readonly contextOf: (registration: Registration) => OperationContext
  /** The registration of an endpoint now, and after each change. Keeps the server open. */
  readonly watch: (endpointClientName: string) => Observable<Registration | undefined>
  /** What that client sends of its own accord. Keeps the server open. */
  readonly sentBy: (endpointClientName: string) => Observable<SentValues>
}

/** The operation's outcome; of Observe, each notification's. */
export const performAt = (
  { ask, contextOf }: Pick<ClientFloor, 'ask' | 'contextOf'>,
  registration: Registration,
  operation: ManagementOperation,
): Observable<Outcome> => {
  const context = contextOf(registration)
  const request = encodeOperation({ remote: registration.remote, operation }, context)
  if (isWrong(request)) return throwError(() => new Lwm2mError('invalid', `${nameOf(operation)}: ${request.diagnostic}`))
  return ask(request).pipe(
    map((response) => {
      const outcome = decodeOutcome(response, operation, context)
      const error = errorOf(outcome, operation)
      if (error !== undefined) throw error
      return outcome
    }),
  )
}
