/** What a download has to read off an HTTP response (RFC 9110 §8.6, §8.8.3, §14.4, §15). */
import { Lwm2mError } from '../../core/error.ts'
import type { HttpResponse } from '../../core/ports.ts'
import { shown } from '../uri.ts'

/** Where the body begins in the file; `undefined` when it is not (the wanted part of) the file. */
export const beginOf = ({ status, headers }: HttpResponse, from: number): number | undefined => {
  if (status === 200) return 0
  if (status !== 206 || from === 0) return undefined
  return rangeOf(headers)?.from === from ? from : undefined
}

/** Octets of the whole file, as far as that is told. Those of an encoded body are not the file's. */
export const sizeOf = ({ status, headers }: HttpResponse, from: number): number | undefined => {
  const length = headers['content-length']
  if ((headers['content-encoding'] ?? 'identity') !== 'identity' || length === undefined || !/^\d+$/.test(length)) return undefined
  return status === 206 ? (rangeOf(headers)?.size ?? from + Number(length)) : Number(length)
}

/** The entity tag; a weak one cannot resume (RFC 9110 §13.1.5). */
export const tagOf = ({ headers: { etag } }: HttpResponse): Uint8Array | undefined =>
  etag === undefined || etag.startsWith('W/') ? undefined : new TextEncoder().encode(etag)

/** Why the response is no use. Server errors, 408 and 429 pass; a range that is not there any more means another file. */
export const failureOf = (url: string, { status, headers }: HttpResponse, from: number): Lwm2mError => {
  if (from > 0 && (status === 416 || status === 412 || status === 206))
    return new Lwm2mError('changed', `${shown(url)}: the range from ${from} is gone`)
  const seconds = headers['retry-after']
  return new Lwm2mError('response', `GET ${shown(url)} was answered ${status}`, {
    responseCode: String(status),
    retryable: status >= 500 || status === 408 || status === 429,
    ...(seconds !== undefined && /^\d+$/.test(seconds) ? { retryAfterMs: Number(seconds) * 1000 } : {}),
  })
}

const rangeOf = (headers: HttpResponse['headers']): { readonly from: number; readonly size: number | undefined } | undefined => {
  const found = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
  return found === null ? undefined : { from: Number(found[1]), size: found[2] === '*' ? undefined : Number(found[2]) }
}
