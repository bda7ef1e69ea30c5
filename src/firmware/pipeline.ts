/** The Firmware Update object at work: pushed or pulled into one store, verified, installed, reported (LwM2M Core §E.6). */
import { EMPTY, merge, Observable, throwError } from 'rxjs'
import { run } from '../core/run.ts'
import { contentFormats } from '../format/format.ts'
import { methods } from '../message/code.ts'
import type { Change } from '../model/change.ts'
import { supporting } from '../model/definition.ts'
import type { Path } from '../model/path.ts'
import type { Value } from '../model/value.ts'
import { firmwareUpdate } from '../objects/firmware-update.ts'
import type { ClientObject, Instance, ObjectWorld, Proposal } from '../operation/object.ts'
import { shapeOf } from '../operation/shape.ts'
import { recalled, working } from './job/pipeline.ts'
import type { FirmwareOptions } from './options.ts'
import { orders, type Orders } from './orders/pipeline.ts'
import { refusal } from './push/pipeline.ts'
import { update, type Update } from './update.ts'
import { protocolSupport } from './uri.ts'

export type { FirmwareOptions } from './options.ts'

/** Object 5. Only the server starts a download or an update; no call of the application does. */
export const firmware = (options: FirmwareOptions): ClientObject => {
  const machine = update()
  const ordered = orders(machine.initial, options)
  return {
    definition: supporting(firmwareUpdate, [6, 7, 8, 9]),
    instances: { 0: { ...values(machine.initial.update), ...means(options) } },
    run: (world: ObjectWorld) =>
      new Observable<readonly Change[]>((observer) => {
        ordered.became(machine.initial)
        const changed = (known: Update) => observer.next(changes(known))
        const { event$, waiting, current } = ordered
        observer.add(
          merge(event$, recalled(world.env.storage))
            .pipe(run(machine, world.env, { perform: working(world, options, { waiting, current, changed }) }))
            .subscribe({ next: ({ state }) => ordered.became(state), error: (error: unknown) => observer.error(error) }),
        )
      }),
    accept: (proposal) => accept(ordered, proposal),
    execute: ({ resource }) => (resource === 2 ? ordered.execute() : throwError(() => refusal('4.05'))),
    sinkFor: (path, request) => (isPackage(path) && isPlainWrite(shapeOf(request)) ? ordered.push() : undefined),
  }
}

/** How a package may come: Resources 5/0/8 and 5/0/9. */
const means = ({ delivery = 'both' }: FirmwareOptions): Instance => ({
  8: delivery === 'push' ? {} : protocolSupport,
  9: { pull: 0, push: 1, both: 2 }[delivery],
})

/** Package or Package URI, one at a time. */
const accept = (ordered: Orders, { change, streamed }: Proposal): Observable<unknown> => {
  if (streamed !== undefined) return EMPTY // closing its sink was the whole of it
  if (change.type === 'create' || change.type === 'delete') return throwError(() => refusal('4.05'))
  const [node, ...others] = change.nodes
  if (node === undefined || others.length > 0) return throwError(() => refusal('4.00'))
  const { value } = node
  if (typeof value === 'string') return ordered.writeUri(value)
  return value instanceof Uint8Array ? ordered.writePackage(value) : throwError(() => refusal('4.05'))
}

const isPackage = ({ instance, resource, resourceInstance }: Path): boolean =>
  instance === 0 && resource === 0 && resourceInstance === undefined
/** The octets of the body are those of the package. */
const isPlainWrite = ({ method, query, contentFormat }: ReturnType<typeof shapeOf>): boolean =>
  method === methods.PUT && query.length === 0 && (contentFormat === undefined || contentFormat === contentFormats.opaque)

/** What a server reads of an update. */
const values = ({ state, result, uri, name, version }: Update): Readonly<Record<number, Value>> => ({
  1: uri,
  3: state,
  5: result,
  6: name,
  7: version,
})
const changes = (known: Update): readonly Change[] => [
  {
    type: 'update',
    path: { object: 5, instance: 0 },
    nodes: Object.entries(values(known)).map(([id, value]) => ({ path: { object: 5, instance: 0, resource: Number(id) }, value })),
  },
]
