/** Object 30000 as the Leshan programs have it: a Resource of every type, and from 10 on the same with several Instances. */
import type { ObjectDefinition, ResourceDefinition } from '../../src/model/definition.ts'
import type { Value } from '../../src/model/value.ts'

export const types = ['string', 'integer', 'unsigned', 'float', 'boolean', 'opaque', 'time', 'objlnk'] as const
export const everyType: ObjectDefinition = {
  id: 30_000,
  name: 'Types',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: Object.fromEntries<ResourceDefinition>(
    types.flatMap((type, id): [number, ResourceDefinition][] => [
      [id, { name: type, operations: 'RW', multiple: false, mandatory: false, type }],
      [10 + id, { name: type, operations: 'RW', multiple: true, mandatory: false, type }],
    ]),
  ),
}
/** What the Resources hold at first. */
export const first: readonly Value[] = [
  'text',
  9_007_199_254_740_993n,
  18_446_744_073_709_551_615n,
  0.1,
  true,
  Uint8Array.of(0, 255),
  1_367_491_215,
  { object: 3, instance: 0 },
]
