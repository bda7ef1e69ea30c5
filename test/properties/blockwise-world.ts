/** CoAP endpoints on a cable in virtual time: as bad as wished, or reliable with the frames of RFC 8323. */
import { pipe } from 'rxjs'
import { bodies, transfersPart, type BodiesOptions } from '../../src/blockwise/pipeline.ts'
import type { TransfersOptions } from '../../src/blockwise/transfer.ts'
import { seeded } from '../../src/core/dice.ts'
import { layer } from '../../src/core/duplex.ts'
import { stack } from '../../src/core/stack.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import type { Duplex } from '../../src/core/duplex.ts'
import { cable, streamCable } from '../../src/datagram/cable.ts'
import { faulty, type Faults } from '../../src/datagram/faults.ts'
import { endpoint, type Endpoint, type Handler } from '../../src/exchange/ask.ts'
import { defaultParameters, type Parameters } from '../../src/exchange/parameters.ts'
import { exchangesPart, messagesPart } from '../../src/exchange/pipeline.ts'
import { codec } from '../../src/message/pipeline.ts'
import { defaultSignals } from '../../src/message/signals.ts'
import { framesPart, signalsPart } from '../../src/message/stream.ts'
import { virtualScheduler, type VirtualScheduler } from '../../src/simulation/virtual.ts'
import { bareEnvironment } from '../../src/testing/index.ts'
import { tap } from 'rxjs'

export interface NodeOptions extends BodiesOptions, TransfersOptions {
  readonly parameters?: Partial<Parameters>
  readonly handler?: Handler
}
export interface World {
  readonly scheduler: VirtualScheduler
  readonly node: (name: string, options?: NodeOptions) => Endpoint
  /** Datagrams that left a node. */
  readonly sent: () => number
}
/** Reliable ends that take 1152 octets send one block a message; those that take more, several (RFC 8323 §6). */
export const world = (seed: number, faults: Faults = {}, delayMs = 10, reliable = false, maxMessageBytes = 1152): World => {
  const scheduler = virtualScheduler()
  const random = seeded(seed)
  const surroundings = { scheduler, random: random.fork('cable') }
  const ends = reliable ? streamCable(surroundings, { delayMs, pieceBytes: 700 }) : cable(surroundings, { delayMs })
  const settings = { ...defaultSignals, maxMessageBytes }
  let sent = 0
  const node = (name: string, options: NodeOptions = {}): Endpoint => {
    const p = { ...defaultParameters, ...options.parameters }
    const env = bareEnvironment({ scheduler, random: random.fork(name) })
    const street: Duplex<DatagramDown, DatagramUp> = faulty({ scheduler, random: random.fork(`${name} faults`) }, faults)(ends(name))
    const upper = stack(exchangesPart(p), transfersPart(p, options))
    const floors = reliable
      ? layer(stack(stack(framesPart(settings), signalsPart(settings)), upper), env)
      : pipe(codec(), layer(stack(messagesPart(p), upper), env))
    const counted: Duplex<DatagramDown, DatagramUp> = (down$) =>
      down$.pipe(
        tap(() => sent++),
        street,
      )
    return endpoint(pipe(floors, bodies(options))(counted), env.random, options.handler)
  }
  return { scheduler, node, sent: () => sent }
}
