/** Bootstrap-Finish: POST /bs with nothing else, from the server to the client (LwM2M Core §6.1.7.2, Transport §6.4.2). */
import { methods } from '../message/code.ts'
import { bare, codeAlone, type OperationCodec } from './codec.ts'
import type { BootstrapFinish } from './operation.ts'
import { locationOptions, requestTo } from './place.ts'
import { wrong } from './shape.ts'

export const bootstrapFinish: OperationCodec<BootstrapFinish> = {
  type: 'bootstrap-finish',
  recognises: ({ method, segments, query }) =>
    method === methods.POST && segments.length === 1 && segments[0] === 'bs' && query.length === 0,
  decode: ({ request }) =>
    request.payload.length === 0 ? { type: 'bootstrap-finish' } : wrong('4.00', 'a Bootstrap-Finish has no payload'),
  encode: () => requestTo(methods.POST, locationOptions(['bs'])),
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}
