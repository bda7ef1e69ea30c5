/** A registered client with all that a server does for it: it is asked when it listens, observed over restarts, its firmware updated (LwM2M Core 1.2.2 §6). */
import type { Ask } from '../exchange/ask.ts'
import type { Request } from '../exchange/exchange.ts'
import { observes } from '../exchange/matching.ts'
import type { RegisteredClient } from './client/client.ts'
import { device } from './client/pipeline.ts'
import { updateFirmware, type FirmwareFloor } from './firmware/pipeline.ts'
import type { Observations } from './observations/pipeline.ts'
import type { WhileOpen } from './open/pipeline.ts'
import type { Queue } from './queue/pipeline.ts'
import type { Registration } from './registration.ts'

/** How a client is spoken to. */
export interface ClientHow {
  /** Queue mode: how long what is asked may wait for the client to wake; then it fails with `expired`. */
  readonly expiryMs?: number
}
/** A client by its endpoint client name, whether it is registered yet or not. */
export type Clients = (endpointClientName: string, how?: ClientHow) => RegisteredClient
/** What clients stand on; what is watched of them need not keep the server open by itself. */
export interface ClientsFloor extends FirmwareFloor {
  readonly find: (endpointClientName: string) => Registration | undefined
  readonly queueing: Queue
  /** Absent: observations end with the server. */
  readonly observing?: Observations | undefined
  readonly whileOpen: WhileOpen
}

/** The clients of one server. */
export const clients = ({ find, queueing, observing, whileOpen, ...given }: ClientsFloor): Clients => {
  const floor: FirmwareFloor = {
    ...given,
    watch: (name) => whileOpen(given.watch(name)),
    sentBy: (name) => whileOpen(given.sentBy(name)),
  }
  return (endpointClientName, { expiryMs } = {}) => {
    const queued = queueing.askOf(endpointClientName, expiryMs)
    const asked: Ask = (request: Request) =>
      find(endpointClientName)?.queueMode === true ? whileOpen(queued(request)) : floor.ask(request)
    const observed = observing?.askOf(endpointClientName, asked) ?? asked
    const own: FirmwareFloor = { ...floor, ask: (request) => (observes(request) ? observed(request) : asked(request)) }
    const one = device(own, endpointClientName)
    return {
      ...one,
      awake$: queueing.awake(endpointClientName, one.registration$),
      updateFirmware: (image, how) => whileOpen(updateFirmware(own, one, image, how)),
    }
  }
}
