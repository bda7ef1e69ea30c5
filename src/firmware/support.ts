/** Which protocols packages are pulled over, and which URIs are refused for that (LwM2M Core §E.6, Resources 5/0/1, 5/0/8 and 5/0/9). */
import type { Environment } from '../core/environment.ts'
import type { FirmwareOptions, FirmwareTransport } from './options.ts'
import { updateResults, type FailureResult } from './update/known.ts'
import { refusedUri, schemeOf } from './uri.ts'

/** What the device is able to. */
export interface Means {
  readonly env: Pick<Environment, 'transports'>
  /** Some account has keys: a secured link can be made, to its place at least. */
  readonly hasKeys: boolean
}

/** A scheme, its number in Resource 5/0/8, and the transport below it; `undefined`: HTTP's. */
const protocols: readonly (readonly [scheme: string, number: number, transport: FirmwareTransport | undefined])[] = [
  ['coap', 0, 'udp'],
  ['coaps', 1, 'dtls'],
  ['http', 2, undefined],
  ['https', 3, undefined],
  ['coap+tcp', 4, 'tcp'],
]

/** The schemes that can be pulled from here. None, where packages are only pushed. */
export const schemesOf = (options: FirmwareOptions, { env, hasKeys }: Means): readonly string[] => {
  const { delivery, download = {}, transports = ['udp', 'dtls', 'tcp'] } = options
  if (delivery === 'push' || download === false) return []
  const has: Readonly<Record<FirmwareTransport, boolean>> = { udp: true, dtls: hasKeys, tcp: env.transports.tcp !== undefined }
  return protocols
    .filter(([, , transport]) =>
      transport === undefined ? download.http !== false : download.coap !== false && transports.includes(transport) && has[transport],
    )
    .map(([scheme]) => scheme)
}

/** Resource 5/0/8: each Resource Instance has its value as its ID. */
export const protocolSupport = (schemes: readonly string[]): Readonly<Record<number, number>> =>
  Object.fromEntries(protocols.filter(([scheme]) => schemes.includes(scheme)).map(([, number]) => [number, number]))

/** Resource 5/0/9. */
export const deliveryMethod = ({ delivery = 'both', download }: FirmwareOptions): 0 | 1 | 2 => {
  if (download === false || delivery === 'push') return 1
  return delivery === 'pull' ? 0 : 2
}

/** Why nothing can be pulled from a URI: 9 for a scheme that is not offered or has no keys, 7 for what is no URI; `undefined` when it can be tried. */
export const refusalOf = (
  uri: string,
  schemes: readonly string[],
  hasKeysFor: (uri: string) => boolean = () => false,
): FailureResult | undefined => {
  const wrong = refusedUri(uri)
  if (wrong !== undefined) return wrong as FailureResult
  const scheme = schemeOf(uri)
  return schemes.includes(scheme) && (scheme !== 'coaps' || hasKeysFor(uri)) ? undefined : updateResults.unsupportedProtocol
}
