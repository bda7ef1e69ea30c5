/** Two endpoints on a cable in virtual time, with the exchange floor of each in sight. */
import { pipe } from 'rxjs'
import { seeded } from '../../src/core/dice.ts'
import { layer } from '../../src/core/duplex.ts'
import { single } from '../../src/core/part.ts'
import { stack } from '../../src/core/stack.ts'
import { cable } from '../../src/datagram/cable.ts'
import { faulty, type Faults } from '../../src/datagram/faults.ts'
import { endpoint, type Endpoint, type Handler } from '../../src/exchange/ask.ts'
import { exchanges } from '../../src/exchange/exchanges.ts'
import type { Exchanges } from '../../src/exchange/matching.ts'
import { defaultParameters, type Parameters } from '../../src/exchange/parameters.ts'
import { messagesPart } from '../../src/exchange/pipeline.ts'
import { codec } from '../../src/message/pipeline.ts'
import { virtualScheduler, type VirtualScheduler } from '../../src/simulation/virtual.ts'
import { bareEnvironment } from '../../src/testing/index.ts'

export const clientName = 'coap://10.0.0.1:5683'
export const serverName = 'coap://10.0.0.2:5683'

export interface End extends Endpoint {
  /** How many rows the exchange floor has, in all its tables. */
  readonly rows: () => number
}
export interface Pair {
  readonly client: End
  readonly server: End
  readonly scheduler: VirtualScheduler
}
export interface PairOptions {
  readonly handler?: Handler
  readonly parameters?: Partial<Parameters>
  /** Both ways, at the client's end. */
  readonly faults?: Faults
  readonly delayMs?: number
  readonly seed?: number
}

/** The server is open from the start; the client while it is used. */
export const pair = ({ handler, parameters = {}, faults, delayMs = 10, seed = 1 }: PairOptions = {}): Pair => {
  const scheduler = virtualScheduler()
  const random = seeded(seed)
  const p = { ...defaultParameters, ...parameters }
  const ends = cable({ scheduler, random: random.fork('cable') }, { delayMs })
  const end = (name: string, mine?: Handler): End => {
    let latest: Exchanges | undefined
    const env = bareEnvironment({ scheduler, random: random.fork(name) })
    const watched = single(exchanges(p), { witness: (_stamp, _event, state) => (latest = state) })
    const below =
      faults === undefined || name === serverName
        ? ends(name)
        : faulty({ scheduler, random: random.fork(`${name} faults`) }, faults)(ends(name))
    const rows = () => (latest === undefined ? 0 : latest.asking.size + latest.answering.size + latest.observing.size + latest.paces.size)
    return { ...endpoint(pipe(codec(), layer(stack(messagesPart(p), watched), env))(below), random.fork(`${name} tokens`), mine), rows }
  }
  const server = end(serverName, handler)
  server.up$.subscribe()
  return { client: end(clientName), server, scheduler }
}
