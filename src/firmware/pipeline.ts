/** The Firmware Update object at work: pushed or pulled into one store, verified, installed, reported (LwM2M Core §E.6). */
import { EMPTY, merge, Observable, of, throwError } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import { run } from '../core/run.ts'
import { contentFormats } from '../format/format.ts'
import { methods } from '../message/code.ts'
import type { Change } from '../model/change.ts'
import type { ObjectDefinition } from '../model/definition.ts'
import type { Path } from '../model/path.ts'
import type { Value } from '../model/value.ts'
import { versions } from '../objects/firmware-update.ts'
import type { ClientObject, Instance, Proposal } from '../operation/object.ts'
import { shapeOf } from '../operation/shape.ts'
import { afterwards } from './image/pipeline.ts'
import { recalled, working } from './job/pipeline.ts'
import type { FirmwareOptions } from './options.ts'
import { orders, type Orders } from './orders/pipeline.ts'
import { refusal } from './push/pipeline.ts'
import { deliveryMethod, protocolSupport, refusalOf, schemesOf } from './support.ts'
import { update, updateResults, type FailureResult, type Update, type UpdateSettings } from './update.ts'

export type { FirmwareOptions } from './options.ts'

/** Object 5. Only the server starts a download or an update; no call of the application does. */
export const firmware = (options: FirmwareOptions): ClientObject => {
  const definition = definitionOf(options)
  const approves = options.approve !== undefined && definition.version !== '1.0'
  const { deferPeriodS = approves ? daySeconds : 0 } = options
  const machine = update({ deferPeriodS }, { approves, ready: false })
  const world: { reach: Reach } = { reach: nowhere }
  const ordered = orders(machine.initial, options, (uri) => world.reach(uri))
  const held = valuesIn(definition)
  return {
    definition,
    instances: { 0: { ...held(machine.initial.update), 8: {}, 9: deliveryMethod(options), ...cancellable(definition, ordered) } },
    run: ({ env, ask, keys }) =>
      new Observable<readonly Change[]>((observer) => {
        ordered.became(machine.initial)
        const fail = (error: unknown) => observer.error(error)
        const reached = (hasKeys: boolean) => {
          const schemes = schemesOf(options, { env, hasKeys })
          world.reach = (uri) => refusalOf(uri, schemes, keys?.areFor)
          observer.next([replaced(8, schemes)])
        }
        observer.add((keys?.areThere$ ?? of(false)).subscribe({ next: reached, error: fail }))
        const changed = (known: Update) => observer.next([updated(held(known))])
        const { event$, waiting, current, given } = ordered
        observer.add(
          merge(event$, recalled(env.storage))
            .pipe(run(machine, env, { perform: working({ env, ask }, options, { waiting, current, given, changed }) }))
            .subscribe({ next: ({ state }) => ordered.became(state), error: fail }),
        )
      }),
    accept: (proposal) => accept(ordered, proposal),
    execute: (_, given) => ordered.execute(given),
    sinkFor: (path, request) => (isPackage(path) && isPlainWrite(shapeOf(request)) ? ordered.push() : undefined),
  }
}
type Reach = (uri: string) => FailureResult | undefined
const nowhere: Reach = () => updateResults.unsupportedProtocol
const daySeconds = 86_400

/** The version that was chosen, with all that it has. */
const definitionOf = ({ objectVersion = '1.1' }: FirmwareOptions): ObjectDefinition => {
  const definition = versions.find(({ version }) => version === objectVersion)
  if (definition === undefined) throw new Lwm2mError('invalid', `Object 5 has no version ${objectVersion as string}`)
  return definition
}

/** 5/0/10, where the version has it. */
const cancellable = ({ resources }: ObjectDefinition, ordered: Orders): Instance => (10 in resources ? { 10: () => ordered.cancel() } : {})

/** What the server sets, and then the Package or the Package URI: not both. */
const accept = (ordered: Orders, { change, streamed }: Proposal): Observable<unknown> => {
  if (streamed !== undefined) return EMPTY // closing its sink was the whole of it
  if (change.type === 'create' || change.type === 'delete') return throwError(() => refusal('4.05'))
  const said = new Map(change.nodes.map(({ path, value }) => [path.resource, value]))
  const [uri, bytes] = [said.get(1), said.get(0)]
  if (change.nodes.length === 0 || (uri !== undefined && bytes !== undefined)) return throwError(() => refusal('4.00'))
  const settings = settingsOf(said)
  const first$ = Object.keys(settings).length === 0 ? EMPTY : ordered.writeSettings(settings)
  if (typeof uri === 'string') return afterwards(first$, () => ordered.writeUri(uri))
  return bytes instanceof Uint8Array ? afterwards(first$, () => ordered.writePackage(bytes)) : first$
}
const settingsOf = (said: ReadonlyMap<number | undefined, Value>): Partial<UpdateSettings> => {
  const [severity, period, automatic] = [said.get(11), said.get(13), said.get(14)]
  return {
    ...(typeof severity === 'number' ? { severity: severity as UpdateSettings['severity'] } : {}),
    ...(typeof period === 'number' || typeof period === 'bigint'
      ? { deferPeriodS: Math.min(Number(period), Number.MAX_SAFE_INTEGER) }
      : {}),
    ...(typeof automatic === 'boolean' ? { automatic } : {}),
  }
}

const isPackage = ({ instance, resource, resourceInstance }: Path): boolean =>
  instance === 0 && resource === 0 && resourceInstance === undefined
/** The octets of the body are those of the package. */
const isPlainWrite = ({ method, query, contentFormat }: ReturnType<typeof shapeOf>): boolean =>
  method === methods.PUT && query.length === 0 && (contentFormat === undefined || contentFormat === contentFormats.opaque)

/** What a server reads of an update, as far as the version has it. The time stands before what it is the time of (the description of 5/0/12). */
const valuesIn =
  ({ resources }: ObjectDefinition) =>
  (known: Update): Readonly<Record<number, Value>> => {
    const { changedUtcS, state, result, uri, name, version, severity, deferPeriodS, automatic } = known
    const all = { 12: changedUtcS, 1: uri, 3: state, 5: result, 6: name, 7: version, 11: severity, 13: deferPeriodS, 14: automatic }
    return Object.fromEntries(Object.entries(all).filter(([id]) => Number(id) in resources))
  }
const updated = (values: Readonly<Record<number, Value>>): Change => ({
  type: 'update',
  path: { object: 5, instance: 0 },
  nodes: Object.entries(values).map(([id, value]) => ({ path: { object: 5, instance: 0, resource: Number(id) }, value })),
})
/** The Resource Instances of Protocol Support, anew. */
const replaced = (resource: number, schemes: readonly string[]): Change => {
  const path = { object: 5, instance: 0, resource }
  const nodes = Object.entries(protocolSupport(schemes)).map(([id, value]) => ({ path: { ...path, resourceInstance: Number(id) }, value }))
  return { type: 'replace', path, nodes }
}
