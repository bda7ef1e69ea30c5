/** Create: POST to an Object (LwM2M Core §6.3.6, Transport §6.4.4). */
import { contentFormats, isFault, type Node } from '../format/format.ts'
import { methods } from '../message/code.ts'
import { noBytes } from '../message/message.ts'
import { options, stringOption, strings } from '../message/option.ts'
import { depth, type Path } from '../model/path.ts'
import type { OperationCodec } from './codec.ts'
import { decodeNodes, formatContext } from './content.ts'
import type { OperationContext } from './context.ts'
import type { Create } from './operation.ts'
import { pathOptions, requestTo, segmentsOf } from './place.ts'
import { isWrong, wrong, type Encoded, type Shape, type Wrong } from './shape.ts'
import { encodeBody } from './write.ts'

/** The Object Instance ID that stands for none: what a format without a place for "no ID" carries. */
export const unnumbered = 65535

export const create: OperationCodec<Create> = {
  type: 'create',
  recognises: ({ method, path }) => method === methods.POST && depth(path!) <= 1,
  decode: (shape, context) => decodeCreate(shape, context),
  encode: (operation, context) => encodeCreate(operation, context),
  encodeOutcome: ({ code, location }) => ({
    code,
    options: (location ?? []).map((segment) => stringOption(options.LocationPath, segment)),
    payload: noBytes,
  }),
  decodeOutcome: ({ code, options: all }) => {
    const location = strings(all, options.LocationPath)
    return location.length === 0 ? { code } : { code, location }
  },
}

/** The body is the one new instance, numbered or not; a body without an instance has the Resources alone. */
const decodeCreate = ({ path, contentFormat, request, query }: Shape, context: OperationContext): Create | Wrong => {
  if (depth(path!) === 0) return wrong('4.05', 'only Object Instances can be created')
  if (query.length > 0) return wrong('4.00', 'a Create has no query')
  if (request.body !== undefined) return wrong('4.13', 'a new Object Instance is not streamed')
  const nodes = decodeNodes(request.payload, contentFormat, path!, context, unnumbered)
  if (isWrong(nodes)) return nodes
  const named = instancesIn(request.payload, contentFormat!, path!, nodes, context)
  if (named.size > 1) return wrong('4.00', 'one Object Instance at a time')
  const [instance] = named
  return {
    type: 'create',
    path: path!,
    nodes,
    format: contentFormat!,
    ...(instance === undefined || instance === unnumbered ? {} : { instance }),
  }
}
/** The Object Instances that are named: one without any value too, if the format can name it. */
const instancesIn = (
  payload: Uint8Array,
  contentFormat: number,
  path: Path,
  nodes: readonly Node[],
  context: OperationContext,
): ReadonlySet<number | undefined> => {
  const empty = context.formats.get(contentFormat)?.instancesIn?.(payload, formatContext(context, path)) ?? []
  return new Set([...nodes.map(({ path: { instance } }) => instance), ...(isFault(empty) ? [] : empty)])
}

const encodeCreate = ({ path, instance, nodes, format }: Create, context: OperationContext): Encoded | Wrong => {
  const placed: readonly Node[] = nodes.map((node) => ({
    ...node,
    path: { ...node.path, object: path.object, instance: instance ?? node.path.instance },
  }))
  const body = encodeBody(placed, format ?? contentFormats.senmlCbor, { object: path.object }, context)
  return isWrong(body) ? body : requestTo(methods.POST, [...pathOptions(path), body.option], body.payload)
}

/** Where a created instance is. */
export const createdAt = (object: number, instance: number): readonly string[] => segmentsOf({ object, instance })
