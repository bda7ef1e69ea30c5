/** Discover: GET that accepts CoRE links (LwM2M Core §6.3.2, Transport §6.4.4). */
import { contentFormats } from '../format/format.ts'
import { methods, responses } from '../message/code.ts'
import { options, uintOption } from '../message/option.ts'
import type { OperationCodec } from './codec.ts'
import { decodeListed, encodeListed } from './listing.ts'
import type { Discover } from './operation.ts'
import { pathOptions, queryOptions, requestTo } from './place.ts'
import { wrong } from './shape.ts'

export const discover: OperationCodec<Discover> = {
  type: 'discover',
  recognises: ({ method, accept }) => method === methods.GET && accept === contentFormats.link,
  decode: ({ path, query, observe }) => {
    if (observe !== undefined) return wrong('4.05', 'a Discover is not observed')
    if (query.length === 0) return { type: 'discover', path: path! }
    const match = query.length === 1 ? /^depth=([0-3])$/.exec(query[0]!) : null
    return match === null
      ? wrong('4.00', 'a Discover has at most a depth of 0-3')
      : { type: 'discover', path: path!, depth: Number(match[1]) }
  },
  encode: ({ path, depth }) =>
    requestTo(methods.GET, [
      ...pathOptions(path),
      ...queryOptions(depth === undefined ? [] : [`depth=${depth}`]),
      uintOption(options.Accept, contentFormats.link),
    ]),
  encodeOutcome: ({ code, listed }, _operation, { version }) => ({
    code,
    options: [uintOption(options.ContentFormat, contentFormats.link)],
    payload: encodeListed(listed ?? [], version),
  }),
  decodeOutcome: ({ code, payload }, _operation, { root }) => {
    if (code !== responses.Content) return { code }
    const listed = decodeListed(payload, root)
    return listed === undefined ? { code, fault: { fault: 'malformed', detail: 'these are no CoRE links' } } : { code, listed }
  },
}
