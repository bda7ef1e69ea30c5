/** What a server must know of an observation to take its notifications after a restart (RFC 7641 §3.1: the token names it). */
import type { Request } from '../../exchange/exchange.ts'
import type { Code } from '../../message/code.ts'
import type { Token } from '../../message/message.ts'
import type { Option } from '../../message/option.ts'
import type { Registration } from '../registration.ts'

/** An observation as it is kept: the request that began it, and of which registration. */
export interface KeptObservation {
  readonly endpointClientName: string
  readonly location: string
  readonly token: Token
  readonly code: Code
  readonly options: readonly Option[]
  readonly payload: Uint8Array
}

/** The observation of a request at a registered client. */
export const keptOf = (
  { endpointClientName, location }: Registration,
  token: Token,
  { code, options, payload }: Request,
): KeptObservation => ({
  ...{ endpointClientName, location, token, code, payload },
  options: options.map(({ number, value }) => ({ number, value })),
})
/** The request of a kept observation, not to be sent: what is notified under its token is taken. */
export const outlived = ({ token, code, options, payload }: KeptObservation, remote: Registration['remote']): Request => ({
  ...{ remote, code, options, payload, token },
  confirmable: true,
  purpose: 'request',
  outlived: true,
})
/** Whether the request observes the same, in the same way. */
export const isSame = (kept: KeptObservation, { code, options, payload }: Pick<Request, 'code' | 'options' | 'payload'>): boolean =>
  kept.code === code &&
  kept.options.length === options.length &&
  kept.options.every(({ number, value }, at) => number === options[at]!.number && isEqual(value, options[at]!.value)) &&
  isEqual(kept.payload, payload)
const isEqual = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((octet, at) => octet === other[at])
