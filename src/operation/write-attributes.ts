/** Write-Attributes: PUT without a body, the attributes in the query (LwM2M Core §6.3.4, Transport §6.4.4). */
import { methods } from '../message/code.ts'
import { depth } from '../model/path.ts'
import { attributeQuery, parseAttributes } from './attribute-query.ts'
import { bare, codeAlone, type OperationCodec } from './codec.ts'
import type { WriteAttributes } from './operation.ts'
import { pathOptions, queryOptions, requestTo } from './place.ts'
import { isWrong, wrong } from './shape.ts'

export const writeAttributes: OperationCodec<WriteAttributes> = {
  type: 'write-attributes',
  recognises: ({ method, contentFormat, request }) =>
    method === methods.PUT && contentFormat === undefined && request.payload.length === 0 && request.body === undefined,
  decode: ({ path, query }) => {
    if (depth(path!) === 0) return wrong('4.05', 'the root has no attributes')
    if (query.length === 0) return wrong('4.00', 'neither attributes nor a value')
    const attributes = parseAttributes(query)
    return isWrong(attributes) ? attributes : { type: 'write-attributes', path: path!, attributes }
  },
  encode: ({ path, attributes }) => requestTo(methods.PUT, [...pathOptions(path), ...queryOptions(attributeQuery(attributes))]),
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}
