/** The one runner of `format-*.json`: octets that the standards or devices wrote, and what they mean. A new vector is a line, a new format a file. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isFault, type FormatContext, type FormatFault, type Node, type Patch } from '../../src/format/format.ts'
import { formatOf, formats } from '../../src/format/formats.ts'
import { isMultiple, typeOf } from '../../src/model/definition.ts'
import { formatPath, parsePath, type Path } from '../../src/model/path.ts'
import type { ResourceType, Value } from '../../src/model/value.ts'
import { registry } from '../../src/objects/registry.ts'

/** A value as JSON can say it. */
type Written =
  string | number | boolean | { readonly integer?: string; readonly float?: string; readonly octets?: string; readonly link?: string }
interface Vector {
  readonly name: string
  readonly source: string
  readonly contentFormat: number
  readonly path: string
  readonly root?: string
  readonly prefix?: string
  readonly hex?: string
  readonly text?: string
  /** The types of Resources that the registry does not know, and which of them have Resource Instances. */
  readonly types?: Readonly<Record<string, ResourceType>>
  readonly multiple?: readonly string[]
  /** What comes out: values (with `deleted`, a patch), places, or a fault. */
  readonly nodes?: readonly (readonly [path: string, value: Written, time?: number])[]
  readonly deleted?: readonly string[]
  readonly paths?: readonly string[]
  readonly fault?: FormatFault['fault']
  /** What a faulty payload is taken for. Default: values. */
  readonly as?: 'paths' | 'patch'
  /** Read only: we write the same in other octets. */
  readonly only?: 'decode'
}

const folder = new URL('./', import.meta.url)
const vectors = readdirSync(folder)
  .filter((name) => /^format-.*\.json$/.test(name))
  .flatMap((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Vector[])

const place = (text: string): Path => {
  const path = parsePath(text)
  if (path !== undefined) return path
  const [object, instance, resource, resourceInstance] = text.slice(1).split('/').map(Number)
  return { object, instance, resource, resourceInstance }
}
const resourceName = ({ object, instance, resource }: Path) => formatPath({ object, instance, resource })
const contextOf = ({ path, root, prefix, types = {}, multiple = [] }: Vector): FormatContext => ({
  path: place(path),
  typeOf: (at) => types[resourceName(at)] ?? typeOf(registry)(at),
  isMultiple: (at) => multiple.includes(resourceName(at)) || isMultiple(registry)(at),
  ...(root === undefined ? {} : { root }),
  ...(prefix === undefined ? {} : { prefix }),
})
const valueOf = (written: Written): Value => {
  if (typeof written !== 'object') return written
  if (written.integer !== undefined) return BigInt(written.integer)
  if (written.float !== undefined) return Number(written.float)
  if (written.octets !== undefined) return new Uint8Array(Buffer.from(written.octets, 'hex'))
  const [object, instance] = written.link!.split(':').map(Number)
  return { object: object!, instance: instance! }
}
const nodesOf = ({ nodes = [] }: Vector): readonly Node[] =>
  nodes.map(([path, value, time]) => ({ path: place(path), value: valueOf(value), ...(time === undefined ? {} : { time }) }))
const shown = (nodes: readonly Node[]) => nodes.map((node) => ({ ...node, path: formatPath(node.path) }))
const bytesOf = ({ hex, text = '' }: Vector) =>
  hex === undefined ? new TextEncoder().encode(text) : new Uint8Array(Buffer.from(hex, 'hex'))
/** Octets as the vector writes them, to compare. */
const written = ({ hex }: Vector, bytes: Uint8Array | FormatFault) =>
  isFault(bytes) ? bytes : hex === undefined ? new TextDecoder().decode(bytes) : Buffer.from(bytes).toString('hex')

describe.each(vectors.map((vector) => ({ vector, title: `${vector.contentFormat}: ${vector.name} [${vector.source}]` })))(
  '$title',
  ({ vector }) => {
    const format = formatOf(vector.contentFormat)!
    const context = contextOf(vector)
    const asPaths = vector.paths !== undefined || vector.as === 'paths'
    const asPatch = vector.deleted !== undefined || vector.as === 'patch'
    it('is read', () => {
      const bytes = bytesOf(vector)
      const result = asPaths
        ? format.decodePaths!(bytes, context)
        : asPatch
          ? format.decodePatch!(bytes, context)
          : format.decode(bytes, context)
      if (vector.fault !== undefined) expect(result).toMatchObject({ fault: vector.fault })
      else if (isFault(result)) expect.unreachable(`${result.fault}: ${result.detail}`)
      else if (asPaths) expect((result as readonly Path[]).map(formatPath)).toEqual(vector.paths)
      else if (asPatch) {
        expect(shown((result as Patch).nodes)).toEqual(shown(nodesOf(vector)))
        expect((result as Patch).deleted.map(formatPath)).toEqual(vector.deleted)
      } else expect(shown(result as readonly Node[])).toEqual(shown(nodesOf(vector)))
    })
    if (vector.fault === undefined && vector.only !== 'decode')
      it('is written with the same octets', () => {
        const nodes = nodesOf(vector)
        const bytes = asPaths
          ? format.encodePaths!(vector.paths!.map(place), context)
          : asPatch
            ? format.encodePatch!({ nodes, deleted: vector.deleted!.map(place) }, context)
            : format.encode(nodes, context)
        expect(written(vector, bytes)).toBe(vector.hex ?? vector.text)
      })
  },
)

it.each(formats)('$name has vectors', ({ contentFormat }) => {
  expect(vectors.some((vector) => vector.contentFormat === contentFormat)).toBe(true)
})
