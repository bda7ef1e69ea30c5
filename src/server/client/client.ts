/** What can be asked of a registered client, and what it answers, as values (LwM2M Core 1.2.2 §6.3, §6.4). */
import type { Observable } from 'rxjs'
import { Lwm2mError } from '../../core/error.ts'
import { contentFormats, type Node } from '../../format/format.ts'
import type { Request } from '../../exchange/exchange.ts'
import { isSuccess } from '../../message/code.ts'
import { options, stringOption } from '../../message/option.ts'
import { depth, formatPath, parsePath, type Path, type PathString } from '../../model/path.ts'
import type { Value, Values } from '../../model/value.ts'
import type { AttributeChanges, ExecuteArguments, Listed, Operation, Outcome, Version } from '../../operation/operation.ts'
import type { Image } from '../image/image.ts'
import type { Progress, UpdateTimes } from '../firmware/words.ts'
import type { Registration } from '../registration.ts'

/** What was read, or notified. */
export interface Reading {
  /** What was asked for. */
  readonly path: PathString
  /** Every value below it. */
  readonly nodes: readonly Node[]
  /** Of a Resource (Instance): its value; of a multiple Resource: its values by Resource Instance ID. */
  readonly value: Value | Values | undefined
}
/** Values to be written: one value, or those of the next level by ID, as deep as need be; or nodes. */
export type Content = Value | ContentTree | readonly Node[]
export interface ContentTree {
  readonly [id: number]: Value | ContentTree
}

export interface ReadOptions {
  /** The content format wanted; absent, the client chooses. */
  readonly accept?: number
}
export interface ObserveOptions extends ReadOptions {
  /** LwM2M 1.2: attributes of this observation alone. */
  readonly attributes?: AttributeChanges
  /** Observes again when the client registers anew or from another address, and when nothing was heard of it over two Updates: it may have let go of it. Default true. */
  readonly reestablish?: boolean
  /** When the client de-registers or its lifetime ends: waits for it to come back (the default), or completes. */
  readonly whenGone?: 'wait' | 'complete'
}
export interface WriteOptions {
  /** `replace` (the default) takes away what is not mentioned, `partial` leaves it. */
  readonly mode?: 'replace' | 'partial'
  /** The content format; absent, one that the client's version knows. */
  readonly format?: number
}
export interface FirmwareOptions extends Partial<UpdateTimes> {
  /** `pull` (the default): the client downloads the image from here; `push`: it is written to the client. */
  readonly mode?: 'pull' | 'push'
  /** How the client pulls. Default `coap`. */
  readonly protocol?: 'coap' | 'http'
}

/**
 * A client by its endpoint client name. Everything is a cold Observable: subscribing asks, unsubscribing cancels; where the client is, is looked up then.
 * Errors are `Lwm2mError`s: `not-registered`, `invalid` (the arguments), `response` (the client refuses: `responseCode`), `malformed`, and those of the exchange.
 */
export interface RegisteredClient {
  readonly endpointClientName: string
  /** The registration now, and after each change; `undefined` while there is none. */
  readonly registration$: Observable<Registration | undefined>
  readonly read: (path: PathString, options?: ReadOptions) => Observable<Reading>
  /** Emits the value now and whenever the client notifies. */
  readonly observe: (path: PathString, options?: ObserveOptions) => Observable<Reading>
  readonly discover: (path: PathString, options?: { readonly depth?: number }) => Observable<readonly Listed[]>
  readonly write: (path: PathString, content: Content, options?: WriteOptions) => Observable<Outcome>
  readonly writeAttributes: (path: PathString, attributes: AttributeChanges) => Observable<Outcome>
  readonly execute: (path: PathString, args?: ExecuteArguments) => Observable<Outcome>
  /** A new Object Instance of `/object`, or `/object/instance` to number it here; emits its path. */
  readonly create: (path: PathString, content: Content, options?: Pick<WriteOptions, 'format'>) => Observable<PathString>
  readonly delete: (path: PathString) => Observable<Outcome>
  /** Updates the firmware; completes with Result 1 and errors with `firmware`, the Result as its cause. Unsubscribing ends the watching and the serving. */
  readonly updateFirmware: (image: Image, options?: FirmwareOptions) => Observable<Progress>
}

