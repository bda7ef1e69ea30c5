/** A registered client as cold Observables (LwM2M Core 1.2.2 §6.3, §6.4). */
import {
  catchError,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  endWith,
  map,
  of,
  skip,
  switchMap,
  take,
  takeWhile,
  tap,
  throwError,
  type Observable,
} from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import type { Ask } from '../../exchange/ask.ts'
import { formatPath, type Path, type PathString } from '../../model/path.ts'
import { unnumbered } from '../../operation/create.ts'
import type { Operation, OperationContext, Outcome } from '../../operation/operation.ts'
import { decodeOutcome, encodeOperation } from '../../operation/operations.ts'
import { isWrong } from '../../operation/shape.ts'
import type { Registration } from '../registration.ts'
import {
  errorOf,
  formatFor,
  nodesOf,
  pathFrom,
  readingOf,
  rooted,
  type ObserveOptions,
  type Reading,
  type RegisteredClient,
} from './client.ts'

/** What a client stands on. */
export interface ClientFloor {
  readonly ask: Ask
  readonly context: OperationContext
  /** The registration of an endpoint now, and after each change. Keeps the server open. */
  readonly watch: (endpointClientName: string) => Observable<Registration | undefined>
}
/** Everything but firmware. */
export type Device = Omit<RegisteredClient, 'updateFirmware'>

/** The client of that name, whether it is registered or not. */
export const device = (floor: ClientFloor, endpointClientName: string): Device => {
  const registration$ = floor.watch(endpointClientName)
  const perform = <O extends Operation & { path: Path }>(
    text: PathString,
    make: (path: Path, registration: Registration) => O,
  ): Observable<Outcome> =>
    defer(() => {
      const path = pathFrom(text)
      // The first registration only: what is asked goes to where the client is now.
      return registration$.pipe(
        take(1),
        concatMap((registration) => {
          if (registration === undefined) throw absent(endpointClientName)
          return performAt(floor, registration, make(path, registration))
        }),
      )
    })
  const noted = <Result>(from: Observable<Outcome>, project: (outcome: Outcome) => Result): Observable<Result> => from.pipe(map(project))
  return {
    endpointClientName,
    registration$,
    read: (text, { accept } = {}) =>
      noted(
        perform(text, (path) => ({ type: 'read', path, ...(accept === undefined ? {} : { accept }) })),
        ({ nodes = [] }) => readingOf(pathFrom(text), nodes),
      ),
    observe: (text, options = {}) => defer(() => observe(floor, registration$, endpointClientName, pathFrom(text), options)),
    discover: (text, { depth } = {}) =>
      noted(
        perform(text, (path) => ({ type: 'discover', path, ...(depth === undefined ? {} : { depth }) })),
        ({ listed = [] }) => listed,
      ),
    write: (text, content, { mode = 'replace', format } = {}) =>
      perform(text, (path, { version }) => {
        const nodes = nodesOf(path, content)
        return { type: 'write', mode, path, nodes, format: format ?? formatFor(path, nodes, version) }
      }),
    writeAttributes: (text, attributes) => perform(text, (path) => ({ type: 'write-attributes', path, attributes })),
    execute: (text, args = {}) => perform(text, (path) => ({ type: 'execute', path, arguments: args })),
    create: (text, content, { format } = {}) =>
      noted(
        perform(text, ({ object, instance }, { version }) => {
          const path = { object }
          const nodes = nodesOf({ object, instance: instance ?? unnumbered }, content)
          return {
            type: 'create',
            path,
            ...(instance === undefined ? {} : { instance }),
            nodes,
            format: format ?? formatFor(path, nodes, version),
          }
        }),
        ({ location = [] }): PathString => (location.length === 0 ? text : `/${location.join('/')}`),
      ),
    delete: (text) => perform(text, (path) => ({ type: 'delete', path })),
  }
}

/** One operation at one registration. Its success, or why it is none. */
export const performAt = (
  { ask, context }: Pick<ClientFloor, 'ask' | 'context'>,
  { remote, has }: Pick<Registration, 'remote' | 'has'>,
  operation: Operation & { readonly path: Path },
): Observable<Outcome> => {
  const request = encodeOperation({ remote, operation }, context)
  if (isWrong(request))
    return throwError(() => new Lwm2mError('invalid', `${operation.type} ${formatPath(operation.path)}: ${request.diagnostic}`))
  return ask(rooted(request, has.root)).pipe(
    map((response) => {
      const outcome = decodeOutcome(response, operation, context)
      const error = errorOf(outcome, operation, operation.path)
      if (error !== undefined) throw error
      return outcome
    }),
  )
}

/** Values as they are notified. */
const observe = (
  floor: ClientFloor,
  registration$: Observable<Registration | undefined>,
  endpointClientName: string,
  path: Path,
  { accept, attributes, reestablish = true, whenGone = 'wait' }: ObserveOptions,
): Observable<Reading> => {
  const operation: Operation & { path: Path } = {
    type: 'observe',
    path,
    ...(accept === undefined ? {} : { accept }),
    ...(attributes === undefined ? {} : { attributes }),
  }
  let established = false
  /** Updates since the last reading. A client whose notification was never acknowledged has let go of the observation and cannot say so (RFC 7641 §4.5). */
  let silent = 0
  const same = (before: Registration | undefined, now: Registration | undefined): boolean => {
    if (before?.location !== now?.location || before?.remote !== now?.remote) return false
    return !reestablish || !established || ++silent < silentUpdatesMax
  }
  const waits = (error: unknown): boolean =>
    reestablish && established && error instanceof Lwm2mError && (error.retryable || error.code === 'reset')
  const at = (registration: Registration | undefined): Observable<Reading | Over> => {
    if (registration === undefined) {
      if (!waits(gone)) return throwError(() => absent(endpointClientName))
      return whenGone === 'wait' ? EMPTY : of(over)
    }
    return performAt(floor, registration, operation).pipe(
      map(({ nodes = [] }) => readingOf(path, nodes)),
      tap(() => {
        established = true
        silent = 0
      }),
      endWith(over),
      // It was observed and does not answer any more: its next sign of life is the time to try again.
      catchError((error: unknown) => (waits(error) ? registration$.pipe(skip(1), take(1), switchMap(at)) : throwError(() => error))),
    )
  }
  return registration$.pipe(
    distinctUntilChanged(same),
    // The latest registration is the only one that counts: a new Register ends the observations of the old one.
    switchMap((registration, index) => (reestablish || index === 0 ? at(registration) : throwError(() => gone))),
    takeWhile((reading): reading is Reading => reading !== over),
  )
}

/** An observation of which so many Updates long nothing was heard is made anew. */
const silentUpdatesMax = 2

/** There will be no more: the client declined to notify, or is gone. */
type Over = 'over'
const over: Over = 'over'
const gone = new Lwm2mError('aborted', 'the registration that was observed has ended')
const absent = (endpointClientName: string): Lwm2mError => new Lwm2mError('not-registered', `${endpointClientName} is not registered`)
