/** Images on offer, over CoAP and HTTP, to any number of clients at once (LwM2M Core 1.2.2 §E.6). */
import { defer, filter, map, Observable, of, ReplaySubject, share } from 'rxjs'
import type { Environment } from '../../core/environment.ts'
import { Lwm2mError } from '../../core/error.ts'
import type { HttpServed, Listening, Remote } from '../../core/ports.ts'
import type { Handler } from '../../exchange/ask.ts'
import { isReliableScheme } from '../../exchange/matching.ts'
import { responses } from '../../message/code.ts'
import { options, strings } from '../../message/option.ts'
import { refusal } from '../pipeline.ts'
import type { Registration } from '../registration.ts'
import { uriFor, type Advertised } from './address.ts'
import { coapAnswer, httpAnswer, type Image } from './image.ts'

/** The images on offer. */
export interface Shelf {
  /** Answers CoAP requests under `/fw`. */
  readonly handler: Handler
  /** Puts an image on the shelf while subscribed; emits the URI by which this client reaches it. Nobody can guess it. */
  readonly offer: (image: Image, protocol: 'coap' | 'http', to: Registration) => Observable<string>
}
/** What a shelf is told. */
export interface ShelfOptions {
  /** Where images are offered over HTTP, while there are any. */
  readonly http?: { readonly address?: string; readonly port: number }
  readonly advertised?: Advertised
}

/** The shelf of one server; `listening$` says where it listens for which scheme. It listens for HTTP only while an image is offered over HTTP. */
export const shelf = (
  env: Pick<Environment, 'http' | 'random'>,
  listening$: Observable<Listening>,
  { http, advertised = {} }: ShelfOptions,
): Shelf => {
  const images = new Map<string, Image>()
  const random = env.random.fork('images')
  const imageAt = (path: string): Image | undefined => images.get(/^\/fw\/(\w+)$/.exec(path)?.[1] ?? '')

  const answer = (request: {
    readonly method: string
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
  }): HttpServed => {
    const image = imageAt(request.path)
    return image === undefined ? { status: 404 } : httpAnswer(image, request)
  }
  const http$ = defer(() => env.http.serve(http ?? { port: 0 }, (request) => of(answer(request)))).pipe(
    share({ connector: () => new ReplaySubject<Listening>(1) }),
  )

  const offer: Shelf['offer'] = (image, protocol, { remote }) =>
    new Observable((observer) => {
      const id = hex(random.uint32()) + hex(random.uint32())
      const scheme = protocol === 'coap' ? schemeFor(remote) : protocol
      const uri$ = (scheme === 'http' ? http$ : listening$.pipe(filter((listening) => listening.scheme === scheme))).pipe(
        map((listening) => {
          const uri = uriFor(scheme, `/fw/${id}`, listening, advertised, remote)
          if (uri === undefined) throw unknownAddress(scheme)
          return uri
        }),
      )
      images.set(id, image)
      observer.add(() => images.delete(id))
      observer.add(uri$.subscribe(observer))
    })
  return {
    handler: (request) => {
      const image = imageAt(`/${strings(request.options, options.UriPath).join('/')}`)
      return of(image === undefined ? refusal(responses.NotFound, 'no such image') : coapAnswer(image, request))
    },
    offer,
  }
}

/** CoAP as the client speaks it already: what is secured stays so. */
const schemeFor = (remote: Remote): 'coap' | 'coaps' | 'coap+tcp' =>
  isReliableScheme(remote) ? 'coap+tcp' : remote.startsWith('coaps:') ? 'coaps' : 'coap'

const unknownAddress = (protocol: string): Lwm2mError =>
  new Lwm2mError('invalid', 'the address under which the client reaches this server is not known', {
    hint: `say where: advertised: { ${protocol}: '${protocol}://HOST:PORT' }, or listen at one address`,
  })
const hex = (value: number): string => value.toString(16).padStart(8, '0')
