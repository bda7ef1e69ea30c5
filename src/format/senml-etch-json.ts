/** SenML-ETCH JSON: what FETCH asks for and iPATCH changes (RFC 8790; LwM2M Core §7.5.6). */
import { contentFormats, isFault, type Format } from './format.ts'
import { checked } from './nodes.ts'
import { decodeJsonRecords, encodeJsonRecords, senmlJson } from './senml-json.ts'
import { patchOf, patchRecordsOf } from './senml.ts'

/** Content-Format 320: composites only. In a patch, `"v":null` deletes a Resource Instance. */
export const senmlEtchJson: Format = {
  ...senmlJson,
  contentFormat: contentFormats.senmlEtchJson,
  name: 'senml-etch-json',
  decodePatch: (bytes, context) => {
    const records = decodeJsonRecords(bytes)
    return isFault(records) ? records : patchOf(records, context)
  },
  encodePatch: (patch, context) => {
    const sound = checked(patch.nodes, context)
    if (isFault(sound)) return sound
    const records = patchRecordsOf(patch, context)
    return isFault(records) ? records : encodeJsonRecords(records)
  },
}
