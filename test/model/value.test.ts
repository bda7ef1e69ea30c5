/** What a Resource can hold, and when two values are the same. */
import { describe, expect, expectTypeOf, it } from 'vitest'
import { defineObject, definitions, isMultiple, resourceOf, supporting, typeOf, type InstanceValues } from '../../src/model/definition.ts'
import { fits, isValues, normal, sameValue, whole, within, type ResourceType, type Value } from '../../src/model/value.ts'
import { device } from '../../src/objects/device.ts'
import { registry } from '../../src/objects/registry.ts'

describe('a value fits its type', () => {
  const octets = new Uint8Array(2)
  it.each<[ResourceType, Value, boolean]>([
    ['string', 'x', true],
    ['string', '\ud800', false],
    ['string', 1, false],
    ['integer', -(2n ** 63n), true],
    ['integer', 2n ** 63n, false],
    ['integer', 2 ** 53, false],
    ['integer', 1.5, false],
    ['integer', NaN, false],
    ['unsigned', 2n ** 64n - 1n, true],
    ['unsigned', 2n ** 64n, false],
    ['unsigned', -1, false],
    ['float', -0.5, true],
    ['float', 1n, false],
    ['boolean', true, true],
    ['boolean', 1, false],
    ['opaque', octets, true],
    ['opaque', 'AQ==', false],
    ['time', -1, true],
    ['time', 0.5, false],
    ['objlnk', { object: 65535, instance: 65535 }, true],
    ['objlnk', { object: 65536, instance: 0 }, false],
    ['objlnk', octets, false],
    ['corelnk', '</3/0>', true],
  ])('%s of %o: %s [LwM2M Core §C]', (type, value, expected) => expect(fits(type, value)).toBe(expected))
})

it('bounds are inclusive, of numbers and of lengths in octets', () => {
  expect([within(0, { min: 0 }), within(-1, { min: 0 }), within(5n, { max: 5 }), within(6n, { max: 5 })]).toEqual([
    true,
    false,
    true,
    false,
  ])
  expect([within('ü', { max: 1 }), within('ü', { max: 2 }), within(new Uint8Array(3), { min: 4 }), within(true, { min: 4 })]).toEqual([
    false,
    true,
    false,
    true,
  ])
})

it('whole numbers have one form, and octets are copied', () => {
  expect([whole(2n ** 53n - 1n), whole(2n ** 53n), normal(7n)]).toEqual([2 ** 53 - 1, 2n ** 53n, 7])
  const octets = Uint8Array.of(1)
  const kept = normal(octets)
  octets[0] = 2
  expect(kept).toEqual(Uint8Array.of(1))
})

it('sameness is of content', () => {
  const same: readonly (readonly [Value, Value])[] = [
    [NaN, NaN],
    [Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    [
      { object: 1, instance: 2 },
      { object: 1, instance: 2 },
    ],
  ]
  const different: readonly (readonly [Value, Value])[] = [
    [1, true],
    [Uint8Array.of(1), Uint8Array.of(1, 2)],
    [Uint8Array.of(1), Uint8Array.of(2)],
    [
      { object: 1, instance: 2 },
      { object: 1, instance: 3 },
    ],
    ['1', 1],
  ]
  expect([same.map(([a, b]) => sameValue(a, b)), different.map(([a, b]) => sameValue(a, b))]).toEqual([
    [true, true, true],
    [false, false, false, false, false],
  ])
})

it('a link is not taken for Resource Instances', () => {
  expect([isValues({ object: 1, instance: 2 }), isValues({ 0: 1 }), isValues({}), isValues(new Uint8Array(1))]).toEqual([
    false,
    true,
    true,
    false,
  ])
})

describe('definitions', () => {
  it('say type and multiplicity of a place', () => {
    const place = { object: 3, instance: 0, resource: 11, resourceInstance: 0 }
    expect([typeOf(registry)(place), isMultiple(registry)(place), resourceOf(registry, place)?.name]).toEqual([
      'integer',
      true,
      'Error Code',
    ])
    expect([typeOf(registry)({ object: 3 }), isMultiple(registry)({ object: 77, instance: 0, resource: 0 })]).toEqual([
      undefined,
      undefined,
    ])
  })
  it('can be narrowed to what a device has', () => {
    const narrowed = supporting(device, [0, 13])
    expect(Object.keys(narrowed.resources)).toEqual(['0', '4', '11', '13', '16'])
    expect(resourceOf(definitions([narrowed]), { object: 3, instance: 0, resource: 14 })).toBeUndefined()
  })
  it("give an application's own Objects their types", () => {
    const lamp = defineObject({
      ...{ id: 26241, name: 'Lamp', version: '1.0', multiple: true, mandatory: false },
      resources: {
        0: { name: 'On', operations: 'RW', multiple: false, mandatory: true, type: 'boolean' },
        1: { name: 'Colours', operations: 'RW', multiple: true, mandatory: false, type: 'string' },
      },
    })
    expectTypeOf<InstanceValues<typeof lamp>>().toEqualTypeOf<{ readonly 0?: boolean; readonly 1?: Readonly<Record<number, string>> }>()
    expect(lamp.id).toBe(26241)
  })
})
