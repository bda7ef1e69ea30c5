/** Write-Composite: iPATCH of the root, values at any places, all or none (LwM2M Core §6.3.9, Transport §6.4.4; RFC 8132, RFC 8790 §3.2). */
import { contentFormats, isFault } from '../format/format.ts'
import { methods, responses } from '../message/code.ts'
import { options, uintOption } from '../message/option.ts'
import { depth, formatPath } from '../model/path.ts'
import { bare, codeAlone, type OperationCodec } from './codec.ts'
import { wrongRoot } from './composite.ts'
import { formatContext, wrongFor } from './content.ts'
import type { OperationContext } from './context.ts'
import type { WriteComposite } from './operation.ts'
import { requestTo } from './place.ts'
import { wrong, type Encoded, type Shape, type Wrong } from './shape.ts'

export const writeComposite: OperationCodec<WriteComposite> = {
  type: 'write-composite',
  recognises: ({ method }) => method === methods.iPATCH,
  decode: (shape, context) => decodePatch(shape, context),
  encode: (operation, context) => encodePatch(operation, context),
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}

const decodePatch = ({ path, query, contentFormat, request }: Shape, context: OperationContext): WriteComposite | Wrong => {
  const misplaced = wrongRoot(path!)
  if (misplaced !== undefined) return misplaced
  if (query.length > 0) return wrong(responses.BadRequest, 'a Write-Composite has no query')
  if (request.body !== undefined) return wrong(responses.RequestEntityTooLarge, 'a Write-Composite is not streamed')
  if (contentFormat === undefined) return wrong(responses.UnsupportedContentFormat, 'a Content-Format is needed')
  const patch = context.formats.get(contentFormat)?.decodePatch?.(request.payload, formatContext(context, {}))
  if (patch === undefined) return wrong(responses.UnsupportedContentFormat, `content format ${contentFormat} carries no patch here`)
  if (isFault(patch)) return wrongFor(patch, responses.UnsupportedContentFormat)
  const { nodes, deleted } = patch
  if (nodes.length + deleted.length === 0) return wrong(responses.BadRequest, 'nothing is written')
  const whole = deleted.find((place) => depth(place) !== 4)
  if (whole !== undefined) return wrong(responses.BadRequest, `${formatPath(whole)} is no Resource Instance that could go`)
  return { type: 'write-composite', nodes, ...(deleted.length === 0 ? {} : { deleted }), format: contentFormat }
}

/** Only SenML-ETCH can say that something goes. */
const encodePatch = ({ nodes, deleted = [], format }: WriteComposite, context: OperationContext): Encoded | Wrong => {
  const chosen = format ?? (deleted.length > 0 ? contentFormats.senmlEtchCbor : contentFormats.senmlCbor)
  const payload = context.formats.get(chosen)?.encodePatch?.({ nodes, deleted }, formatContext(context, {}))
  if (payload === undefined) return wrong(responses.UnsupportedContentFormat, `content format ${chosen} carries no patch here`)
  if (isFault(payload)) return wrongFor(payload, responses.UnsupportedContentFormat)
  return requestTo(methods.iPATCH, [uintOption(options.ContentFormat, chosen)], payload)
}
