/** Why a Register or an Update is refused (LwM2M Core 1.2.2 §6.2.1; LwM2M Transport §6.4). */
import { responses } from '../message/code.ts'
import type { Outcome, Register, Version } from '../operation/operation.ts'
import { isOf, type Proven, type Registration } from './registration.ts'

/** Why a Register is refused, if it is (LwM2M Transport §6.4). A client steps down in version on 4.12, and on nothing else. */
export const wrongRegister = ({ endpoint = '', version }: Register, { nameMax }: { readonly nameMax: number }): Outcome | undefined => {
  if (endpoint === '' || endpoint.length > nameMax)
    return { code: responses.BadRequest, diagnostic: 'ep: no endpoint client name, or too long' }
  if (!versions.has(version)) return { code: responses.PreconditionFailed, diagnostic: `lwm2m: ${[...versions].join(', ')}` }
  return undefined
}
/** A list is needed, or a name for one (LwM2M Core §6.2.1). */
export const wrongList = ({ has, profiles }: Register): Outcome | undefined =>
  has.objects.length === 0 && profiles === undefined ? noList : undefined
/** An identity registers its own endpoint client name only, and no other identity's registration is replaced (LwM2M Transport §6.4.3). */
export const wrongIdentity = (before: Registration | undefined, proven: Proven | undefined, endpoint: string): Outcome | undefined => {
  if (proven?.endpointClientName !== undefined && proven.endpointClientName !== endpoint)
    return { code: responses.BadRequest, diagnostic: 'ep: not the endpoint of this identity' }
  return before === undefined || isOf(before, proven)
    ? undefined
    : { code: responses.Forbidden, diagnostic: 'ep: registered by another identity' }
}
const versions: ReadonlySet<string> = new Set<Version>(['1.0', '1.1', '1.2'])
/** The client then sends the whole list (LwM2M Core §6.2.1). */
export const noSuchProfile: Outcome = { code: responses.Conflict, diagnostic: 'pid: not known here, register with the list of Objects' }
const noList: Outcome = { code: responses.Conflict, diagnostic: 'no list of Objects' }
export const tooMuch: Outcome = { code: responses.RequestEntityTooLarge, diagnostic: 'too many objects' }
export const tooOften = (maxAgeSeconds: number): Outcome => ({
  code: responses.TooManyRequests,
  maxAgeSeconds,
  diagnostic: 'registers too often',
})
