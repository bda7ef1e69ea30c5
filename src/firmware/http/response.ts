/** What a download has to read off an HTTP response (RFC 9110 §8.6, §8.8.3, §14.4, §15). */
import { Lwm2mError } from '../../core/error.ts'
import type { HttpResponse } from '../../core/ports.ts'
import { redirections } from '../download/redirection.ts'
import { shown } from '../uri.ts'
import type { Elsewhere } from './download.ts'

/** Where a redirection leads; `undefined` for any other answer. */
export const elsewhereOf = ({ status, headers: { location } }: HttpResponse): Elsewhere | undefined =>
  location !== undefined && redirections.has(status) ? { location, status } : undefined

/** Where the body begins in the file; `undefined` when it is not (the wanted part of) the file. */
export const beginOf = ({ status, headers }: HttpResponse, from: number): number | undefined => {
  if (status === 200) return 0
  if (status !== 206 || from === 0 || isEncoded(headers)) return undefined
  return rangeOf(headers)?.from === from ? from : undefined
}

/** Octets of the whole file, as far as that is told. Those of an encoded body are not the file's. */
export const sizeOf = ({ status, headers }: HttpResponse, from: number): number | undefined => {
  const length = headers['content-length']
  if (isEncoded(headers) || length === undefined || !/^\d+$/.test(length)) return undefined
  return status === 206 ? (rangeOf(headers)?.size ?? from + Number(length)) : Number(length)
}

/** The entity tag; a weak one cannot resume (RFC 9110 §13.1.5), and that of an encoded body is not the file's. */
export const tagOf = ({ headers }: HttpResponse): Uint8Array | undefined => {
  const { etag } = headers
  return etag === undefined || etag.startsWith('W/') || isEncoded(headers) ? undefined : new TextEncoder().encode(etag)
}

/** The octets that come are not those that ranges count (RFC 9110 §8.4). */
const isEncoded = (headers: HttpResponse['headers']): boolean => (headers['content-encoding'] ?? 'identity') !== 'identity'

/** Why the response is no use. Server errors, 408 and 429 pass; a range that is not there any more means another file. */
export const failureOf = (url: string, { status, headers }: HttpResponse, from: number): Lwm2mError => {
  if (from > 0 && (status === 416 || status === 412 || status === 206))
    return new Lwm2mError('changed', `${shown(url)}: the range from ${from} is gone`)
  return new Lwm2mError('response', `GET ${shown(url)} was answered ${status}`, {
    responseCode: String(status),
    retryable: status >= 500 || status === 408 || status === 429,
    ...retryAfter(headers['retry-after'], headers['date']),
  })
}

const rangeOf = (headers: HttpResponse['headers']): { readonly from: number; readonly size: number | undefined } | undefined => {
  const found = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
  return found === null ? undefined : { from: Number(found[1]), size: found[2] === '*' ? undefined : Number(found[2]) }
}

/** Seconds, or a date by the clock of the server (RFC 9110 §10.2.3). */
const retryAfter = (value: string | undefined, date: string | undefined): { readonly retryAfterMs?: number } => {
  if (value === undefined) return {}
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.parse(date ?? '')
  return ms > 0 ? { retryAfterMs: ms } : {}
}
