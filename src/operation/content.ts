/** Values to octets and back in the content format that was asked for, or preferred (LwM2M Core §7.4, Transport §6.4.4). */
import { contentFormats, isFault, type Format, type FormatContext, type Node } from '../format/format.ts'
import { defaultFormat } from '../format/formats.ts'
import type { Response } from '../exchange/exchange.ts'
import { responses } from '../message/code.ts'
import { options, uint, uintOption } from '../message/option.ts'
import { isMultiple, typeOf } from '../model/definition.ts'
import { depth, type Path } from '../model/path.ts'
import type { OperationContext, Outcome, Version } from './operation.ts'
import { isWrong, wrong, type Wrong } from './shape.ts'

/** What formats need to know of the path and the types below it. */
export const formatContext = ({ definitions }: OperationContext, path: Path): FormatContext => ({
  path,
  typeOf: typeOf(definitions),
  isMultiple: isMultiple(definitions),
})

/** The values of a payload; 4.15 for a format that is not ours, 4.00 for octets that are not of it. */
export const decodeNodes = (
  payload: Uint8Array,
  contentFormat: number | undefined,
  path: Path,
  context: OperationContext,
): readonly Node[] | Wrong => {
  if (contentFormat === undefined) return wrong(responses.UnsupportedContentFormat, 'a Content-Format is needed')
  const format = context.formats.get(contentFormat)
  if (format === undefined) return wrong(responses.UnsupportedContentFormat, `content format ${contentFormat} is not spoken here`)
  const nodes = format.decode(payload, formatContext(context, path))
  return isFault(nodes)
    ? wrong(nodes.fault === 'unsupported' ? responses.UnsupportedContentFormat : responses.BadRequest, nodes.detail)
    : nodes
}

/** The format that a Read at a path is answered in; 4.06 when it cannot be. */
export const chooseFormat = (
  accept: number | undefined,
  path: Path,
  nodes: readonly Node[],
  version: Version,
  { formats, definitions }: OperationContext,
): Format | Wrong => {
  if (accept !== undefined) {
    const wanted = formats.get(accept)
    if (wanted === undefined) return wrong(responses.NotAcceptable, `content format ${accept} is not spoken here`)
    return wanted.structured || depth(path) >= 3 ? wanted : wrong(responses.NotAcceptable, `${wanted.name} carries one value only`)
  }
  const single = nodes.length === 1 && (depth(path) === 4 || (depth(path) === 3 && isMultiple(definitions)(path) !== true))
  return formats.get(defaultFormat(single, version)) ?? wrong(responses.NotAcceptable, 'no content format fits')
}

/** Values as octets; a value that the format cannot say is 4.06, one that does not fit its type 4.00. */
export const encodeNodes = (nodes: readonly Node[], format: Format, path: Path, context: OperationContext): Uint8Array | Wrong => {
  const bytes = format.encode(nodes, formatContext(context, path))
  return isFault(bytes)
    ? wrong(bytes.fault === 'unsupported' ? responses.NotAcceptable : responses.InternalServerError, bytes.detail)
    : bytes
}

/** The answer to Read and Observe. */
export const encodeContent = (
  outcome: Outcome,
  path: Path,
  accept: number | undefined,
  version: Version,
  context: OperationContext,
): Response | Wrong => {
  const nodes = outcome.nodes ?? []
  const format = chooseFormat(accept, path, nodes, version, context)
  if (isWrong(format)) return format
  const payload = encodeNodes(nodes, format, path, context)
  return isWrong(payload) ? payload : { code: outcome.code, options: [uintOption(options.ContentFormat, format.contentFormat)], payload }
}

/** What came back from Read and Observe. */
export const decodeContent = (response: Response, path: Path, context: OperationContext): Outcome => {
  const { code, payload } = response
  if (code !== responses.Content || response.body !== undefined) return { code }
  const contentFormat = uint(response.options, options.ContentFormat) ?? contentFormats.text
  const format = context.formats.get(contentFormat)
  if (format === undefined) return { code, fault: { fault: 'unsupported', detail: `content format ${contentFormat} is not spoken here` } }
  const nodes = format.decode(payload, formatContext(context, path))
  return isFault(nodes) ? { code, fault: nodes } : { code, nodes }
}
