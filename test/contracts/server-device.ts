/** A device made by hand: a CoAP endpoint that registers, holds text Resources, and updates its firmware as told. */
import { BehaviorSubject, EMPTY, firstValueFrom, map, NEVER, of, type Observable, type Subscription } from 'rxjs'
import { coapEndpoint } from '../../src/coap.ts'
import type { Environment } from '../../src/core/environment.ts'
import type { Endpoint, Handler } from '../../src/exchange/ask.ts'
import type { Request, Response } from '../../src/exchange/exchange.ts'
import { request } from '../../src/exchange/request.ts'
import { responses, type Code } from '../../src/message/code.ts'
import { options, strings, uintOption } from '../../src/message/option.ts'

const utf8 = new TextEncoder()
export const text = (code: Code, payload = ''): Response => ({
  code,
  options: payload === '' ? [] : [uintOption(options.ContentFormat, 0)],
  payload: utf8.encode(payload),
})

export interface HandmadeDevice {
  readonly endpoint: Endpoint
  readonly resources: Map<string, BehaviorSubject<string>>
  readonly requests: Request[]
  /** Paths that are not answered, for a while. */
  readonly silent: Set<string>
  readonly register: (query?: string, links?: string) => Promise<Response>
  readonly post: (path: string) => Promise<Response>
  /** Forgets who observed, and comes back with these values. */
  readonly reboot: (resources: Readonly<Record<string, string>>) => void
  readonly stop: () => void
}

/** `written` is told what was written or executed, after it was stored; what it answers is the response. */
export const handmadeDevice = (
  env: Environment,
  server: string,
  name: string,
  initial: Readonly<Record<string, string>>,
  acted: (path: string, request: Request, device: HandmadeDevice) => Response | undefined = () => undefined,
): HandmadeDevice => {
  const resources = new Map(Object.entries(initial).map(([path, value]) => [path, new BehaviorSubject(value)]))
  const requests: Request[] = []
  const silent = new Set<string>()
  const handler: Handler = (asked): Observable<Response> => {
    requests.push(asked)
    const path = `/${strings(asked.options, options.UriPath).join('/')}`
    const resource = resources.get(path)
    if (silent.has(path)) return NEVER
    if (asked.code !== '0.01') return of(acted(path, asked, device) ?? written(resource, asked))
    return resource === undefined ? EMPTY : resource.pipe(map((value) => text(responses.Content, value)))
  }
  const endpoint = coapEndpoint(env, { handler })
  const open: Subscription = endpoint.up$.subscribe()
  endpoint.say({ type: 'open', remote: 'server', uri: server })
  const ask = (path: string, payload = '') =>
    firstValueFrom(endpoint.ask(request('POST', 'server', { payload, ...(payload === '' ? {} : { contentFormat: 40 }) }, path)))
  const device: HandmadeDevice = {
    endpoint,
    resources,
    requests,
    silent,
    register: (query = 'lt=300&lwm2m=1.1&b=U', links = '</1/0>,</3/0>,</5/0>') => ask(`/rd?ep=${name}&${query}`, links),
    post: (path) => ask(path),
    reboot: (values) => {
      for (const [path, value] of Object.entries(values)) {
        resources.get(path)?.complete()
        resources.set(path, new BehaviorSubject(value))
      }
    },
    stop: () => open.unsubscribe(),
  }
  return device
}

const written = (resource: BehaviorSubject<string> | undefined, { payload }: Request): Response => {
  if (resource === undefined) return text(responses.NotFound)
  resource.next(new TextDecoder().decode(payload))
  return text(responses.Changed)
}
