/** Method and response codes (RFC 7252 §3, §12.1; RFC 7641, 7959, 8132, 8516, 8323). */

/** As `c.dd`: class and detail. */
export type Code = `${number}.${string}`

/** Every octet's code, ready-made: codes are compared by reference more often than by character. */
export const codes: readonly Code[] = Array.from(
  { length: 256 },
  (_, octet): Code => `${octet >> 5}.${String(octet & 31).padStart(2, '0')}`,
)

const octets: ReadonlyMap<string, number> = new Map(codes.map((code, octet) => [code, octet]))

/** The octet of a code; `undefined` for what is no code. */
export const octetOf = (code: Code): number | undefined => octets.get(code)

export const empty = '0.00'

/** Methods by name (RFC 7252 §5.8, RFC 8132). */
export const methods = {
  GET: '0.01',
  POST: '0.02',
  PUT: '0.03',
  DELETE: '0.04',
  FETCH: '0.05',
  PATCH: '0.06',
  iPATCH: '0.07',
} as const
export type Method = keyof typeof methods

/** Response codes by their registered names. */
export const responses = {
  Created: '2.01',
  Deleted: '2.02',
  Valid: '2.03',
  Changed: '2.04',
  Content: '2.05',
  Continue: '2.31',
  BadRequest: '4.00',
  Unauthorized: '4.01',
  BadOption: '4.02',
  Forbidden: '4.03',
  NotFound: '4.04',
  MethodNotAllowed: '4.05',
  NotAcceptable: '4.06',
  RequestEntityIncomplete: '4.08',
  Conflict: '4.09',
  PreconditionFailed: '4.12',
  RequestEntityTooLarge: '4.13',
  UnsupportedContentFormat: '4.15',
  UnprocessableEntity: '4.22',
  TooManyRequests: '4.29',
  InternalServerError: '5.00',
  NotImplemented: '5.01',
  BadGateway: '5.02',
  ServiceUnavailable: '5.03',
  GatewayTimeout: '5.04',
  ProxyingNotSupported: '5.05',
} as const

/** Signals of reliable transports (RFC 8323 §5). */
export const signals = { CSM: '7.01', Ping: '7.02', Pong: '7.03', Release: '7.04', Abort: '7.05' } as const

const kindOf = new Map<string, 'empty' | 'request' | 'response' | 'signal' | 'reserved'>(
  codes.map((code, octet) => [
    code,
    octet === 0
      ? 'empty'
      : octet < 32
        ? 'request'
        : octet >> 5 === 2 || octet >> 5 === 4 || octet >> 5 === 5
          ? 'response'
          : octet >> 5 === 7
            ? 'signal'
            : 'reserved',
  ]),
)

export const isRequest = (code: Code): boolean => code.charCodeAt(0) === 48 && code !== empty
export const isResponse = (code: Code): boolean => kindOf.get(code) === 'response'
export const isReserved = (code: Code): boolean => (kindOf.get(code) ?? 'reserved') === 'reserved'
/** A class 2 response. */
export const isSuccess = (code: Code): boolean => code.charCodeAt(0) === 50
