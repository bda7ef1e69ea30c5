/** Observe-Composite: FETCH with Observe 0, its list of paths one observation (LwM2M Core §6.4.4, Transport §6.4.5; RFC 8132 §2.4). */
import { options, uintOption } from '../message/option.ts'
import type { AttributeName } from '../model/attributes.ts'
import { attributeQuery, parseAttributes } from './attribute-query.ts'
import type { OperationCodec } from './codec.ts'
import { decodeComposite, decodePaths, encodeComposite, encodePaths, isFetch } from './composite.ts'
import type { OperationContext } from './context.ts'
import type { ObserveComposite } from './operation.ts'
import { queryOptions } from './place.ts'
import { isWrong, wrong, type Shape, type Wrong } from './shape.ts'

export const observeComposite: OperationCodec<ObserveComposite> = {
  type: 'observe-composite',
  recognises: (shape) => isFetch(shape) && shape.observe === 0,
  decode: (shape, context) => decodeObserve(shape, context),
  encode: (operation, context) =>
    encodePaths(operation, context, [uintOption(options.Observe, 0), ...queryOptions(attributeQuery(operation.attributes ?? {}))]),
  encodeOutcome: encodeComposite,
  decodeOutcome: decodeComposite,
}

/** Attributes that may be of a whole Object: thresholds have no meaning over several Resources (LwM2M Core §6.4.4). */
const ofMany: ReadonlySet<string> = new Set<AttributeName>(['pmin', 'pmax', 'epmin', 'epmax', 'con'])

const decodeObserve = (shape: Shape, context: OperationContext): ObserveComposite | Wrong => {
  const attributes = parseAttributes(shape.query)
  if (isWrong(attributes)) return attributes
  const stray = Object.keys(attributes).find((name) => !ofMany.has(name))
  if (stray !== undefined) return wrong('4.00', `${stray} is not for several paths`)
  const listing = decodePaths(shape, context)
  if (isWrong(listing)) return listing
  return { type: 'observe-composite', ...listing, ...(shape.query.length === 0 ? {} : { attributes }) }
}
