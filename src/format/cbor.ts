/** CBOR: one value as one item (RFC 8949; LwM2M Core 1.1.1 §7.4.3, 1.2 §7.5.3). */
import { readCbor } from './cbor-read.ts'
import { valueOf, writeValue } from './cbor-value.ts'
import { cborWriter } from './cbor-write.ts'
import { contentFormats, fault, isFault, type Format } from './format.ts'
import { checked, misplaced, single } from './nodes.ts'

/** Content-Format 60. Times are read as numbers, tagged or not, and as dates (tags 0 and 1); links are text, `object:instance`. */
export const cbor: Format = {
  contentFormat: contentFormats.cbor,
  name: 'cbor',
  structured: false,
  decode: (bytes, context) => {
    const wrong = misplaced(context)
    if (wrong !== undefined) return wrong
    const read = readCbor(bytes, { depth: 0 })
    if (isFault(read)) return read
    const type = context.typeOf(context.path)
    const value = valueOf(read.item, type)
    return value === undefined ? fault('type', `the item is no ${type ?? 'value'}`) : checked([{ path: context.path, value }], context)
  },
  encode: (nodes, context) => {
    const sound = checked(nodes, context)
    const node = isFault(sound) ? sound : single(sound, 'cbor')
    if (isFault(node)) return node
    if (node.time !== undefined) return fault('unsupported', 'cbor has no times')
    const writer = cborWriter()
    writeValue(writer, node.value, context.typeOf(node.path))
    return writer.bytes()
  },
}
