/** What every Object file keeps: found by its folder, an Object is data that contradicts neither itself nor another, in each of its versions. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { ExecutableId, InstanceValues, ObjectDefinition, ResourceDefinition } from '../../src/model/definition.ts'
import type { device } from '../../src/objects/device.ts'
import { ipso, ipsoObjects } from '../../src/objects/ipso.ts'
import { allVersions, objects, registry } from '../../src/objects/registry.ts'
import { numbersOf, versionsOf } from '../../src/objects/resolution.ts'
import { reusable } from '../../src/objects/reusable.ts'
import { temperature } from '../../src/objects/temperature.ts'

const folder = new URL('../../src/objects/', import.meta.url)
/** Files of the folder that are about Objects, but are none. */
const others = new Set([
  'registry.ts',
  'resolution.ts',
  'known.ts',
  'ipso.ts',
  'reusable.ts',
  'index.ts',
  'xml.ts',
  'xml-range.ts',
  'xml-tree.ts',
  'source.ts',
])
const isDefinition = (value: unknown): value is ObjectDefinition => typeof value === 'object' && value !== null && 'resources' in value
const files = await Promise.all(
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !others.has(file))
    .map(async (file) => {
      const exported = (await import(new URL(file, folder).href)) as Record<string, unknown>
      return {
        file,
        first: readFileSync(new URL(file, folder), 'utf8').split('\n')[0]!,
        definitions: Object.values(exported).filter(isDefinition),
        versions: exported['versions'] as readonly ObjectDefinition[] | undefined,
      }
    }),
)
const named = ({ id, name, version }: ObjectDefinition) => `${id} ${name} ${version}`
const resourcesOf = ({ resources }: ObjectDefinition): readonly (readonly [string, ResourceDefinition])[] => Object.entries(resources)
const numbers = (version: string) => numbersOf(version)!

describe('the registry', () => {
  it('lists every version of every Object of the folder, by ascending ID, then version, once', () => {
    const order = allVersions.map(({ id, version }) => id * 1e6 + numbers(version).major * 1e3 + numbers(version).minor)
    expect(order).toEqual([...new Set(order)].sort((a, b) => a - b))
    for (const { file, definitions, versions } of files)
      for (const definition of versions ?? definitions)
        expect(
          allVersions.some((one) => one.id === definition.id && one.version === definition.version),
          file,
        ).toBe(true)
  })
  it('has the newest of each to look types up in', () => {
    expect(registry.size).toBe(objects.length)
    for (const [id, definition] of registry) expect(versionsOf(id).at(-1)).toBe(definition)
  })
  it('has the Objects that it should: 0-7, 9-16, 19-23, 25, and the IPSO Objects 3200-3203, 3300-3350', () => {
    const ids = objects.map(({ id }) => id)
    expect(ids.slice(0, 22)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 25])
    expect(ids.slice(22)).toEqual(Object.keys(ipsoObjects).map(Number))
    expect(ids).toHaveLength(75)
  })
})

describe.each(files)('$file', ({ file, first, definitions: [definition, ...more], versions }) => {
  it('is one Object, whose first line says which and where it is defined', () => {
    expect(more).toEqual([])
    expect(first).toMatch(new RegExp(`^/\\*\\* Object ${definition!.id}, .* \\(.*\\)\\. \\*/$`))
    const words = first.replace(/^.*?, /, '').toLowerCase()
    expect(
      `${definition!.name} ${words}`.toLowerCase().replace('devcapmgmt', 'device-capability-management').replaceAll(/[ -]/g, ''),
    ).toContain(file.replace('.ts', '').replaceAll('-', ''))
  })
  it('is, among its versions, the one that the registry has', () => {
    expect(versionsOf(definition!.id).find(({ version }) => version === definition!.version)).toEqual(definition)
    if (versions !== undefined) expect(versions).toContain(definition)
  })
})

