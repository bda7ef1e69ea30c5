/** What crosses between a server and its peers, message by message, seen from the server's socket (RFC 7252 §3). */
import { map, tap, type OperatorFunction } from 'rxjs'
import type { Environment } from '../../src/core/environment.ts'
import type { Datagram, DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { decode } from '../../src/message/decode.ts'
import type { Message } from '../../src/message/message.ts'
import { options, strings, uint } from '../../src/message/option.ts'

/** One message as a test looks at it. */
export interface Crossing {
  readonly atMs: number
  /** From the server, or to it. */
  readonly way: 'out' | 'in'
  readonly message: Message
  /** `/3/0/9`, without the query. */
  readonly path: string
  readonly query: readonly string[]
  readonly accept: number | undefined
  readonly contentFormat: number | undefined
  readonly observe: number | undefined
  readonly text: string
}

/** The same environment, its datagrams noted. Names of peers that the server opened itself are theirs. */
export const tapped = (env: Environment, note: (crossing: Crossing) => void): Environment => {
  const see = (way: Crossing['way'], { remote, bytes }: Datagram) => {
    const message = decode({ type: 'datagram', remote, bytes })
    if (message.type !== 'malformed') note(crossing(env.scheduler.now(), way, message))
  }
  const udp: Environment['transports']['udp'] = (socket) => {
    const below = env.transports.udp(socket)
    const street: OperatorFunction<DatagramDown, DatagramUp> = (down$) =>
      below(down$.pipe(tap((word) => word.type === 'datagram' && see('out', word)))).pipe(
        map((word) => {
          if (word.type === 'datagram') see('in', word)
          return word
        }),
      )
    return street
  }
  return { ...env, transports: { ...env.transports, udp } }
}

const crossing = (atMs: number, way: Crossing['way'], message: Message): Crossing => ({
  atMs,
  way,
  message,
  path: `/${strings(message.options, options.UriPath).join('/')}`,
  query: strings(message.options, options.UriQuery),
  accept: uint(message.options, options.Accept),
  contentFormat: uint(message.options, options.ContentFormat),
  observe: uint(message.options, options.Observe),
  text: new TextDecoder().decode(message.payload),
})
