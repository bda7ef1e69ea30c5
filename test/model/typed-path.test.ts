/** A path that is written out tells TypeScript what is there. */
import { describe, expectTypeOf, it } from 'vitest'
import { defineObject } from '../../src/model/definition.ts'
import type { PathString } from '../../src/model/path.ts'
import type { Anything, ValueAt } from '../../src/model/typed-path.ts'
import type { ObjectLink } from '../../src/model/value.ts'
import type { KnownObjects, ValueAtPath } from '../../src/objects/known.ts'

const read = <const At extends PathString>(path: At): ValueAtPath<At> => path as never

describe('the type of a value at a path', () => {
  it('is that of the Resource', () => {
    expectTypeOf(read('/3/0/9')).toEqualTypeOf<number>()
    expectTypeOf(read('/3/0/0')).toEqualTypeOf<string>()
    expectTypeOf(read('/3/0/10')).toEqualTypeOf<number | bigint>()
    expectTypeOf(read('/1/0/6')).toEqualTypeOf<boolean>()
    expectTypeOf(read('/1/0/10')).toEqualTypeOf<ObjectLink>()
    expectTypeOf(read('/5/0/3')).toEqualTypeOf<number>()
    expectTypeOf(read('/6/0/4')).toEqualTypeOf<Uint8Array>()
    expectTypeOf(read('/22/0/1')).toEqualTypeOf<string>()
    expectTypeOf(read('/3303/0/5700')).toEqualTypeOf<number>()
    expectTypeOf(read('/3303/0/5518')).toEqualTypeOf<number>()
    expectTypeOf(read('/3342/7/5500')).toEqualTypeOf<boolean>()
  })
  it('is a record of several, and one of a Resource Instance', () => {
    expectTypeOf(read('/3/0/11')).toEqualTypeOf<Readonly<Record<number, number>>>()
    expectTypeOf(read('/3/0/11/0')).toEqualTypeOf<number>()
    expectTypeOf(read('/3/0/22/65534')).toEqualTypeOf<ObjectLink>()
    expectTypeOf(read('/4/0/4/0')).toEqualTypeOf<string>()
  })
  it('is nothing for what is executed, and no single value for what is larger than a Resource', () => {
    expectTypeOf(read('/3/0/4')).toEqualTypeOf<never>()
    expectTypeOf(read('/3/0')).toEqualTypeOf<undefined>()
    expectTypeOf(read('/3')).toEqualTypeOf<undefined>()
    expectTypeOf(read('/')).toEqualTypeOf<undefined>()
  })
  it('is that of the Resource whatever the Object Instance', () => {
    const instance = 3 as number
    expectTypeOf(read(`/3303/${instance}/5700`)).toEqualTypeOf<number>()
  })
  it('can be anything where the path does not tell', () => {
    expectTypeOf(read('/3/0/99')).toEqualTypeOf<Anything>()
    expectTypeOf(read('/4711/0/1')).toEqualTypeOf<Anything>()
    const anywhere: PathString = '/3/0/9'
    expectTypeOf(read(anywhere)).toEqualTypeOf<Anything>()
    expectTypeOf(read('/3303/0/5850')).toEqualTypeOf<Anything>()
    const resource = 9 as number
    expectTypeOf(read(`/3/0/${resource}`)).toEqualTypeOf<Anything>()
  })
  it('is known of definitions of an application too', () => {
    const mine = defineObject({
      id: 32769,
      name: 'Mine',
      version: '1.0',
      multiple: false,
      mandatory: false,
      resources: { 1: { name: 'Word', operations: 'R', multiple: false, mandatory: true, type: 'string' } },
    })
    type Mine = KnownObjects & { readonly [mine.id]: typeof mine }
    expectTypeOf<ValueAt<'/32769/0/1', Mine>>().toEqualTypeOf<string>()
    expectTypeOf<ValueAt<'/3/0/9', Mine>>().toEqualTypeOf<number>()
  })
})
