/** Why a change of the data model is refused, and the code that says so (LwM2M Core §6.3, Transport §6.4). */
import type { Path } from './path.ts'

export type RefusalReason =
  | 'not-found' // no such Object, Object Instance, Resource or Resource Instance: 4.04
  | 'not-allowed' // the operation is not one for this place: 4.05
  | 'not-writable' // a Resource that cannot be written: 4.05
  | 'type' // a value that the Resource cannot hold: 4.00
  | 'range' // a value outside the Resource's bounds: 4.00
  | 'instances' // one value for a multiple Resource, or Resource Instances of a single one: 4.00
  | 'outside' // a value whose place is not within the path, or no value for a place: 4.00
  | 'mandatory' // a mandatory Resource would be missing: 4.00
  | 'reference' // a link, or a Short Server ID, of something that is not there: 4.00
  | 'exists' // the Object Instance to create is there: 4.00
  | 'ambiguous' // several Object Instances to create at once: 4.00
  | 'full' // no room for one more Object Instance: 5.00

export interface Refusal {
  readonly refused: RefusalReason
  readonly code: '4.00' | '4.04' | '4.05' | '5.00'
  /** The place that is to blame. */
  readonly path: Path
}

/** The response code of each reason. */
export const refusalCodes: Readonly<Record<RefusalReason, Refusal['code']>> = {
  'not-found': '4.04',
  'not-allowed': '4.05',
  'not-writable': '4.05',
  type: '4.00',
  range: '4.00',
  instances: '4.00',
  outside: '4.00',
  mandatory: '4.00',
  reference: '4.00',
  exists: '4.00',
  ambiguous: '4.00',
  full: '5.00',
}

export const isRefusal = <Result extends object>(result: Result | Refusal): result is Refusal => 'refused' in result

/** A refusal, ready to be answered. */
export const refuse = (refused: RefusalReason, path: Path): Refusal => ({ refused, code: refusalCodes[refused], path })
