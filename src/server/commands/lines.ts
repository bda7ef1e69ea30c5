/** Commands that wait: a line for each client, in the order in which it will do them (LwM2M Transport 1.2.2 §6.5). */
import { byId, type KeptCommand } from './command.ts'

/** The lines of all clients. */
export interface Lines {
  /** False when it was there already. */
  readonly enter: (one: KeptCommand) => boolean
  /** False when it had left before. */
  readonly leave: (one: KeptCommand) => boolean
  readonly clear: () => void
  /** Of one client. */
  readonly of: (endpointClientName: string) => readonly KeptCommand[]
  readonly all: () => readonly KeptCommand[]
  /** The clients who have some. */
  readonly names: () => Iterable<string>
  /** How many there are. */
  readonly count: () => number
}

/** Empty lines. */
export const emptyLines = (): Lines => {
  const lines = new Map<string, readonly KeptCommand[]>()
  const ids = new Set<string>()
  const of = (name: string) => lines.get(name) ?? []
  return {
    enter: (one) => {
      if (ids.has(one.id)) return false
      ids.add(one.id)
      lines.set(one.endpointClientName, [...of(one.endpointClientName), one].sort(byId))
      return true
    },
    leave: ({ id, endpointClientName }) => {
      if (!ids.delete(id)) return false
      const rest = of(endpointClientName).filter((each) => each.id !== id)
      if (rest.length === 0) lines.delete(endpointClientName)
      else lines.set(endpointClientName, rest)
      return true
    },
    clear: () => {
      ids.clear()
      lines.clear()
    },
    of,
    all: () => [...lines.values()].flat(),
    names: () => lines.keys(),
    count: () => ids.size,
  }
}
