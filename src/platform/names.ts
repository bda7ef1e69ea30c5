/** One string per peer, ready-made: it is a key everywhere above, and composing it costs more than looking it up. */
import type { Remote } from '../core/ports.ts'

/** The name of an address and port. So many are remembered, then all are forgotten, which costs a little and changes nothing. */
export const names = (
  make: (address: string, port: number) => Remote,
  limit: number = 1 << 16,
): ((address: string, port: number) => Remote) => {
  const ports = new Map<number, Map<string, Remote>>()
  let count = 0
  const learn = (address: string, port: number): Remote => {
    if (count++ >= limit) {
      ports.clear()
      count = 1
    }
    const remote = make(address, port)
    const addresses = ports.get(port)
    if (addresses === undefined) ports.set(port, new Map([[address, remote]]))
    else addresses.set(address, remote)
    return remote
  }
  return (address, port) => ports.get(port)?.get(address) ?? learn(address, port)
}
