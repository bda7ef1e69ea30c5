/** Our DTLS client and server in one process, with a street of memory between them. */
import { of, Subject } from 'rxjs'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { Secret } from '../../src/core/secret.ts'
import type { DtlsOptions } from '../../src/datagram/dtls/options.ts'
import { dtls } from '../../src/datagram/dtls/pipeline.ts'
import { live } from '../../src/platform/live.ts'

export const identity: Buffer = Buffer.from('device')
export const psk: Buffer = Buffer.from('sixteen octets k')
const key = new Secret(psk)
/** Knows one identity, and is it. */
export const credentials: DtlsOptions['credentials'] = {
  own: () => of({ identity, key }),
  peer: ({ identity: asked }) => of(identity.equals(asked) ? key : undefined),
}
/** A handshake is not refused for being one of many. */
export const unhurried: Partial<DtlsOptions> = { handshakesPerSecondMax: Infinity }

/** One side of the street: what it is told and how long it has worked. */
interface Side {
  readonly say: (word: DatagramDown) => void
  readonly receive: (word: DatagramUp) => void
  readonly close: () => void
}
const side = (options: Partial<DtlsOptions>, sent: (word: DatagramDown) => void, heard: (word: DatagramUp) => void): Side => {
  const above$ = new Subject<DatagramDown>()
  const below$ = new Subject<DatagramUp>()
  const layer = dtls(live(), { credentials, ...unhurried, ...options })
  const open = layer((down$) => {
    down$.subscribe(sent)
    return below$
  })(above$).subscribe(heard)
  return { say: (word) => above$.next(word), receive: (word) => below$.next(word), close: () => open.unsubscribe() }
}

export interface Street {
  /** A word at the client, and all that follows from it. */
  readonly say: (word: DatagramDown) => void
  /** Milliseconds that each side has worked. */
  readonly spent: { client: number; server: number }
  /** Links opened and datagrams heard, at each side. */
  readonly heard: { opened: number; accepted: number; delivered: number }
  /** Datagrams that went by. */
  readonly datagrams: () => number
  /** The client is forgotten, without a word to the server. */
  readonly closeClient: () => void
  readonly closeServer: () => void
}

/** Remotes of the client are `coaps://…`, and for the server they come from the same addresses. */
export const street = (options: Partial<DtlsOptions> = {}): Street => {
  const queue: (() => void)[] = []
  const spent = { client: 0, server: 0 }
  const heard = { opened: 0, accepted: 0, delivered: 0 }
  let datagrams = 0
  const timed = (who: 'client' | 'server', work: () => void) => () => {
    const begun = performance.now()
    work()
    spent[who] += performance.now() - begun
  }
  const server = side(
    options,
    (word) => {
      if (word.type !== 'datagram') return
      datagrams++
      const { remote, bytes } = word
      queue.push(timed('client', () => client?.receive({ type: 'datagram', remote: `coaps${remote.slice(4)}`, bytes })))
    },
    (word) => {
      if (word.type === 'opened') heard.accepted++
      else if (word.type === 'datagram') heard.delivered++
    },
  )
  let client: Side | undefined = side(
    options,
    (word) => {
      const { remote } = word
      if (word.type === 'open')
        queue.push(timed('client', () => client?.receive({ type: 'opened', remote, address: '10.0.0.1:5684', local: '10.0.0.2:40000' })))
      if (word.type !== 'datagram') return
      datagrams++
      const { bytes } = word
      queue.push(timed('server', () => server.receive({ type: 'datagram', remote: `coap${remote.slice(5)}`, bytes })))
    },
    (word) => {
      if (word.type === 'opened') heard.opened++
    },
  )
  const say = (word: DatagramDown) => {
    timed('client', () => client?.say(word))()
    for (let i = 0; i < queue.length; i++) queue[i]!()
    queue.length = 0
  }
  const closeClient = () => {
    client?.close()
    client = undefined
  }
  return { say, spent, heard, datagrams: () => datagrams, closeClient, closeServer: server.close }
}
