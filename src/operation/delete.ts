/** Delete: of an Object Instance, and in 1.2 of a Resource Instance (LwM2M Core §6.3.7, Transport §6.4.4). */
import { methods } from '../message/code.ts'
import { depth } from '../model/path.ts'
import { bare, codeAlone, type OperationCodec } from './codec.ts'
import type { Delete } from './operation.ts'
import { pathOptions, requestTo } from './place.ts'
import { wrong } from './shape.ts'

export const deletion: OperationCodec<Delete> = {
  type: 'delete',
  recognises: ({ method }) => method === methods.DELETE,
  decode: ({ path, query }) => {
    const deep = depth(path!)
    if (deep !== 2 && deep !== 4) return wrong('4.05', 'only Object Instances and Resource Instances can be deleted')
    return query.length > 0 ? wrong('4.00', 'a Delete has no query') : { type: 'delete', path: path! }
  },
  encode: ({ path }) => requestTo(methods.DELETE, pathOptions(path)),
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}
