/** The Leshan demo server as a peer: started on free ports, asked over its REST interface, listened to over server-sent events. */
import { resolve } from 'node:path'
import { freePort, serve, type Peer } from './peer.ts'

const here = import.meta.dirname
/** What Gson may look into, on Javas that mind. */
const opened = ['java.base/java.util', 'java.base/java.lang', 'java.base/java.net'].flatMap((name) => [
  '--add-opens',
  `${name}=ALL-UNNAMED`,
])

/** The answer of a client to what the server asked of it. */
export interface Answer {
  /** The response code's name: `CONTENT`, `CHANGED`, `METHOD_NOT_ALLOWED`. */
  readonly status: string
  readonly content?: LeshanNode
  readonly objectLinks?: readonly { readonly url: string; readonly attributes: Readonly<Record<string, unknown>> }[]
}
/** An Object, Object Instance or Resource as Leshan writes it. */
export interface LeshanNode {
  readonly id: number
  readonly value?: string | number | boolean
  readonly values?: Readonly<Record<string, string | number | boolean>>
  readonly resources?: readonly LeshanNode[]
  readonly instances?: readonly LeshanNode[]
}
export interface LeshanRegistration {
  readonly endpoint: string
  readonly registrationId: string
  readonly lwM2mVersion: string
  readonly lifetime: number
  readonly bindingMode: string
  readonly rootPath: string
  readonly objectLinks: readonly { readonly url: string; readonly attributes: Readonly<Record<string, unknown>> }[]
}
export interface Leshan {
  readonly uri: string
  readonly registration: (endpoint: string) => Promise<LeshanRegistration | undefined>
  /** `ask('GET', 'ep/3/0/1?format=TLV')` */
  readonly ask: (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown) => Promise<Answer>
  /** What happens to this endpoint from now on. */
  readonly events: (endpoint: string) => Promise<Events>
  readonly peer: Peer
}
export interface Events {
  readonly all: { readonly type: string; readonly data: unknown }[]
  /** The n-th event of this type (from 1) that fits. */
  readonly next: (type: string, fits?: (data: unknown) => boolean) => Promise<unknown>
  readonly stop: () => void
}

/** Starts it in an empty folder (it writes its properties there) and waits until it answers. */
export const leshan = async (folder: string): Promise<Leshan> => {
  const [coap, coaps, web] = [await freePort(), await freePort(), await freePort()]
  const base = `http://127.0.0.1:${web}`
  const args = [
    ...opened,
    `-Dlogback.configurationFile=${resolve(here, 'logback.xml')}`,
    ...['-cp', `${resolve(here, 'target/dependency')}/*`, 'org.eclipse.leshan.server.demo.LeshanServerDemo'],
    ...['-lp', String(coap), '-slp', String(coaps), '-wp', String(web), '-lh', '127.0.0.1', '-slh', '127.0.0.1', '-wh', '127.0.0.1'],
  ]
  const ready = () =>
    fetch(`${base}/api/clients`).then(
      ({ ok }) => ok,
      () => false,
    )
  const peer = await serve('java', args, folder, ready, 90_000)
  return {
    uri: `coap://127.0.0.1:${coap}`,
    peer,
    registration: async (endpoint) => {
      const response = await fetch(`${base}/api/clients/${endpoint}`)
      if (response.status === 400 || response.status === 404) return undefined
      return parsed<LeshanRegistration>(response)
    },
    ask: async (method, path, body) => {
      const sent =
        body === undefined
          ? {}
          : {
              body: typeof body === 'string' ? body : JSON.stringify(body),
              headers: { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' },
            }
      return parsed<Answer>(await fetch(`${base}/api/clients/${path}`, { method, ...sent }))
    },
    events: (endpoint) => eventsAt(`${base}/event?ep=${endpoint}`),
  }
}

const parsed = async <What>(response: Response): Promise<What> => {
  const text = await response.text()
  if (response.ok && text === '') return undefined as What
  try {
    return JSON.parse(text) as What
  } catch {
    throw new Error(`${response.status} ${text.slice(0, 500)}`)
  }
}

const eventsAt = async (url: string): Promise<Events> => {
  const abort = new AbortController()
  const response = await fetch(url, { signal: abort.signal, headers: { accept: 'text/event-stream' } })
  const all: { type: string; data: unknown }[] = []
  const waiting = new Set<() => void>()
  const read = async () => {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      const parts = (rest + decoder.decode(piece, { stream: true })).replaceAll('\r', '').split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) {
        const type = /^event: ?(.*)$/m.exec(part)?.[1]
        const data = [...part.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line).join('\n')
        if (type === undefined || type === 'COAPLOG') continue
        all.push({ type, data: JSON.parse(data) as unknown })
        for (const look of waiting) look()
      }
    }
  }
  read().catch(() => undefined)
  let seen = 0
  return {
    all,
    next: (type, fits = () => true) =>
      new Promise((done, reject) => {
        const late = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`no ${type}; there were ${JSON.stringify(all.slice(-5))}`))
        }, 20_000)
        const look = () => {
          for (; seen < all.length; seen++)
            if (all[seen]!.type === type && fits(all[seen]!.data)) {
              clearTimeout(late)
              waiting.delete(look)
              return done(all[seen++]!.data)
            }
        }
        waiting.add(look)
        look()
      }),
    stop: () => abort.abort(),
  }
}
