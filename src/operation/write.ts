/** Write: PUT replaces, POST updates in part (LwM2M Core §6.3.3, Transport §6.4.4). */
import { contentFormats } from '../format/format.ts'
import { methods } from '../message/code.ts'
import { noBytes } from '../message/message.ts'
import { options, uintOption } from '../message/option.ts'
import { depth, type Path } from '../model/path.ts'
import { bare, codeAlone, type OperationCodec } from './codec.ts'
import { decodeNodes, encodeNodes } from './content.ts'
import type { OperationContext } from './context.ts'
import type { Write } from './operation.ts'
import { pathOptions, requestTo } from './place.ts'
import { isWrong, wrong, type Encoded, type Shape, type Wrong } from './shape.ts'

export const write: OperationCodec<Write> = {
  type: 'write',
  recognises: (shape) => shape.method === methods.PUT || (shape.method === methods.POST && isPartial(shape)),
  decode: (shape, context) => {
    const { path, method, contentFormat: format, request, query } = shape
    // A whole Object is for a bootstrap server: who asks is not seen here.
    if (depth(path!) === 0) return wrong('4.05', 'the root cannot be written: use Write-Composite')
    if (query.length > 0) return wrong('4.00', 'a Write has no query')
    const mode = method === methods.PUT ? 'replace' : 'partial'
    if (request.body !== undefined)
      return { type: 'write', mode, path: path!, nodes: [], ...(format === undefined ? {} : { format }), streamed: request.body }
    const nodes = decodeNodes(request.payload, format, path!, context)
    return isWrong(nodes) ? nodes : { type: 'write', mode, path: path!, nodes, format: format! }
  },
  encode: (operation, context) => encodeWrite(operation, context),
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}

/** POST to a Resource is Execute, unless its body says otherwise: only structured formats are a partial update there. */
const isPartial = ({ path, contentFormat }: Shape): boolean => {
  const deep = depth(path!)
  return deep === 2 || deep === 4 || (deep === 3 && contentFormat !== undefined && structured.has(contentFormat))
}
const structured: ReadonlySet<number> = new Set([
  contentFormats.tlv,
  contentFormats.senmlCbor,
  contentFormats.senmlJson,
  contentFormats.lwm2mCbor,
  contentFormats.json,
  1542, // TLV and JSON before they were registered
  1543,
])

const encodeWrite = ({ mode, path, nodes, format, source }: Write, context: OperationContext): Encoded | Wrong => {
  const code = mode === 'replace' ? methods.PUT : methods.POST
  if (source !== undefined)
    return requestTo(code, [...pathOptions(path), uintOption(options.ContentFormat, format ?? contentFormats.opaque)], noBytes)
  const body = encodeBody(nodes, format ?? contentFormats.senmlCbor, path, context)
  return isWrong(body) ? body : requestTo(code, [...pathOptions(path), body.option], body.payload)
}

/** Values as a body with its Content-Format. */
export const encodeBody = (
  nodes: Write['nodes'],
  contentFormat: number,
  path: Path,
  context: OperationContext,
): Wrong | { readonly option: ReturnType<typeof uintOption>; readonly payload: Uint8Array } => {
  const format = context.formats.get(contentFormat)
  if (format === undefined) return wrong('4.15', `content format ${contentFormat} is not spoken here`)
  const payload = encodeNodes(nodes, format, path, context)
  return isWrong(payload) ? payload : { option: uintOption(options.ContentFormat, contentFormat), payload }
}
