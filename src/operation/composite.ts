/** What the composite operations share: a list of paths as a body, asked of the root (LwM2M Core §6.3.8, §6.4.4; RFC 8790 §3). */
import { contentFormats, isFault } from '../format/format.ts'
import type { Response } from '../exchange/exchange.ts'
import { methods, responses } from '../message/code.ts'
import { options, uintOption, type Option } from '../message/option.ts'
import { depth, type Path } from '../model/path.ts'
import { decodeContent, encodeContent, formatContext, isAcceptable, wrongFor } from './content.ts'
import type { OperationContext } from './context.ts'
import type { Outcome } from './operation.ts'
import { requestTo } from './place.ts'
import { acceptOptions } from './read.ts'
import { isWrong, wrong, type Encoded, type Shape, type Wrong } from './shape.ts'
import type { Wish } from './codec.ts'

/** What every composite that lists paths says. */
export interface Listing {
  readonly paths: readonly Path[]
  readonly accept?: number
  readonly format?: number
}
const root: Path = {}

/** Whether a request is FETCH with this Observe: composites are told apart by it alone. */
export const isFetch = ({ method }: Shape): boolean => method === methods.FETCH

/** The paths of a FETCH, and the format that is wanted. */
export const decodePaths = (shape: Shape, context: OperationContext): Listing | Wrong => {
  const { path, contentFormat, request, accept } = shape
  const misplaced = wrongRoot(path!) ?? isAcceptable(accept, root, context)
  if (misplaced !== undefined) return misplaced
  if (request.body !== undefined) return wrong(responses.RequestEntityTooLarge, 'a list of paths is not streamed')
  if (contentFormat === undefined) return wrong(responses.UnsupportedContentFormat, 'a Content-Format is needed')
  const paths = context.formats.get(contentFormat)?.decodePaths?.(request.payload, formatContext(context, root))
  if (paths === undefined) return wrong(responses.UnsupportedContentFormat, `content format ${contentFormat} lists no paths here`)
  if (isFault(paths)) return wrongFor(paths, responses.UnsupportedContentFormat)
  if (paths.length === 0) return wrong(responses.BadRequest, 'no path is listed')
  return { paths, format: contentFormat, ...(accept === undefined ? {} : { accept }) }
}
/** Composites are for the root: what they are about is in their body (LwM2M Transport §6.4.4). */
export const wrongRoot = (path: Path): Wrong | undefined =>
  depth(path) === 0 ? undefined : wrong(responses.MethodNotAllowed, 'a composite operation is asked of the root')

/** The FETCH that lists paths. */
export const encodePaths = (
  { paths, accept, format = contentFormats.senmlCbor }: Listing,
  context: OperationContext,
  more: readonly Option[] = [],
): Encoded | Wrong => {
  const payload = context.formats.get(format)?.encodePaths?.(paths, formatContext(context, root))
  if (payload === undefined) return wrong(responses.UnsupportedContentFormat, `content format ${format} lists no paths here`)
  if (isFault(payload)) return wrongFor(payload, responses.UnsupportedContentFormat)
  return requestTo(methods.FETCH, [...more, uintOption(options.ContentFormat, format), ...acceptOptions(accept)], payload)
}

/** The answer: values wherever they are. */
export const encodeComposite = (outcome: Outcome, { accept }: Listing, { version }: Wish, context: OperationContext): Response | Wrong =>
  encodeContent(outcome, root, accept, version, context, true)
export const decodeComposite = (response: Response, _: Listing, context: OperationContext): Outcome =>
  decodeContent(response, root, context)

/** A decoded listing as an operation of that type. */
export const typed = <Type extends string>(type: Type, listing: Listing | Wrong): (Listing & { readonly type: Type }) | Wrong =>
  isWrong(listing) ? listing : { type, ...listing }
