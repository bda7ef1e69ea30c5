/** A node whose messages are tampered with on their way out of it: by kind, by index, as a function (RFC 7252 §3). */
import { map, mergeMap, timer, type Observable } from 'rxjs'
import type { Environment } from '../core/environment.ts'
import type { DatagramDown, Http, HttpServed } from '../core/ports.ts'
import { decode } from '../message/decode.ts'
import { encode } from '../message/encode.ts'
import type { Message } from '../message/message.ts'

/** What becomes of a message that a node sends: itself, others instead, none (it is lost), or all of them later. */
export type Tamper = (
  message: Message,
  now: number,
) => readonly Message[] | { readonly messages: readonly Message[]; readonly afterMs: number }

/** The environment of a node whose `coap://` messages go through `tamper`. What is no CoAP passes. */
export const tampered = (env: Environment, tamper: Tamper): Environment => ({
  ...env,
  transports: {
    ...env.transports,
    udp: (options) => {
      const street = env.transports.udp(options)
      // Without a limit: whatever is on the way is on the way.
      return (down$) => street(down$.pipe(mergeMap((word) => sent(env, tamper, word))))
    },
  },
})

const sent = ({ scheduler }: Environment, tamper: Tamper, word: DatagramDown): Observable<DatagramDown> | readonly DatagramDown[] => {
  if (word.type !== 'datagram') return [word]
  const message = decode(word)
  if (message.type === 'malformed') return [word]
  const made = tamper(message, scheduler.now())
  const { messages, afterMs } = 'afterMs' in made ? made : { messages: made, afterMs: 0 }
  const words = messages.map((one) => (one === message ? word : encode(one)))
  return afterMs === 0 ? words : timer(afterMs, scheduler).pipe(mergeMap(() => words))
}

/** The same for what a node serves over HTTP: each answer through `tamper`, with how many there were before. */
export const tamperedHttp = (env: Environment, tamper: (answer: HttpServed, index: number, now: number) => HttpServed): Environment => ({
  ...env,
  http: {
    ...env.http,
    serve: (options, handler) => {
      let index = 0
      const wrapped: Parameters<Http['serve']>[1] = (request) =>
        handler(request).pipe(map((answer) => tamper(answer, index++, env.scheduler.now())))
      return env.http.serve(options, wrapped)
    },
  },
})
