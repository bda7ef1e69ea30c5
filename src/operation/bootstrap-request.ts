/** Bootstrap-Request: POST /bs with who asks and which format it prefers (LwM2M Core §6.1.7.1, Transport §6.4.2). */
import { methods } from '../message/code.ts'
import { bare, codeAlone, type OperationCodec } from './codec.ts'
import type { BootstrapRequest } from './operation.ts'
import { locationOptions, queryOptions, requestTo } from './place.ts'
import { parameters } from './register.ts'
import { wrong, type Shape, type Wrong } from './shape.ts'

/** Without any query it is the server's Bootstrap-Finish; a server that is asked so takes the name from the link (Core §6.1.3.3). */
export const bootstrapRequest: OperationCodec<BootstrapRequest> = {
  type: 'bootstrap-request',
  recognises: ({ method, segments, query }) => method === methods.POST && segments.length === 1 && segments[0] === 'bs' && query.length > 0,
  decode: (shape) => decodeRequest(shape),
  encode: ({ endpoint, pct }) =>
    requestTo(methods.POST, [
      ...locationOptions(['bs']),
      ...queryOptions([...(endpoint === undefined ? [] : [`ep=${endpoint}`]), ...(pct === undefined ? [] : [`pct=${pct}`])]),
    ]),
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}

const decodeRequest = ({ query }: Shape): BootstrapRequest | Wrong => {
  const said = parameters(query)
  if (said === undefined) return wrong('4.00', 'a parameter is given twice')
  const endpoint = said.get('ep') ?? undefined
  const pct = said.get('pct')
  if (pct !== undefined && (pct === null || !/^\d{1,5}$/.test(pct))) return wrong('4.00', 'pct is no content format')
  return {
    type: 'bootstrap-request',
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(pct === undefined ? {} : { pct: Number(pct) }),
  }
}
