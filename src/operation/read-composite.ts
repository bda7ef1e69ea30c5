/** Read-Composite: FETCH of the root with a list of paths; what is not there is left out (LwM2M Core §6.3.8, Transport §6.4.4). */
import type { OperationCodec } from './codec.ts'
import { decodeComposite, decodePaths, encodeComposite, encodePaths, isFetch, typed } from './composite.ts'
import type { ReadComposite } from './operation.ts'
import { wrong } from './shape.ts'

export const readComposite: OperationCodec<ReadComposite> = {
  type: 'read-composite',
  recognises: (shape) => isFetch(shape) && shape.observe === undefined,
  decode: (shape, context) =>
    shape.query.length > 0 ? wrong('4.00', 'a Read-Composite has no query') : typed('read-composite', decodePaths(shape, context)),
  encode: encodePaths,
  encodeOutcome: encodeComposite,
  decodeOutcome: decodeComposite,
}
