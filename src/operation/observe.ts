/** Observe: GET with Observe 0, answered again at each change (LwM2M Core §6.4.2, Transport §6.4.6; RFC 7641). */
import { methods } from '../message/code.ts'
import { options, uintOption } from '../message/option.ts'
import { contentFormats } from '../format/format.ts'
import { depth } from '../model/path.ts'
import { attributeQuery, parseAttributes } from './attribute-query.ts'
import type { OperationCodec } from './codec.ts'
import { decodeContent, encodeContent, isAcceptable } from './content.ts'
import type { Observe } from './operation.ts'
import { pathOptions, queryOptions, requestTo } from './place.ts'
import { acceptOptions } from './read.ts'
import { isWrong, wrong } from './shape.ts'

export const observe: OperationCodec<Observe> = {
  type: 'observe',
  recognises: ({ method, accept, observe }) => method === methods.GET && accept !== contentFormats.link && observe === 0,
  decode: ({ path, accept, query }, context) => {
    if (depth(path!) === 0) return wrong('4.05', 'the root cannot be observed: use Observe-Composite')
    const attributes = parseAttributes(query)
    if (isWrong(attributes)) return attributes
    const unacceptable = isAcceptable(accept, path!, context)
    if (unacceptable !== undefined) return unacceptable
    return { type: 'observe', path: path!, ...(accept === undefined ? {} : { accept }), ...(query.length === 0 ? {} : { attributes }) }
  },
  encode: ({ path, accept, attributes }) =>
    requestTo(methods.GET, [
      uintOption(options.Observe, 0),
      ...pathOptions(path),
      ...queryOptions(attributeQuery(attributes ?? {})),
      ...acceptOptions(accept),
    ]),
  encodeOutcome: (outcome, { path, accept }, { version }, context) => encodeContent(outcome, path, accept, version, context, true),
  decodeOutcome: (response, { path }, context) => decodeContent(response, path, context),
}
