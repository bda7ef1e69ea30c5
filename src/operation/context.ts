/** What translating an operation to CoAP and back needs to know (LwM2M Transport §6.4). */
import type { Format } from '../format/format.ts'
import type { Definitions } from '../model/definition.ts'

/** Formats, types of Resources, and where the data model hangs. */
export interface OperationContext {
  /** Where the client's data model hangs, if not at `/`: segments without a number, as `/lwm2m` (LwM2M Transport §6.4.1). */
  readonly root?: string
  /** By content format number. */
  readonly formats: ReadonlyMap<number, Format>
  /** Types of Resources, by Object ID. */
  readonly definitions: Definitions
}
