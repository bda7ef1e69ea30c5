/** De-register: DELETE of the registration's location (LwM2M Core §6.2.3, Transport §6.4.3). */
import { methods } from '../message/code.ts'
import { bare, codeAlone, type OperationCodec } from './codec.ts'
import type { Deregister } from './operation.ts'
import { locationOptions, requestTo } from './place.ts'

export const deregister: OperationCodec<Deregister> = {
  type: 'deregister',
  recognises: ({ method, segments }) => method === methods.DELETE && segments.length > 1 && segments[0] === 'rd',
  decode: ({ segments }) => ({ type: 'deregister', location: segments }),
  encode: ({ location }) => requestTo(methods.DELETE, locationOptions(location)),
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}
