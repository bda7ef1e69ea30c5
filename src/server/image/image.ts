/** A firmware image as a resource of CoAP and HTTP: any part of it, for anybody, at any time (RFC 7252 §5.8.1, RFC 7959 §2.3, RFC 9110 §14). */
import type { HttpServed, Source } from '../../core/ports.ts'
import type { Request, Response } from '../../exchange/exchange.ts'
import { contentFormats } from '../../format/format.ts'
import { methods, responses, type Code } from '../../message/code.ts'
import { noBytes, noOptions } from '../../message/message.ts'
import { opaqueOption, options, uint, uintOption } from '../../message/option.ts'

/** What is offered to a client. It is read piece by piece as it is asked for, and never held whole. */
export interface Image {
  /** For people and logs. */
  readonly name: string
  readonly source: Source
  /** Octets. */
  readonly size: number
  /** Tells one image from another, 1-8 octets; default: from `sha256`, else that of the source. Without one, a client cannot see that the image changed. */
  readonly etag?: Uint8Array
  /** The digest of the whole image in hex, for people and as its ETag. */
  readonly sha256?: string
}

/** The entity tag of an image; `undefined` when nothing tells it from another. */
export const etagOf = ({ etag, sha256, source }: Image): Uint8Array | undefined =>
  [etag, sha256 === undefined ? undefined : octets(sha256.slice(0, 16)), source.etag]
    .find((tag) => tag !== undefined && tag.length > 0)
    ?.subarray(0, 8)

/** What a request for the image is answered; which block of it, and with which size, is for the floor below (RFC 7959 §2.4). */
export const coapAnswer = (image: Image, { code, options: asked }: Request): Response => {
  if (code !== methods.GET) return bare(responses.MethodNotAllowed)
  if ((uint(asked, options.Accept) ?? contentFormats.opaque) !== contentFormats.opaque) return bare(responses.NotAcceptable)
  const etag = etagOf(image)
  if (etag === undefined) return { ...bare(responses.Content), options: [opaque], source: image.source }
  const tag = opaqueOption(options.ETag, etag)
  const known = asked.some(({ number, value }) => number === options.ETag && equal(value, etag))
  return known
    ? { ...bare(responses.Valid), options: [tag] }
    : { ...bare(responses.Content), options: [tag, opaque], source: { ...sourceOf(image), etag } }
}

/** The same over HTTP: whole or one range, for as long as the client's copy is of this image (RFC 9110 §13.1, §14.2). */
export const httpAnswer = (
  image: Image,
  { method, headers }: { readonly method: string; readonly headers: Readonly<Record<string, string>> },
): HttpServed => {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } }
  const etag = quoted(etagOf(image))
  const about: Record<string, string> = {
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    ...(etag === undefined ? {} : { etag }),
  }
  if (names(headers['if-match'], etag, 'strong') === false) return { status: 412, headers: about }
  if (names(headers['if-none-match'], etag, 'weak') === true) return { status: 304, headers: about }
  // Ranges are of GET only; a date, or a weak tag, is the tag of no image (RFC 9110 §13.1.5, §14.2).
  const current = headers['if-range'] === undefined || headers['if-range'].trim() === etag
  const range = current && method === 'GET' ? rangeOf(headers['range'], image.size) : undefined
  if (range === 'unsatisfiable') return { status: 416, headers: { ...about, 'content-range': `bytes */${image.size}` } }
  const { offset, length } = range ?? { offset: 0, length: image.size }
  const body = { source: sourceOf(image), offset, length }
  if (range === undefined) return { status: 200, headers: { ...about, 'content-length': String(length) }, body }
  return {
    status: 206,
    headers: { ...about, 'content-length': String(length), 'content-range': `bytes ${offset}-${offset + length - 1}/${image.size}` },
    body,
  }
}

/** One range of bytes; `undefined` for none, for several, and for what is no range: all of those are answered whole (RFC 9110 §14.2). */
const rangeOf = (
  header: string | undefined,
  size: number,
): { readonly offset: number; readonly length: number } | 'unsatisfiable' | undefined => {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (found === null || (found[1] === '' && found[2] === '')) return undefined
  if (found[1] === '') {
    const length = Math.min(Number(found[2]), size)
    return length === 0 ? 'unsatisfiable' : { offset: size - length, length }
  }
  const offset = Number(found[1])
  const last = found[2] === '' ? size - 1 : Number(found[2])
  if (last < offset && found[2] !== '') return undefined
  return offset >= size ? 'unsatisfiable' : { offset, length: Math.min(last, size - 1) - offset + 1 }
}

/** Whether a list of entity tags has this one, which is a strong one; `undefined` when there is no list (RFC 9110 §8.8.3.2). */
const names = (list: string | undefined, etag: string | undefined, comparison: 'strong' | 'weak'): boolean | undefined => {
  if (list === undefined) return undefined
  const tags = list.split(',').map((one) => (comparison === 'weak' ? one.trim().replace(/^W\//, '') : one.trim()))
  return list.trim() === '*' || (etag !== undefined && tags.includes(etag))
}

const sourceOf = ({ source, size }: Image): Source => ({ size, etag: source.etag, read: source.read })
const opaque = uintOption(options.ContentFormat, contentFormats.opaque)
const bare = (code: Code): Response => ({ code, options: noOptions, payload: noBytes })
const quoted = (etag: Uint8Array | undefined): string | undefined =>
  etag === undefined ? undefined : `"${Array.from(etag, (octet) => octet.toString(16).padStart(2, '0')).join('')}"`
const octets = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((octet, index) => octet === b[index])
