/** What a client sends of its own accord, and whether it may: values of Objects that it has registered (LwM2M Core 1.2.2 §6.4.6). */
import { responses } from '../../message/code.ts'
import { formatPath, type PathString } from '../../model/path.ts'
import type { Inventory, Outcome, Send } from '../../operation/operation.ts'
import { absoluteTime, type TimedNode } from '../client/reading.ts'
import type { Registration } from '../registration.ts'

/** Values that a client sent. */
export interface SentValues {
  readonly endpointClientName: string
  /** In the order in which they came. Those without a time of their own have that of the receipt. */
  readonly nodes: readonly TimedNode[]
  /** Milliseconds since 1970 UTC. */
  readonly receivedAt: number
}

/** What a Send comes to: its values, or the code of why they are not taken. */
export const accept = ({ nodes }: Send, registration: Registration | undefined, receivedAt: number): SentValues | Outcome => {
  if (registration === undefined) return { code: responses.NotFound, diagnostic: 'no registered client' }
  if (nodes.length === 0) return { code: responses.BadRequest, diagnostic: 'nothing is sent' }
  const registered = registeredIn(registration.has)
  const stray = nodes.find(({ path }) => !registered.has(instanceOf(path)))
  if (stray !== undefined) return { code: responses.NotFound, diagnostic: `${instanceOf(stray.path)} is not registered` }
  const { endpointClientName } = registration
  return { endpointClientName, nodes: nodes.map((node) => ({ ...node, time: absoluteTime(node.time ?? 0, receivedAt) })), receivedAt }
}
export const isRefused = (taken: SentValues | Outcome): taken is Outcome => 'code' in taken

/** The Object Instances of a registration, found once for each. */
const registeredIn = (has: Inventory): ReadonlySet<PathString> => {
  const known = inventories.get(has) ?? new Set(has.objects.flatMap(({ path }) => (path.instance === undefined ? [] : [instanceOf(path)])))
  inventories.set(has, known)
  return known
}
const inventories = new WeakMap<Inventory, ReadonlySet<PathString>>()
const instanceOf = ({ object, instance }: { readonly object?: number | undefined; readonly instance?: number | undefined }): PathString =>
  formatPath({ object, instance })
