/** SenML-ETCH CBOR: which places to read, and what to change or delete, all or nothing (RFC 8790 §3; LwM2M Core §7.4.6). */
import { contentFormats, isFault, type Format } from './format.ts'
import { checked } from './nodes.ts'
import { decodeRecords, encodeRecords, senmlCbor } from './senml-cbor.ts'
import { nodesOf, patchOf, patchRecordsOf } from './senml.ts'

/** Content-Format 322: composites only. In a patch, `v: null` deletes a Resource Instance. */
export const senmlEtchCbor: Format = {
  ...senmlCbor,
  contentFormat: contentFormats.senmlEtchCbor,
  name: 'senml-etch-cbor',
  decode: (bytes, context) => {
    const records = decodeRecords(bytes)
    return isFault(records) ? records : nodesOf(records, context)
  },
  decodePatch: (bytes, context) => {
    const records = decodeRecords(bytes)
    return isFault(records) ? records : patchOf(records, context)
  },
  encodePatch: (patch, context) => {
    const sound = checked(patch.nodes, context)
    if (isFault(sound)) return sound
    const records = patchRecordsOf(patch, context)
    if (isFault(records)) return records
    const types = patch.nodes.map(({ path }) => context.typeOf(path))
    return encodeRecords(records, (index) => types[index])
  },
}
