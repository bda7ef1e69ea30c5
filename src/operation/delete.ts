/** Delete: of an Object Instance or a Resource Instance; in bootstrap of whole Objects (LwM2M Core §6.3.7, §6.1.7.6; Transport §6.4). */
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
    // Objects, and all of them at the root, are for a bootstrap server: that is not seen here.
    if (depth(path!) === 3) return wrong('4.05', 'only Object Instances and Resource Instances can be deleted')
    return query.length > 0 ? wrong('4.00', 'a Delete has no query') : { type: 'delete', path: path! }
  },
  encode: ({ path }) => requestTo(methods.DELETE, pathOptions(path)),
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}