/** The path of a text, or an `invalid` error. */
export const pathFrom = (text: PathString): Path => {
  const path = parsePath(text)
  if (path === undefined)
    throw new Lwm2mError('invalid', `${text} is no path`, { hint: 'a path is /Object/Instance/Resource/Resource Instance, IDs 0-65534' })
  return path
}

/** The nodes of values to be written below a path. */
export const nodesOf = (path: Path, content: Content): readonly Node[] => {
  if (isNodes(content)) return content
  return isTree(content) ? below(path, content) : [{ path, value: content }]
}
const isNodes = (content: Content): content is readonly Node[] => Array.isArray(content)
const isTree = (content: Value | ContentTree): content is ContentTree =>
  typeof content === 'object' && !(content instanceof Uint8Array) && !('object' in content)
const below = (path: Path, tree: ContentTree): readonly Node[] =>
  Object.entries(tree as Readonly<Record<string, Value | ContentTree>>).flatMap(([id, content]) => {
    const inner = deeper(path, Number(id))
    return isTree(content) ? below(inner, content) : [{ path: inner, value: content }]
  })
const deeper = (path: Path, id: number): Path => {
  const names = ['object', 'instance', 'resource', 'resourceInstance'] as const
  const name = names[depth(path)]
  if (name === undefined || !Number.isInteger(id)) throw new Lwm2mError('invalid', `there is nothing below ${formatPath(path)}`)
  return { ...path, [name]: id }
}

/** A content format for values that every client of the version knows (LwM2M Core §7.4). */
export const formatFor = (path: Path, nodes: readonly Node[], version: Version): number => {
  const [only] = nodes
  if (nodes.length === 1 && only !== undefined && depth(path) >= 3 && depth(only.path) === depth(path)) {
    return only.value instanceof Uint8Array ? contentFormats.opaque : contentFormats.text
  }
  return version === '1.0' ? contentFormats.tlv : contentFormats.senmlCbor
}

/** What was read at a path, as a reading. */
export const readingOf = (path: Path, nodes: readonly Node[]): Reading => ({ path: formatPath(path), nodes, value: valueAt(path, nodes) })
const valueAt = (path: Path, nodes: readonly Node[]): Value | Values | undefined => {
  if (depth(path) < 3) return undefined
  const whole = nodes.find((node) => depth(node.path) === depth(path))
  if (whole !== undefined) return whole.value
  return nodes.length === 0 ? undefined : Object.fromEntries(nodes.map((node) => [node.path.resourceInstance!, node.value]))
}

/** Why an outcome is no success; `undefined` when it is one. */
export const errorOf = ({ code, diagnostic, fault }: Outcome, { type }: Operation, path: Path): Lwm2mError | undefined => {
  if (isSuccess(code) && fault === undefined) return undefined
  const said = diagnostic === undefined ? '' : `: ${diagnostic}`
  if (fault !== undefined) return new Lwm2mError('malformed', `${type} ${formatPath(path)}: ${fault.detail}`, { cause: fault })
  return new Lwm2mError('response', `${type} ${formatPath(path)} is answered ${code}${said}`, {
    responseCode: code,
    retryable: code === '5.03' || code === '4.29',
  })
}

/** The request, addressed to where the client's data model hangs. */
export const rooted = (request: Request, root: string | undefined): Request => {
  const segments = (root ?? '').split('/').filter((segment) => segment !== '')
  if (segments.length === 0) return request
  const at = request.options.findIndex(({ number }) => number >= options.UriPath)
  const place = at < 0 ? request.options.length : at
  const prefix = segments.map((segment) => stringOption(options.UriPath, segment))
  return { ...request, options: [...request.options.slice(0, place), ...prefix, ...request.options.slice(place)] }
}
