/** Read: GET of a place (LwM2M Core §6.3.1, Transport §6.4.4). */
import { methods } from '../message/code.ts'
import { options, uintOption } from '../message/option.ts'
import { contentFormats } from '../format/format.ts'
import { depth } from '../model/path.ts'
import type { OperationCodec } from './codec.ts'
import { decodeContent, encodeContent, isAcceptable } from './content.ts'
import type { Read } from './operation.ts'
import { pathOptions, requestTo } from './place.ts'
import { wrong } from './shape.ts'

export const read: OperationCodec<Read> = {
  type: 'read',
  recognises: ({ method, accept, observe }) => method === methods.GET && accept !== contentFormats.link && observe === undefined,
  decode: ({ path, accept, query }, context) => {
    if (depth(path!) === 0) return wrong('4.05', 'the root cannot be read: use Read-Composite')
    if (query.length > 0) return wrong('4.00', 'a Read has no query')
    const unacceptable = isAcceptable(accept, path!, context)
    if (unacceptable !== undefined) return unacceptable
    return { type: 'read', path: path!, ...(accept === undefined ? {} : { accept }) }
  },
  encode: ({ path, accept }) => requestTo(methods.GET, [...pathOptions(path), ...acceptOptions(accept)]),
  encodeOutcome: (outcome, { path, accept }, { version }, context) => encodeContent(outcome, path, accept, version, context),
  decodeOutcome: (response, { path }, context) => decodeContent(response, path, context),
}

/** The Accept option, if a format is wanted. */
export const acceptOptions = (accept: number | undefined): ReturnType<typeof uintOption>[] =>
  accept === undefined ? [] : [uintOption(options.Accept, accept)]
