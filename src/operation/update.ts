/** Update: POST to the registration's location, carrying only what changed (LwM2M Core §6.2.2, Transport §6.4.3). */
import { contentFormats } from '../format/format.ts'
import { methods } from '../message/code.ts'
import { noBytes } from '../message/message.ts'
import { options, uintOption } from '../message/option.ts'
import { bare, codeAlone, type OperationCodec } from './codec.ts'
import { encodeInventory } from './listing.ts'
import type { Update } from './operation.ts'
import { locationOptions, queryOptions, requestTo } from './place.ts'
import { inventoryOf, lifetimeOf, parameters, profileQuery, profilesOf } from './register.ts'
import { wrong, type Encoded, type Shape, type Wrong } from './shape.ts'

export const update: OperationCodec<Update> = {
  type: 'update',
  recognises: ({ method, segments }) => method === methods.POST && segments.length > 1 && segments[0] === 'rd',
  decode: (shape) => decodeUpdate(shape),
  encode: (operation) => encodeUpdate(operation),
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}

const encodeUpdate = ({ location, lifetimeSeconds, binding, sms, profiles, has }: Update): Encoded => {
  const query = [
    ...(lifetimeSeconds === undefined ? [] : [`lt=${lifetimeSeconds}`]),
    ...(binding === undefined ? [] : [`b=${binding}`]),
    ...(sms === undefined ? [] : [`sms=${sms}`]),
    ...profileQuery(profiles),
  ]
  const all = [...locationOptions(location), ...queryOptions(query)]
  if (has === undefined) return requestTo(methods.POST, all)
  return requestTo(methods.POST, [...all, uintOption(options.ContentFormat, contentFormats.link)], encodeInventory(has, '1.1'))
}

const decodeUpdate = ({ segments, query, request, contentFormat }: Shape): Update | Wrong => {
  const said = parameters(query)
  if (said === undefined) return wrong('4.00', 'a parameter is given twice')
  const lifetimeSeconds = lifetimeOf(said)
  if (lifetimeSeconds === 'wrong') return wrong('4.00', 'lt is not a lifetime')
  const profiles = profilesOf(said)
  if (profiles === 'wrong') return wrong('4.00', 'pid is no Profile ID')
  if (request.body !== undefined) return wrong('4.13', 'a list of Objects is not streamed')
  const has = request.payload === noBytes || request.payload.length === 0 ? undefined : inventoryOf(request.payload, contentFormat)
  if (has !== undefined && 'wrong' in has) return has
  const binding = said.get('b') ?? undefined
  const sms = said.get('sms') ?? undefined
  return {
    type: 'update',
    location: segments,
    ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
    ...(binding === undefined ? {} : { binding }),
    ...(sms === undefined ? {} : { sms }),
    ...(profiles === undefined ? {} : { profiles }),
    ...(has === undefined ? {} : { has }),
  }
}
