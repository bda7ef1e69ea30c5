/** Conditional requests and validation: pure helpers for handlers (RFC 7252 §5.6.2, §5.10.6, §5.10.8). */
import { responses } from '../message/code.ts'
import { noBytes, noOptions } from '../message/message.ts'
import { find, has, opaqueOption, options, uintOption, type Option } from '../message/option.ts'
import type { Request, Response } from './exchange.ts'

/**
 * 4.12 when the request's If-Match or If-None-Match does not hold; `undefined` when it may be performed. `current` is the resource's
 * ETag, an empty one if it has none, `undefined` if the resource does not exist (RFC 7252 §5.10.8).
 */
export const precondition = ({ options: all }: Pick<Request, 'options'>, current: Uint8Array | undefined): Response | undefined => {
  if (has(all, options.IfNoneMatch) && current !== undefined) return failed
  const wanted = all.filter(({ number }) => number === options.IfMatch)
  if (wanted.length === 0) return undefined
  const holds = current !== undefined && wanted.some(({ value }) => value.length === 0 || sameOctets(value, current))
  return holds ? undefined : failed
}
const failed: Response = { code: responses.PreconditionFailed, options: noOptions, payload: noBytes }

/** 2.03 when the asker already has the representation with this ETag; `undefined` when it must be sent (RFC 7252 §5.10.6.2). */
export const validate = ({ options: all }: Pick<Request, 'options'>, etag: Uint8Array, maxAge?: number): Response | undefined => {
  if (find(all, options.ETag) === undefined) return undefined
  if (!all.some(({ number, value }) => number === options.ETag && sameOctets(value, etag))) return undefined
  const fresh: readonly Option[] = maxAge === undefined ? [] : [uintOption(options.MaxAge, maxAge)]
  return { code: responses.Valid, options: [opaqueOption(options.ETag, etag), ...fresh], payload: noBytes }
}

const sameOctets = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((octet, i) => octet === b[i])
