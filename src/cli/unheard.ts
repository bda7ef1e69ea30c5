/** Peers that a server does not hear over `coaps://`, as a line and as JSON. */
import { explainUnheard, type Unheard } from '../datagram/dtls/unheard.ts'
import { plain } from './escape.ts'

type Why = Unheard & { readonly endpointClientName?: string }

/** One line of harmless characters. */
export const showUnheard = (why: Why): string => plain(`${'not heard'.padEnd(12)} ${explainUnheard(why)}`)

export const unheardJson = (kind: 'event' | 'type', why: Why): object => {
  const { reason, address, failure, identity, endpointClientName, known, passedOver } = why
  return {
    [kind]: 'unheard',
    ...{ reason, address, failure },
    identity: identity === undefined ? undefined : textOf(identity),
    endpoint: endpointClientName,
    known: known.map((one) => ({ address: one.address, identity: textOf(one.identity) })),
    passedOver,
    why: explainUnheard(why),
  }
}
const textOf = (octets: Uint8Array): string => Buffer.from(octets).toString()
