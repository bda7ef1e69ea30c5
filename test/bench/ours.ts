/** lwm2m-rx itself, as an application would use it. */
import { concatMap, firstValueFrom, lastValueFrom, map, merge, of, range, repeat, tap, toArray, type Observable } from 'rxjs'
import { coapEndpoint, type CoapOptions } from '../../src/coap.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { noBytes, noOptions } from '../../src/message/message.ts'
import { live } from '../../src/platform/live.ts'
import { check, octetAt, piece, small, type Contestant } from './contestant.ts'
import { credentials } from './street.ts'

const socket = (port: number) => ({ listen: { address: '127.0.0.1', port } })
type Scheme = 'coap' | 'coaps' | 'coap+tcp'
const dtls: CoapOptions['dtls'] = { credentials, suites: ['TLS_PSK_WITH_AES_128_CCM_8'], socket: socket(0) }
/** Where a server listens. */
const listens: Readonly<Record<Scheme, CoapOptions>> = { coap: { socket: socket(0) }, coaps: { dtls }, 'coap+tcp': { tcp: socket(0) } }
const asking =
  (scheme: Scheme) =>
  (port: number, code: Request['code'], path: string, more: Partial<Request> = {}): Request => ({
    remote: `${scheme}://127.0.0.1:${port}`,
    code,
    options: [{ number: 11, value: Buffer.from(path) }],
    payload: noBytes,
    confirmable: true,
    purpose: 'request',
    ...more,
  })
const source = (size: number) => ({
  size,
  etag: undefined,
  read: (offset: number, count: number) => of(piece(offset, Math.max(0, Math.min(count, size - offset)))),
})
const sink = {
  open: () => of(0),
  write: (bytes: Uint8Array, offset: number) => {
    check('sink', bytes[0] === octetAt(offset) && bytes[bytes.length - 1] === octetAt(offset + bytes.length - 1))
    return of(0)
  },
  close: () => of(0),
  abandon: () => of(0),
}

/** The same application over UDP, DTLS or TCP. */
export const oursOver = (scheme: Scheme): Contestant => {
  const ask = asking(scheme)
  return {
    serve: (bodyBytes) => {
      const body = piece(0, bodyBytes)
      const smallResponse = of<Response>({ code: '2.05', options: noOptions, payload: small })
      const answer = (request: Request): Observable<Response> => {
        switch (String(request.options.find(({ number }) => number === 11)?.value)) {
          case 'small':
            return smallResponse
          case 'body':
            return of({ code: '2.05', options: noOptions, payload: body })
          case 'sink':
            return of({ code: '2.04', options: noOptions, payload: noBytes })
          default:
            return of({
              code: '2.05',
              options: noOptions,
              payload: noBytes,
              source: source(Number(String(request.options.find(({ number }) => number === 15)?.value))),
            })
        }
      }
      const { up$ } = coapEndpoint(live(), {
        ...listens[scheme],
        handler: answer,
        sinkFor: (request) => (request.code === '0.03' ? sink : undefined),
      })
      return new Promise((resolve, reject) =>
        up$.subscribe({ next: (up) => up.type === 'listening' && up.scheme === scheme && resolve(up.port), error: reject }),
      )
    },
    get: async (port, count, window) => {
      const coap = coapEndpoint(live(), { socket: socket(0), dtls, parameters: { nstart: window } })
      const request = ask(port, '0.01', 'small')
      const open = coap.up$.subscribe()
      const lane = coap.ask(request).pipe(repeat(Math.ceil(count / window)))
      await lastValueFrom(
        merge(...Array.from({ length: window }, () => lane)).pipe(tap(({ payload }) => check('get', small.equals(payload)))),
      )
      open.unsubscribe()
    },
    download: async (port, count, bodyBytes) => {
      const coap = coapEndpoint(live(), { socket: socket(0), parameters: { bodyBytesMax: bodyBytes } })
      const open = coap.up$.subscribe()
      const whole = piece(0, bodyBytes)
      await firstValueFrom(
        range(0, count).pipe(
          concatMap(() => coap.ask(ask(port, '0.01', 'body'))),
          map(({ payload }) => check('body', whole.equals(payload))),
          toArray(),
        ),
      )
      open.unsubscribe()
    },
    push: async (port, bytes) => {
      const coap = coapEndpoint(live(), { socket: socket(0) })
      const { code } = await firstValueFrom(coap.ask(ask(port, '0.03', 'sink', { source: source(bytes) })))
      check('push', code === '2.04')
    },
    pull: async (port, bytes) => {
      const coap = coapEndpoint(live(), { socket: socket(0) })
      await firstValueFrom(
        coap.ask(
          ask(port, '0.01', 'source', {
            options: [
              { number: 11, value: Buffer.from('source') },
              { number: 15, value: Buffer.from(String(bytes)) },
            ],
            sink,
          }),
        ),
      )
    },
  }
}
export const ours: Contestant = oursOver('coap')
export const oursOverDtls: Contestant = oursOver('coaps')
export const oursOverTcp: Contestant = oursOver('coap+tcp')
