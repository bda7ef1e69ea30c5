/** In which content format a client is written to (LwM2M Core 1.2.2 §6.1.7.1, §6.1.7.5). */
import { contentFormats } from '../../format/format.ts'
import type { BootstrapOperation } from '../../operation/operation.ts'

/** The preferred format first; a client that names none is of LwM2M 1.0 until it says otherwise, and that knows TLV. */
export const formatsFor = (operation: BootstrapOperation | undefined, known: readonly number[]): readonly number[] => {
  const pct = operation?.type === 'bootstrap-request' ? operation.pct : undefined
  return preferred(pct === undefined ? [contentFormats.tlv] : [pct], known)
}
/** Those that are spoken here, these first. */
export const preferred = (first: readonly number[], known: readonly number[]): readonly number[] => {
  const order = [...first, contentFormats.senmlCbor, contentFormats.senmlJson, contentFormats.lwm2mCbor, contentFormats.tlv]
  return [...new Set(order)].filter((format) => known.includes(format))
}
