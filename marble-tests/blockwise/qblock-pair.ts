/** Two CoAP endpoints that speak in bursts, on a cable in virtual time: what passes is written down as the RFC draws it. */
import { defer, EMPTY, of, throwError, type Observable } from 'rxjs'
import { coapEndpoint, type CoapOptions } from '../../src/coap.ts'
import { seeded } from '../../src/core/dice.ts'
import type { Sink, Source } from '../../src/core/ports.ts'
import { cable } from '../../src/datagram/cable.ts'
import { faulty, type Faults } from '../../src/datagram/faults.ts'
import type { Endpoint } from '../../src/exchange/ask.ts'
import type { Parameters } from '../../src/exchange/parameters.ts'
import { virtualScheduler, type VirtualScheduler } from '../../src/simulation/virtual.ts'
import { bareEnvironment } from '../../src/testing/index.ts'
import { recorded } from './qblock-line.ts'

export const clientName = 'coap://10.0.0.1:5683'
export const serverName = 'coap://10.0.0.2:5683'

export interface Pair {
  readonly client: Endpoint
  readonly server: Endpoint
  readonly scheduler: VirtualScheduler
  /** Every datagram that left, in order; lost ones have an X. */
  readonly lines: string[]
  /** From now on datagrams are lost, and written down afresh. */
  readonly arm: () => void
}
export interface PairOptions {
  readonly client?: CoapOptions
  readonly server?: CoapOptions
  readonly parameters?: Partial<Parameters>
  /** Which datagrams are lost, by what the line says and how often it was said before. */
  readonly lost?: (line: string, times: number) => boolean
  readonly faults?: Faults
  readonly delayMs?: number
  readonly seed?: number
}

/** Both know bursts, unless they are told otherwise. */
export const pair = ({ client = {}, server = {}, parameters = {}, lost, faults, delayMs = 10, seed = 1 }: PairOptions = {}): Pair => {
  const scheduler = virtualScheduler()
  const random = seeded(seed)
  const ends = cable({ scheduler, random: random.fork('cable') }, { delayMs })
  const lines: string[] = []
  let armed = false
  const said = new Map<string, number>()
  const isLost = (line: string): boolean => {
    if (!armed || lost === undefined) return false
    said.set(line, (said.get(line) ?? 0) + 1)
    return lost(line, said.get(line)!)
  }
  const end = (name: string, options: CoapOptions): Endpoint => {
    const street = faults === undefined ? ends(name) : faulty({ scheduler, random: random.fork(`${name} faults`) }, faults)(ends(name))
    const noted = recorded(scheduler, lines, name === clientName ? '->' : '<-', isLost)(street)
    const env = bareEnvironment({ scheduler, random: random.fork(name), transports: { udp: () => noted } })
    return coapEndpoint(env, { ...options, parameters: { robustBlocks: 'auto', ...parameters, ...options.parameters } })
  }
  const arm = () => {
    armed = true
    lines.length = 0
  }
  const ready = { client: end(clientName, client), server: end(serverName, server), scheduler, lines, arm }
  ready.server.up$.subscribe()
  ready.client.up$.subscribe()
  return ready
}

/** Octets that differ from block to block. */
export const bodyOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13) & 255)

/** Reads from octets at hand. */
export const sourceOf = (bytes: Uint8Array, etag?: Uint8Array): Source => ({
  size: bytes.length,
  etag,
  read: (offset, count) => of(bytes.subarray(offset, offset + count)),
})

/** Stores in memory what comes in order; anything else is an error. */
export interface Store extends Sink {
  readonly bytes: () => Uint8Array
  readonly state: () => 'new' | 'open' | 'closed' | 'abandoned'
}
export const storeOf = (write: (done: () => void) => Observable<never> = (done) => defer(() => (done(), EMPTY))): Store => {
  const pieces: Uint8Array[] = []
  let length = 0
  let from = 0
  let state: ReturnType<Store['state']> = 'new'
  return {
    open: (offset) =>
      defer(() => {
        pieces.length = 0
        length = 0
        from = offset
        state = 'open'
        return EMPTY
      }),
    write: (bytes, offset) =>
      offset === from + length
        ? write(() => {
            pieces.push(Uint8Array.from(bytes))
            length += bytes.length
          })
        : throwError(() => new Error(`a gap at ${offset}`)),
    close: () => defer(() => ((state = 'closed'), EMPTY)),
    abandon: () => defer(() => ((state = 'abandoned'), EMPTY)),
    bytes: () => Uint8Array.from(pieces.flatMap((piece) => [...piece])),
    state: () => state,
  }
}
