/** Object 22 for a device: servers write what is to be watched, and observe the report (the OMA registry). */
import type { Values } from '../model/value.ts'
import { virtualObserveNotify } from '../objects/virtual-observe-notify.ts'
import type { ClientObject } from '../operation/object.ts'

/** What is watched from the beginning: links with criteria, `</3303/0/5700>;gt=30;pmin=5`. */
export interface VirtualObserve {
  readonly links?: readonly string[]
  /** What is reported instead. */
  readonly report?: readonly string[]
  /** Only what changed since the last report. */
  readonly changed?: boolean
  /** When any of the links (the default) or every one has met its criteria. */
  readonly when?: 'any' | 'every'
  /** The content format of Resource 6; Resource 1 is SenML JSON. Default: SenML CBOR. */
  readonly format?: number
}

/** The Object with so many Instances: `virtualObserveObject([{}])`. */
export const virtualObserveObject = (instances: readonly VirtualObserve[]): ClientObject => ({
  definition: virtualObserveNotify,
  instances: Object.fromEntries(
    instances.map(({ links = [], report = [], changed = false, when = 'any', format = 112 }, id) => [
      id,
      { 0: valuesOf(links), 1: '', 2: changed, 3: valuesOf(report), 4: when === 'every' ? 1 : 0, 5: format, 6: new Uint8Array() },
    ]),
  ),
})
const valuesOf = (texts: readonly string[]): Values => Object.fromEntries(texts.map((text, id) => [id, text]))
