/** A download for whoever needs no LwM2M: over CoAP on a link of its own, or over HTTP (RFC 7959 §2.4; RFC 9110 §14). */
import { defer, Observable, throwError } from 'rxjs'
import { coapEndpoint, type CoapOptions, type Response } from './coap.ts'
import type { Environment } from './core/environment.ts'
import { Lwm2mError } from './core/error.ts'
import { silent } from './core/journal.ts'
import type { AskUri } from './firmware/coap/download.ts'
import { download as downloadBy, type DownloadOptions as Needs, type Progress } from './firmware/download.ts'

/** What a download needs, and how its own link is made. An `Environment` has the most of it: `{ ...env, ...storedIn(env.storage) }`. */
export interface DownloadOptions extends Omit<Needs, 'ask'>, Partial<Omit<Environment, 'scheduler' | 'http'>> {
  /** Asks over CoAP instead of a link of its own: see `askOver`. */
  readonly ask?: AskUri
  /** Keys for `coaps://`. */
  readonly dtls?: CoapOptions['dtls']
  /** Of the link of its own. */
  readonly parameters?: CoapOptions['parameters']
}

/** See `download` of the firmware: the same, on a link of its own, which is made for each attempt and closed after it. */
export const download = (uri: string, options: DownloadOptions): Observable<Progress> =>
  downloadBy(uri, { ...options, ask: options.ask ?? ownLink(options) })

/** A link to where the URI points, with a socket of its own, as long as the request lasts. */
const ownLink =
  (options: DownloadOptions): AskUri =>
  (uri, request) =>
    defer(() => {
      const { transports, random, resolve, crypto, dtls, parameters, wall = () => options.scheduler.now(), journal = silent } = options
      if (transports === undefined || random === undefined || resolve === undefined || crypto === undefined)
        return throwError(() => new Lwm2mError('invalid', 'a link of its own needs an environment', { hint: '{ ...env, … }, or ask' }))
      const env = { ...options, transports, random, resolve, crypto, wall, journal } as unknown as Environment
      const endpoint = coapEndpoint(env, {
        socket: {},
        ...(dtls === undefined ? {} : { dtls }),
        ...(parameters === undefined ? {} : { parameters }),
      })
      return new Observable<Response>((observer) => {
        const remote = 'download'
        observer.add(
          endpoint.up$.subscribe({
            next: (word) => {
              if (word.type === 'closed' && word.remote === remote)
                observer.error(new Lwm2mError('unreachable', `no link: ${word.reason} ${word.detail ?? ''}`.trimEnd()))
            },
            error: (error: unknown) => observer.error(error),
          }),
        )
        endpoint.say({ type: 'open', remote, uri })
        observer.add(endpoint.ask({ ...request, remote }).subscribe(observer))
      })
    })

/** Asks over a link that there is already, to whatever the URI points: one server's, under its name. */
export const askOver =
  (
    endpoint: { readonly ask: (request: Parameters<AskUri>[1] & { readonly remote: string }) => ReturnType<AskUri> },
    remote: string,
  ): AskUri =>
  (_, request) =>
    endpoint.ask({ ...request, remote })
