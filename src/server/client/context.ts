/** What is known of each client: its Objects in the versions that it registered, and where its data model hangs (LwM2M Core 1.2.2 §6.2.1, §7.2). */
import type { Definitions } from '../../model/definition.ts'
import { definitionsFor } from '../../objects/resolution.ts'
import type { OperationContext } from '../../operation/context.ts'
import type { Inventory } from '../../operation/operation.ts'
import type { Registration } from '../registration.ts'

/** The definitions that a client goes by. */
export type DefinitionsFor = (registration: Registration) => Definitions

/** The context of each registration, found once for each list of Objects; without a registration what is known to the server. */
export const contexts = (
  { formats, definitions }: OperationContext,
  of: DefinitionsFor = (registration) => definitionsFor(registration, definitions),
): ((registration?: Registration) => OperationContext) => {
  const base = { formats, definitions }
  const known = new WeakMap<Inventory, OperationContext>()
  return (registration) => {
    if (registration === undefined) return base
    const { has } = registration
    const found = known.get(has) ?? { formats, definitions: of(registration), ...(has.root === undefined ? {} : { root: has.root }) }
    known.set(has, found)
    return found
  }
}
