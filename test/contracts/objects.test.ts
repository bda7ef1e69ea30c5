/** What every Object file keeps: found by its folder, an Object is data that contradicts neither itself nor another. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { ExecutableId, InstanceValues, ObjectDefinition, ResourceDefinition } from '../../src/model/definition.ts'
import type { device } from '../../src/objects/device.ts'
import { objects, registry } from '../../src/objects/registry.ts'

const folder = new URL('../../src/objects/', import.meta.url)
const isDefinition = (value: unknown): value is ObjectDefinition => typeof value === 'object' && value !== null && 'resources' in value
const files = await Promise.all(
  readdirSync(folder)
    .filter((file) => file !== 'registry.ts')
    .map(async (file) => ({
      file,
      first: readFileSync(new URL(file, folder), 'utf8').split('\n')[0]!,
      definitions: Object.values((await import(new URL(file, folder).href)) as Record<string, unknown>).filter(isDefinition),
    })),
)

it('the registry lists every Object of the folder, by ascending ID, once', () => {
  const ids = files.flatMap(({ definitions }) => definitions.map(({ id }) => id))
  expect(objects.map(({ id }) => id)).toEqual(ids.sort((a, b) => a - b))
  expect(registry.size).toBe(ids.length)
})

describe.each(files)('$file', ({ file, first, definitions: [definition, ...more] }) => {
  const resources = Object.entries<ResourceDefinition>(definition!.resources)
  it('is one Object, whose first line says which and where it is defined', () => {
    expect(more).toEqual([])
    expect(first).toMatch(new RegExp(`^/\\*\\* Object ${definition!.id}, .* \\(.*\\)\\. \\*/$`))
    expect(definition!.name.toLowerCase()).toContain(file.replace('.ts', '').replaceAll('-', ' '))
  })
  it('has IDs that a path can name, and a version', () => {
    for (const id of [definition!.id, ...resources.map(([each]) => Number(each))])
      expect(Number.isInteger(id) && id >= 0 && id < 65535).toBe(true)
    expect(definition!.version).toMatch(/^\d\.\d$/)
  })
  it('has Resources with names of their own', () => {
    expect(new Set(resources.map(([, { name }]) => name)).size).toBe(resources.length)
    for (const [, { name }] of resources) expect(name.trim()).toBe(name)
  })
  it('gives a type to what holds a value, and only to that', () => {
    for (const [id, { operations, type }] of resources) expect(type === undefined, `Resource ${id}`).toBe(operations === 'E')
  })
  it('has bounds only where something can be counted, the right way round', () => {
    for (const [id, { range, type }] of resources) {
      if (range === undefined) continue
      expect(['integer', 'unsigned', 'float', 'time', 'string', 'opaque'], `Resource ${id}`).toContain(type)
      expect((range.min ?? -Infinity) <= (range.max ?? Infinity)).toBe(true)
    }
  })
  it('executes nothing several times', () => {
    for (const [id, { operations, multiple }] of resources) expect(operations === 'E' && multiple, `Resource ${id}`).toBe(false)
  })
})

it("a value's type follows from its path", () => {
  type Device = InstanceValues<typeof device>
  expectTypeOf<Device[0]>().toEqualTypeOf<string | undefined>()
  expectTypeOf<Device[6]>().toEqualTypeOf<Readonly<Record<number, number | bigint>> | undefined>()
  expectTypeOf<Device[13]>().toEqualTypeOf<number | undefined>()
  expectTypeOf<keyof Device>().not.toEqualTypeOf<4>()
  expectTypeOf<ExecutableId<typeof device>>().toEqualTypeOf<4 | 5 | 12>()
  const values: Device = { 0: 'maker', 6: { 0: 1 }, 9: 50 }
  // @ts-expect-error: a Battery Level is a number
  const wrong: Device = { 9: '50' }
  // @ts-expect-error: Reboot holds nothing
  const executed: Device = { 4: 1 }
  expect([values, wrong, executed]).toHaveLength(3)
})
