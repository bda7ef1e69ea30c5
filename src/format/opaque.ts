/** Opaque: the octets of one value as they are (LwM2M Core §7.4.3). */
import { contentFormats, fault, isFault, type Format } from './format.ts'
import { misplaced, single } from './nodes.ts'

/** Content-Format 42, for Resources of type opaque. */
export const opaque: Format = {
  contentFormat: contentFormats.opaque,
  name: 'opaque',
  structured: false,
  decode: (bytes, context) => {
    const wrong = misplaced(context)
    if (wrong !== undefined) return wrong
    const type = context.typeOf(context.path) ?? 'opaque'
    return type === 'opaque' ? [{ path: context.path, value: new Uint8Array(bytes) }] : fault('type', `octets are no ${type}`)
  },
  encode: (nodes) => {
    const node = single(nodes, 'opaque')
    if (isFault(node)) return node
    return node.value instanceof Uint8Array ? node.value : fault('unsupported', 'the value is not octets')
  },
}
