/** Which Package URIs can be pulled from (LwM2M Core §E.6, Resource 5/0/1; RFC 3986). */
import { placeOf } from '../datagram/remote.ts'
import { targetOf } from '../exchange/request.ts'
import { updateResults, type UpdateResult } from './update.ts'

/** The schemes that can be downloaded here, and their numbers in Resource 5/0/8. */
const protocols: ReadonlyMap<string, number> = new Map([
  ['coap', 0],
  ['coaps', 1],
  ['http', 2],
  ['https', 3],
  ['coap+tcp', 4],
])
export const downloadSchemes: readonly string[] = [...protocols.keys()]
/** Resource 5/0/8: each Resource Instance has its value as its ID. */
export const protocolSupport: Readonly<Record<number, number>> = Object.fromEntries(
  [...protocols.values()].map((number) => [number, number]),
)

/** Without the colon, in lower case; '' when it has none. */
export const schemeOf = (uri: string): string => /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase() ?? ''

/** Why nothing can be pulled from there: 9 for a scheme that is not spoken, 7 for what is no URI; `undefined` when it can be tried. */
export const refusedUri = (uri: string): UpdateResult | undefined => {
  const scheme = schemeOf(uri)
  if (scheme === '') return updateResults.invalidUri
  if (!protocols.has(scheme)) return updateResults.unsupportedProtocol
  const place = scheme.startsWith('coap') ? targetOf(uri) : placeOf(uri)
  return place === undefined ? updateResults.invalidUri : undefined
}

/** The URI for a message or a log: without the credentials that it may have. */
export const shown = (uri: string): string => uri.replace(/\/\/[^/?#]*@/, '//')
