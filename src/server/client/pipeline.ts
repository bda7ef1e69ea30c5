/** A registered client as cold Observables (LwM2M Core 1.2.2 §6.3, §6.4). */
import { defer, endWith, exhaustMap, map, takeWhile, type Observable } from 'rxjs'
import { isMultiple } from '../../model/definition.ts'
import type { Path, PathString } from '../../model/path.ts'
import { unnumbered } from '../../operation/create.ts'
import type { ManagementOperation, Outcome } from '../../operation/operation.ts'
import type { Registration } from '../registration.ts'
import type { CompositeObserveOptions, CompositeReadOptions, RegisteredClient } from './client.ts'
import { absent, observe } from './observing/pipeline.ts'
import { performAt, type ClientFloor } from './performing/pipeline.ts'
import { compositeOf, readingOf, type Came } from './reading.ts'
import { createFormatFor, formatFor, listFormatFor, nodesOf, patchFormatFor, patchOf, pathFrom, type Content } from './writing.ts'

/** Everything but firmware, and whether it listens. */
export type Device = Omit<RegisteredClient, 'updateFirmware' | 'awake$'>

/** The client of that name, whether it is registered or not. */
export const device = (floor: ClientFloor, endpointClientName: string): Device => {
  const registration$ = floor.watch(endpointClientName)
  const whole = { endpointClientName, registration$ }
  /** At the first registration only: what is asked goes to where the client is now. The server stays open until it is answered. */
  const perform = <Result = Outcome>(
    make: (registration: Registration) => ManagementOperation,
    project: (outcome: Outcome, registration: Registration) => Result,
  ): Observable<Result> =>
    registration$.pipe(
      // Whatever becomes of the registration meanwhile.
      exhaustMap((registration) => {
        if (registration === undefined) throw absent(endpointClientName)
        return performAt(floor, registration, make(registration)).pipe(
          map((outcome) => project(outcome, registration)),
          endWith(over),
        )
      }),
      takeWhile((result): result is Exclude<typeof result, Over> => result !== over),
    )
  const performAtPath = (text: PathString, make: (path: Path, registration: Registration) => ManagementOperation): Observable<Outcome> =>
    defer(() => {
      const path = pathFrom(text)
      return perform((registration) => make(path, registration), itself)
    })
  const came = ({ nodes = [] }: Outcome): Came => ({ nodes, receivedAt: floor.wall() })
  const read = (path: Path) => (outcome: Outcome, registration: Registration) =>
    readingOf(path, came(outcome), isMultiple(floor.contextOf(registration).definitions)(path) === true)
  const composite =
    <At extends PathString>(paths: readonly At[]) =>
    (outcome: Outcome, registration: Registration) =>
      compositeOf(paths, came(outcome), isMultiple(floor.contextOf(registration).definitions))
  const listing = (paths: readonly PathString[], { accept, format }: CompositeReadOptions) => {
    const places = paths.map(pathFrom)
    return (registration: Registration) => ({
      paths: places,
      format: format ?? listFormatFor(registration),
      ...(accept === undefined ? {} : { accept }),
    })
  }

  return {
    ...whole,
    read: ((text, { accept } = {}) =>
      defer(() => {
        const path = pathFrom(text)
        return perform(() => ({ type: 'read', path, ...(accept === undefined ? {} : { accept }) }), read(path))
      })) as RegisteredClient['read'],
    observe: ((text, options = {}) =>
      defer(() => {
        const path = pathFrom(text)
        const operation = { type: 'observe', path, ...wanted(options) } as const
        return observe(floor, { ...whole, operation: () => operation, project: read(path) }, options)
      })) as RegisteredClient['observe'],
    readComposite: (paths, options = {}) =>
      defer(() => {
        const list = listing(paths, options)
        return perform((registration) => ({ type: 'read-composite', ...list(registration) }), composite(paths))
      }),
    observeComposite: (paths, options = {}) =>
      defer(() => {
        const list = listing(paths, options)
        const operation = (registration: Registration) =>
          ({ type: 'observe-composite', ...list(registration), ...wanted(options) }) as const
        return observe(floor, { ...whole, operation, project: composite(paths) }, options)
      }),
    writeComposite: (content, { format } = {}) =>
      defer(() => {
        const patch = patchOf(content)
        const chosen = (registration: Registration) => format ?? patchFormatFor(patch.deleted !== undefined, registration)
        return perform((registration) => ({ type: 'write-composite', ...patch, format: chosen(registration) }), itself)
      }),
    discover: (text, { depth } = {}) =>
      performAtPath(text, (path) => ({ type: 'discover', path, ...(depth === undefined ? {} : { depth }) })).pipe(
        map(({ listed = [] }) => listed),
      ),
    write: (text, content, { mode = 'replace', format } = {}) =>
      performAtPath(text, (path, registration) => {
        const nodes = nodesOf(path, content as Content)
        return { type: 'write', mode, path, nodes, format: format ?? formatFor(path, nodes, registration) }
      }),
    writeAttributes: (text, attributes) => performAtPath(text, (path) => ({ type: 'write-attributes', path, attributes })),
    execute: (text, args = {}) => performAtPath(text, (path) => ({ type: 'execute', path, arguments: args })),
    create: (text, content, { format } = {}) =>
      performAtPath(text, ({ object, instance }, registration) => {
        const path = { object }
        const nodes = nodesOf({ object, instance: instance ?? unnumbered }, content)
        const numbered = instance === undefined ? {} : { instance }
        return { type: 'create', path, ...numbered, nodes, format: format ?? createFormatFor(instance !== undefined, nodes, registration) }
      }).pipe(map(({ location = [] }): PathString => (location.length === 0 ? text : `/${location.join('/')}`))),
    delete: (text) => performAtPath(text, (path) => ({ type: 'delete', path })),
    send$: floor.sentBy(endpointClientName),
  }
}
/** The operation is answered. */
type Over = 'over'
const over: Over = 'over'
const itself = (outcome: Outcome): Outcome => outcome
const wanted = ({ accept, attributes }: CompositeObserveOptions) => ({
  ...(accept === undefined ? {} : { accept }),
  ...(attributes === undefined ? {} : { attributes }),
})
