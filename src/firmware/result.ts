/** Why something failed, as an Update Result (LwM2M Core §E.6, Resource 5/0/5). */
import { Lwm2mError, type ErrorCode } from '../core/error.ts'
import { updateResults, type FailureResult } from './update/known.ts'

const results: Readonly<Partial<Record<ErrorCode, FailureResult>>> = {
  invalid: updateResults.invalidUri,
  unsupported: updateResults.unsupportedProtocol,
  'too-large': updateResults.notEnoughStorage,
  sink: updateResults.notEnoughStorage,
  firmware: updateResults.integrityFailure,
}

/** Why a download failed: what the server of the file refuses for good (4.xx, 4xx) and a name that nobody knows are an invalid URI, the rest a lost connection. */
export const pullResult = (error: unknown): FailureResult => {
  if (!(error instanceof Lwm2mError)) return updateResults.connectionLost
  if (error.code === 'response') return error.retryable ? updateResults.connectionLost : updateResults.invalidUri
  if (isNameUnknown(error)) return updateResults.invalidUri
  return saidBy(error) ?? results[error.code] ?? updateResults.connectionLost
}
/** Our links say so as a reason, the platform's HTTP with an error of its resolver. */
const isNameUnknown = ({ code, cause }: Lwm2mError): boolean => {
  if (code !== 'unreachable') return false
  for (let at: unknown = cause, depth = 0; at !== undefined && at !== null && depth < 4; depth++) {
    if (at === 'name-not-found' || (at as { readonly code?: unknown }).code === 'ENOTFOUND') return true
    at = (at as { readonly cause?: unknown }).cause
  }
  return false
}

/** Why an application's function failed: the Update Result that its error has as its cause. */
export const resultOf = (error: unknown, otherwise: FailureResult): FailureResult => saidBy(error) ?? otherwise

/** What an error says, in one line of at most 200 characters. */
export const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 200)

const saidBy = (error: unknown): FailureResult | undefined => {
  const cause = error instanceof Lwm2mError ? error.cause : undefined
  return typeof cause === 'number' && Number.isInteger(cause) && cause >= 2 && cause <= 9 ? (cause as FailureResult) : undefined
}
