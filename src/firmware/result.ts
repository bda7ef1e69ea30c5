/** Why something failed, as an Update Result (LwM2M Core §E.6, Resource 5/0/5). */
import { Lwm2mError, type ErrorCode } from '../core/error.ts'
import { updateResults, type UpdateResult } from './update.ts'

const results: Readonly<Partial<Record<ErrorCode, UpdateResult>>> = {
  invalid: updateResults.invalidUri,
  unsupported: updateResults.unsupportedProtocol,
  'too-large': updateResults.notEnoughStorage,
  sink: updateResults.notEnoughStorage,
}

/** Why a download failed: what the server of the file refuses for good (4.xx, 4xx) is an invalid URI, the rest a lost connection. */
export const pullResult = (error: unknown): UpdateResult => {
  if (!(error instanceof Lwm2mError)) return updateResults.connectionLost
  if (error.code === 'response') return error.retryable ? updateResults.connectionLost : updateResults.invalidUri
  return saidBy(error) ?? results[error.code] ?? updateResults.connectionLost
}

/** Why an application's function failed: the Update Result that its error has as its cause. */
export const resultOf = (error: unknown, otherwise: UpdateResult): UpdateResult => saidBy(error) ?? otherwise

const saidBy = (error: unknown): UpdateResult | undefined => {
  const cause = error instanceof Lwm2mError ? error.cause : undefined
  return typeof cause === 'number' && Number.isInteger(cause) && cause >= 2 && cause <= 9 ? (cause as UpdateResult) : undefined
}
