/** SenML-ETCH JSON: what FETCH asks for and iPATCH changes (RFC 8790; LwM2M Core §7.5.6). */
import { contentFormats, fault, isFault, type Format } from './format.ts'
import { checked } from './nodes.ts'
import { decodeJsonRecords, encodeJsonRecords, senmlJson } from './senml-json.ts'
import { patchOf, patchRecordsOf, pathsOf } from './senml.ts'

/** The only labels of a record that asks (RFC 8790 §3.1). */
const asking: ReadonlySet<string> = new Set(['n', 'bn', 't', 'bt', 'u', 'bu'])

/** Content-Format 320: composites only. In a patch, `"v":null` deletes a Resource Instance. */
export const senmlEtchJson: Format = {
  ...senmlJson,
  contentFormat: contentFormats.senmlEtchJson,
  name: 'senml-etch-json',
  decodePaths: (bytes, context) => {
    const records = decodeJsonRecords(bytes, asking)
    if (isFault(records)) return records
    return records.length === 0 ? fault('malformed', 'nothing is asked for') : pathsOf(records, context)
  },
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
