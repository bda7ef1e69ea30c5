/** Cancel Observation-Composite: FETCH with Observe 1 and the list of paths that was observed (LwM2M Core §6.4.5, Transport §6.4.5). */
import { options, uintOption } from '../message/option.ts'
import type { OperationCodec } from './codec.ts'
import { decodeComposite, decodePaths, encodeComposite, encodePaths, isFetch, typed } from './composite.ts'
import type { CancelObservationComposite } from './operation.ts'

export const cancelObservationComposite: OperationCodec<CancelObservationComposite> = {
  type: 'cancel-observation-composite',
  // A query may be repeated from the request that it cancels; any value but 0 registers nothing.
  recognises: (shape) => isFetch(shape) && shape.observe !== undefined && shape.observe !== 0,
  decode: (shape, context) => typed('cancel-observation-composite', decodePaths(shape, context)),
  encode: (operation, context) => encodePaths(operation, context, [uintOption(options.Observe, 1)]),
  encodeOutcome: encodeComposite,
  decodeOutcome: decodeComposite,
}
