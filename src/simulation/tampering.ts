/** A node whose messages are tampered with on their way out of it: by kind, by index, as a function (RFC 7252 §3, RFC 8323 §3). */
import { map, mergeMap, timer, type Observable } from 'rxjs'
import type { Environment } from '../core/environment.ts'
import type { Ciphers, Datagram, DatagramDown, Http, HttpServed } from '../core/ports.ts'
import { decode } from '../message/decode.ts'
import { encode } from '../message/encode.ts'
import { decodeFrame, encodeFrame, frameHead } from '../message/frame.ts'
import type { Malformed, Message } from '../message/message.ts'

/** What becomes of a message that a node sends: itself, others instead, none (it is lost), or all of them later. */
export type Tamper = (
  message: Message,
  now: number,
) => readonly Message[] | { readonly messages: readonly Message[]; readonly afterMs: number }

/**
 * The environment of a node whose messages go through `tamper`, over `coap://`, `coap+tcp://` and `coaps://`. What is no CoAP passes. Over `coaps://`
 * it is done before the record is sealed, so that the peer believes it: the first message that `tamper` gives is what it gets.
 */
export const tampered = (env: Environment, tamper: Tamper): Environment => {
  const { udp, tcp } = env.transports
  const { ciphers } = env.crypto
  const sealed = ciphers === undefined ? undefined : sealing(env, ciphers, tamper)
  // Without a limit: whatever is on the way is on the way.
  const plain = changed(env, tamper, asDatagrams)
  return {
    ...env,
    ...(sealed === undefined ? {} : { crypto: { ...env.crypto, ciphers: sealed.ciphers } }),
    transports: {
      ...env.transports,
      udp: (options) => {
        const street = udp(options)
        return (down$) => street(down$.pipe(mergeMap(plain), mergeMap(sealed?.leave ?? ((word) => [word]))))
      },
      ...(tcp === undefined
        ? {}
        : {
            tcp: (options) => {
              const street = tcp(options)
              return (down$) => street(down$.pipe(mergeMap(changed(env, tamper, asFrames))))
            },
          }),
    },
  }
}

type Words = Observable<DatagramDown> | readonly DatagramDown[]
/** How a message is read from what leaves, and written again. */
interface Wire {
  /** `undefined`: it is none. */
  readonly read: (word: Datagram) => Message | undefined
  readonly write: (message: Message) => Datagram
}
const whole = (read: Message | Malformed): Message | undefined => (read.type === 'malformed' ? undefined : read)
const asDatagrams: Wire = { read: (word) => whole(decode(word)), write: encode }
/** The engine hands down a frame at a time. */
const asFrames: Wire = {
  read: ({ remote, bytes }) => {
    const head = frameHead(bytes)
    return head?.frameBytes === bytes.length ? whole(decodeFrame(remote, bytes, head)) : undefined
  },
  write: encodeFrame,
}

const changed =
  ({ scheduler }: Environment, tamper: Tamper, { read, write }: Wire) =>
  (word: DatagramDown): Words => {
    if (word.type !== 'datagram') return [word]
    const message = read(word)
    if (message === undefined) return [word]
    const { messages, afterMs } = verdict(tamper(message, scheduler.now()))
    const words = messages.map((one) => (one === message ? word : write(one)))
    return afterMs === 0 ? words : timer(afterMs, scheduler).pipe(mergeMap(() => words))
  }
const verdict = (made: ReturnType<Tamper>) => ('afterMs' in made ? made : { messages: made, afterMs: 0 })

/** Ciphers that seal what `tamper` makes of a message, and what then leaves: what it loses is sealed and goes no further. */
const sealing = ({ scheduler }: Environment, ciphers: Ciphers, tamper: Tamper) => {
  /** By the tag of its record: after how long it leaves; `Infinity`: never. */
  const held = new Map<string, number>()
  const seal: Ciphers['seal'] = (cipher, key, nonce, additional, plaintext) => {
    const hidden = additional[0] === 255 // with a Connection ID the type is behind the content (RFC 9146 §4)
    const type = hidden ? plaintext.at(-1) : additional[8]
    if (type !== applicationData) return ciphers.seal(cipher, key, nonce, additional, plaintext)
    const bytes = hidden ? plaintext.subarray(0, -1) : plaintext
    const message = asDatagrams.read({ type: 'datagram', remote: 'coaps://peer', bytes })
    if (message === undefined) return ciphers.seal(cipher, key, nonce, additional, plaintext)
    const { messages, afterMs } = verdict(tamper(message, scheduler.now()))
    const [first = message] = messages
    const content = first === message ? bytes : encode(first).bytes
    const plain = hidden ? Uint8Array.of(...content, type) : content
    const about = additional.slice()
    new DataView(about.buffer).setUint16(about.length - 2, content.length + (hidden ? 1 : 0))
    const made = ciphers.seal(cipher, key, nonce, about, plain)
    const waitMs = messages.length === 0 ? Infinity : afterMs
    if (waitMs > 0) held.set(tagOf(made), waitMs)
    return made
  }
  const leave = (word: DatagramDown): Words => {
    if (word.type !== 'datagram' || held.size === 0) return [word]
    const waitMs = held.get(tagOf(word.bytes)) ?? 0
    held.delete(tagOf(word.bytes))
    return waitMs === Infinity ? [] : waitMs === 0 ? [word] : timer(waitMs, scheduler).pipe(map(() => word))
  }
  return { ciphers: { ...ciphers, seal }, leave }
}
const applicationData = 23
const tagOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(-8))

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
