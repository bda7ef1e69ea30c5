/** One request over HTTP on a connection of its own, which ends with the body (RFC 9112 §9.6; RFC 9110 §4.3.4). */
import { request as askPlainly, type IncomingMessage } from 'node:http'
import { request as askSecurely } from 'node:https'
import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { distrusted } from './tls.ts'

/** What is asked. */
export interface Asked {
  readonly method: 'GET' | 'HEAD'
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}
/** Status and headers, and the octets of the representation. */
export interface Answered {
  readonly head: IncomingMessage
  readonly body: Readable
}
/** Asks there; rejects with what the connection failed with, or `untrusted`. */
export type Asking = (at: URL, asked: Asked) => Promise<Answered>

/** How it is asked with these options of TLS. */
export const answered =
  (tls: { readonly ca?: readonly string[] }): Asking =>
  (at, { headers, ...asked }) =>
    new Promise((resolve, reject) => {
      const options = { ...asked, headers: { accept: '*/*', 'user-agent': 'lwm2m-rx', ...headers }, agent: false as const }
      const request =
        at.protocol === 'https:'
          ? askSecurely(at, { ...options, ...(tls.ca === undefined ? {} : { ca: [...tls.ca] }) })
          : askPlainly(at, options)
      request.on('error', (error) => reject(distrusted(at, request.socket, error) ?? error))
      request.on('response', (head) => resolve({ head, body: bodyOf(head) }))
      request.end()
    })

/** Some servers encode what they were asked not to; how they did stays in the headers (RFC 9110 §8.4). */
const bodyOf = (head: IncomingMessage): Readable => {
  const decoder = decoders[(head.headers['content-encoding'] ?? '').toLowerCase()]
  // Whoever reads the one hears of a failure of the other.
  return decoder === undefined ? head : pipeline(head, decoder(), () => {})
}
const decoders: Readonly<Partial<Record<string, () => ReturnType<typeof createGunzip>>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}