describe.each(allVersions.map((definition) => [named(definition), definition] as const))('%s', (_, definition) => {
  const resources = resourcesOf(definition)
  it('has IDs that a path can name, and a version', () => {
    for (const id of [definition.id, ...resources.map(([each]) => Number(each))])
      expect(Number.isInteger(id) && id >= 0 && id < 65535).toBe(true)
    expect(numbersOf(definition.version)).toBeDefined()
    expect(resources.length).toBeGreaterThan(0)
  })
  it('has Resources with names of their own', () => {
    expect(new Set(resources.map(([, { name }]) => name)).size).toBe(resources.length)
    for (const [, { name }] of resources) expect(name).toMatch(/^\S(.*\S)?$/)
  })
  it('gives a type to what holds a value, and only to that', () => {
    for (const [id, { operations, type, units }] of resources) {
      expect(type === undefined, `Resource ${id}`).toBe(operations === 'E')
      if (type === undefined) expect(units, `Resource ${id}`).toBeUndefined()
    }
  })
  it('has bounds only where something can be counted, the right way round, and none that a number cannot say', () => {
    for (const [id, { range, type }] of resources) {
      if (range === undefined) continue
      expect(['integer', 'unsigned', 'float', 'time', 'string', 'opaque'], `Resource ${id}`).toContain(type)
      expect((range.min ?? -Infinity) <= (range.max ?? Infinity)).toBe(true)
      const said = [range.min, range.max, ...(range.oneOf ?? [])].filter((bound) => bound !== undefined)
      expect(said.length).toBeGreaterThan(0)
      if (type !== 'float') for (const bound of said) expect(Number.isSafeInteger(bound)).toBe(true)
      if (type === 'string' || type === 'opaque' || type === 'unsigned') for (const bound of said) expect(bound).toBeGreaterThanOrEqual(0)
    }
  })
  it('executes nothing several times', () => {
    for (const [id, { operations, multiple }] of resources) expect(operations === 'E' && multiple, `Resource ${id}`).toBe(false)
  })
  it('hides from servers only what is for bootstrap, or is sent', () => {
    const hidden = resources.filter(([, { operations }]) => operations === '').map(([id]) => Number(id))
    if (![0, 1, 21, 23].includes(definition.id)) expect(hidden).toEqual(definition.id === 20 && definition.version === '2.1' ? [4016] : [])
    if ([0, 21, 23].includes(definition.id)) expect(hidden).toHaveLength(resources.length)
  })
})

/** What the registry itself breaks: `object from>to`. */
const broken: Readonly<Record<string, string>> = { '10 1.0>1.1': 'the Serving PLMN Rate control went to Object 11' }
const steps = allVersions.flatMap((after, index) => {
  const before = allVersions[index - 1]
  return before?.id === after.id && numbers(before.version).major === numbers(after.version).major ? [[before, after] as const] : []
})
it.each(steps.map(([before, after]) => [`${before.id} ${before.version}>${after.version}`, before, after] as const))(
  'a minor version only adds what is optional: %s [LwM2M Core §7.2]',
  (name, before, after) => {
    const left = resourcesOf(before).filter(([id, { type, multiple }]) => {
      const now = after.resources[Number(id)]
      return now === undefined || now.type !== type || now.multiple !== multiple
    })
    const added = resourcesOf(after).filter(([id, { mandatory }]) => before.resources[Number(id)] === undefined && mandatory)
    expect([...left, ...added].length > 0).toBe(name in broken)
    expect(after.multiple).toBe(before.multiple)
  },
)

describe('IPSO Objects', () => {
  it('give every reusable Resource the meaning it has everywhere, and use each of them', () => {
    const used = new Set<string>()
    for (const definition of allVersions.filter(({ id }) => id >= 3200))
      for (const [id, resource] of resourcesOf(definition)) {
        used.add(id)
        expect({ ...reusable[Number(id) as keyof typeof reusable], mandatory: resource.mandatory }).toEqual(resource)
      }
    expect([...used].sort()).toEqual(Object.keys(reusable).sort())
  })
  it('are made by their ID, in version 1.0 unless 1.1 is asked for', () => {
    expect(ipso(3303)).toEqual(temperature)
    const { 5518: timestamp } = ipso(3303, '1.1').resources
    expect(timestamp.name).toBe('Timestamp')
    expect(() => ipso(3311, '1.1')).toThrow('no version 1.1')
    expectTypeOf<InstanceValues<ReturnType<typeof ipso<3311>>>[5851]>().toEqualTypeOf<number | undefined>()
    // @ts-expect-error: a Timestamp came with version 1.1
    const { 5518: absent } = ipso(3303).resources
    expect(absent).toBeUndefined()
  })
})

it("a value's type follows from its path", () => {
  type Device = InstanceValues<typeof device>
  expectTypeOf<Device[0]>().toEqualTypeOf<string | undefined>()
  expectTypeOf<Device[6]>().toEqualTypeOf<Readonly<Record<number, number>> | undefined>()
  expectTypeOf<Device[10]>().toEqualTypeOf<number | bigint | undefined>()
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
