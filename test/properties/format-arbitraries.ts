/** Values of every type, and nodes in their places, for the laws of the formats. */
import fc from 'fast-check'
import type { FormatContext, Node } from '../../src/format/format.ts'
import type { Path } from '../../src/model/path.ts'
import { whole, type ResourceType, type Value } from '../../src/model/value.ts'

export const types: readonly ResourceType[] = ['string', 'integer', 'unsigned', 'float', 'boolean', 'opaque', 'time', 'objlnk', 'corelnk']

const edges = (max: bigint) =>
  [0n, 1n, 127n, 128n, 255n, 256n, 32767n, 32768n, 65535n, 65536n, 2n ** 31n, 2n ** 32n, 2n ** 53n, max].filter((edge) => edge <= max)
const id16 = fc.integer({ min: 0, max: 65535 })
const id = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 65534 }))
const text = fc.string({ unit: 'binary', maxLength: 300 })

export const valueOf: Readonly<Record<ResourceType, fc.Arbitrary<Value>>> = {
  string: text,
  corelnk: text,
  integer: fc
    .oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.constantFrom(...edges(2n ** 63n - 1n).flatMap((edge) => [edge, -edge, -edge - 1n])),
    )
    .map(whole),
  unsigned: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(...edges(2n ** 64n - 1n))).map(whole),
  float: fc.oneof(
    fc.double(),
    fc.float(),
    fc.integer().map((value) => value / 8),
    fc.constantFrom(-0, 65504, 65505, 2 ** -24, 2 ** -14, 1 / 3),
  ),
  boolean: fc.boolean(),
  opaque: fc.uint8Array({ maxLength: 300 }),
  time: fc.maxSafeInteger(),
  objlnk: fc.record({ object: id16, instance: id16 }),
}

/** One Resource: its path, its type, and one or several values. */
interface Resource {
  readonly type: ResourceType
  readonly nodes: readonly Node[]
}
const resourceAt = (path: Path): fc.Arbitrary<Resource> =>
  fc.constantFrom(...types).chain((type) =>
    fc.oneof(
      valueOf[type].map((value) => ({ type, nodes: [{ path, value }] })),
      fc
        .uniqueArray(fc.tuple(id, valueOf[type]), { selector: ([each]) => each, minLength: 1, maxLength: 5 })
        .map((entries) => ({ type, nodes: entries.map(([resourceInstance, value]) => ({ path: { ...path, resourceInstance }, value })) })),
    ),
  )

/** Nodes at or below a path, and the context that knows them. */
export interface Sample {
  readonly nodes: readonly Node[]
  readonly context: FormatContext
}
const key = ({ object, instance, resource }: Path) => `${object}/${instance}/${resource}`
const sample = (path: Path, resources: readonly Resource[]): Sample => {
  const known = new Map(
    resources.map(({ type, nodes }) => [key(nodes[0]!.path), { type, multiple: nodes[0]!.path.resourceInstance !== undefined }]),
  )
  return {
    nodes: resources.flatMap(({ nodes }) => nodes),
    context: { path, typeOf: (at) => known.get(key(at))?.type, isMultiple: (at) => known.get(key(at))?.multiple },
  }
}
const resourcesOf = (object: number, instance: number) =>
  fc.uniqueArray(id, { maxLength: 6 }).chain((ids) => fc.tuple(...ids.map((resource) => resourceAt({ object, instance, resource }))))

/** An Object Instance read, or an Object. */
export const instanceSample: fc.Arbitrary<Sample> = fc
  .tuple(id, id)
  .chain(([object, instance]) => resourcesOf(object, instance).map((all) => sample({ object, instance }, all)))
export const objectSample: fc.Arbitrary<Sample> = fc
  .tuple(id, fc.uniqueArray(id, { maxLength: 3 }))
  .chain(([object, instances]) =>
    fc.tuple(...instances.map((instance) => resourcesOf(object, instance))).map((all) => sample({ object }, all.flat())),
  )
/** A Resource read. */
export const resourceSample: fc.Arbitrary<Sample> = fc
  .tuple(id, id, id)
  .chain(([object, instance, resource]) =>
    resourceAt({ object, instance, resource }).map((one) => sample({ object, instance, resource }, [one])),
  )
/** One value read: a single Resource, or a Resource Instance. */
export const valueSample: fc.Arbitrary<Sample> = resourceSample.map(({ nodes, context }) => ({
  nodes: nodes.slice(0, 1),
  context: { ...context, path: nodes[0]!.path },
}))
