/** Cancel Observation: GET with Observe 1, a last Read (LwM2M Core §6.4.4, Transport §6.4.6; RFC 7641 §3.6). */
import { methods } from '../message/code.ts'
import { options, uintOption } from '../message/option.ts'
import { contentFormats } from '../format/format.ts'
import { depth } from '../model/path.ts'
import type { OperationCodec } from './codec.ts'
import { decodeContent, encodeContent, isAcceptable } from './content.ts'
import type { CancelObservation } from './operation.ts'
import { pathOptions, requestTo } from './place.ts'
import { acceptOptions } from './read.ts'
import { wrong } from './shape.ts'

export const cancelObservation: OperationCodec<CancelObservation> = {
  type: 'cancel-observation',
  // A query may be repeated from the Observe that it cancels; any value but 0 registers nothing.
  recognises: ({ method, accept, observe }) =>
    method === methods.GET && accept !== contentFormats.link && observe !== undefined && observe !== 0,
  decode: ({ path, accept }, context) =>
    depth(path!) === 0
      ? wrong('4.05', 'the root cannot be observed')
      : (isAcceptable(accept, path!, context) ?? { type: 'cancel-observation', path: path!, ...(accept === undefined ? {} : { accept }) }),
  encode: ({ path, accept }) => requestTo(methods.GET, [uintOption(options.Observe, 1), ...pathOptions(path), ...acceptOptions(accept)]),
  encodeOutcome: (outcome, { path, accept }, { version }, context) => encodeContent(outcome, path, accept, version, context, true),
  decodeOutcome: (response, { path }, context) => decodeContent(response, path, context),
}
