/** Register: POST /rd with what the client is and has (LwM2M Core §6.2.1, Transport §6.4.3). */
import { contentFormats } from '../format/format.ts'
import { methods } from '../message/code.ts'
import { noBytes } from '../message/message.ts'
import { options, stringOption, strings, uintOption } from '../message/option.ts'
import type { OperationCodec } from './codec.ts'
import { decodeInventory, encodeInventory } from './listing.ts'
import type { Inventory, Register, Version } from './operation.ts'
import { locationOptions, queryOptions, requestTo } from './place.ts'
import { split, wrong, type Shape, type Wrong } from './shape.ts'

export const register: OperationCodec<Register> = {
  type: 'register',
  recognises: ({ method, segments }) => method === methods.POST && segments.length === 1 && segments[0] === 'rd',
  decode: (shape) => decodeRegister(shape),
  encode: (operation) =>
    requestTo(
      methods.POST,
      [...locationOptions(['rd']), ...queryOptions(registerQuery(operation)), uintOption(options.ContentFormat, contentFormats.link)],
      encodeInventory(operation.has, operation.version as Version),
    ),
  encodeOutcome: ({ code, location }) => ({
    code,
    options: (location ?? []).map((segment) => stringOption(options.LocationPath, segment)),
    payload: noBytes,
  }),
  decodeOutcome: ({ code, options: all }) => ({ code, location: strings(all, options.LocationPath) }),
}

/** In the order in which the specification lists them. 1.0 has no queue mode of its own: it is a letter of the binding. */
const registerQuery = ({ endpoint, lifetimeSeconds, version, binding, queueMode, sms, profiles }: Register): readonly string[] => {
  const early = version === '1.0'
  const letters = early ? `${binding ?? 'U'}${queueMode === true ? 'Q' : ''}` : (binding ?? 'U')
  return [
    ...(endpoint === undefined ? [] : [`ep=${endpoint}`]),
    ...(lifetimeSeconds === undefined ? [] : [`lt=${lifetimeSeconds}`]),
    `lwm2m=${version}`,
    `b=${letters}`,
    ...(queueMode === true && !early ? ['Q'] : []),
    ...(sms === undefined ? [] : [`sms=${sms}`]),
    ...profileQuery(profiles),
  ]
}

const decodeRegister = ({ query, request, contentFormat }: Shape): Register | Wrong => {
  const said = parameters(query)
  if (said === undefined) return wrong('4.00', 'a parameter is given twice')
  const version = said.get('lwm2m')
  if (version === undefined || version === null) return wrong('4.00', 'lwm2m is missing')
  const lifetimeSeconds = lifetimeOf(said)
  if (lifetimeSeconds === 'wrong') return wrong('4.00', 'lt is not a lifetime')
  const profiles = profilesOf(said)
  if (profiles === 'wrong') return wrong('4.00', 'pid is no Profile ID')
  if (request.body !== undefined) return wrong('4.13', 'a list of Objects is not streamed')
  const has = inventoryOf(request.payload, contentFormat)
  if ('wrong' in has) return has
  const binding = said.get('b') ?? undefined
  const endpoint = said.get('ep') ?? undefined
  const sms = said.get('sms') ?? undefined
  return {
    type: 'register',
    version,
    has,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
    ...(binding === undefined ? {} : { binding: binding.replace('Q', '') }),
    ...(said.has('Q') || binding?.includes('Q') === true ? { queueMode: true } : {}),
    ...(sms === undefined ? {} : { sms }),
    ...(profiles === undefined ? {} : { profiles }),
  }
}

/** The items of a query by name; `null` where there is no value; `undefined` when one repeats. */
export const parameters = (query: readonly string[]): ReadonlyMap<string, string | null> | undefined => {
  const said = new Map<string, string | null>()
  for (const item of query) {
    const [name, value] = split(item)
    if (said.has(name)) return undefined
    said.set(name, value ?? null)
  }
  return said
}
/** Whole seconds, if given. */
export const lifetimeOf = (said: ReadonlyMap<string, string | null>): number | undefined | 'wrong' => {
  const text = said.get('lt')
  if (text === undefined) return undefined
  return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : 'wrong'
}
/** Profile IDs, if given: one, or several between quotes (LwM2M Core 1.2.2 §6.2.1). */
export const profilesOf = (said: ReadonlyMap<string, string | null>): readonly string[] | undefined | 'wrong' => {
  const text = said.get('pid')
  if (text === undefined) return undefined
  const [, quoted] = /^"(.*)"$/.exec(text ?? '') ?? []
  const profiles = quoted === undefined ? [text ?? ''] : quoted.split(',')
  return profiles.every((profile) => /^(\d+:[\da-f]+|(oma|v):[A-Za-z\d-]+)$/.test(profile)) ? profiles : 'wrong'
}
/** The same on its way out. */
export const profileQuery = (profiles: readonly string[] | undefined): readonly string[] =>
  profiles === undefined ? [] : [profiles.length === 1 ? `pid=${profiles[0]}` : `pid="${profiles.join(',')}"`]
/** The list of Objects in a body. Old clients leave the Content-Format away. */
export const inventoryOf = (payload: Uint8Array, contentFormat: number | undefined): Inventory | Wrong => {
  if (contentFormat !== undefined && contentFormat !== contentFormats.link)
    return wrong('4.15', 'the list of Objects is in CoRE link format')
  return decodeInventory(payload) ?? wrong('4.00', 'these are no CoRE links')
}
