/** What servers, bootstrap and the application may change, what refuses them, and that a refused change changes nothing. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commit, isRefusal, plan, refusalCodes, type Author, type Change, type Refusal } from '../../src/model/change.ts'
import { definitions, type ObjectDefinition } from '../../src/model/definition.ts'
import type { Node } from '../../src/model/node.ts'
import { formatPath, parsePath, type PathString } from '../../src/model/path.ts'
import { instancesOf, model, nodesAt, read, type Model } from '../../src/model/state.ts'
import type { Value } from '../../src/model/value.ts'
import { registry } from '../../src/objects/registry.ts'

/** An Object with a Resource of every kind that matters here. */
const sample: ObjectDefinition = {
  ...{ id: 1000, name: 'Sample', version: '1.0', multiple: true, mandatory: false },
  resources: {
    0: { name: 'Must', operations: 'RW', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 10 } },
    1: { name: 'May', operations: 'RW', multiple: false, mandatory: false, type: 'string', range: { max: 5 } },
    2: { name: 'Several', operations: 'RW', multiple: true, mandatory: false, type: 'integer' },
    3: { name: 'Shown', operations: 'R', multiple: false, mandatory: true, type: 'float' },
    4: { name: 'Done', operations: 'E', multiple: false, mandatory: false },
    5: { name: 'Hidden', operations: '', multiple: false, mandatory: false, type: 'string' },
    6: { name: 'Taken', operations: 'W', multiple: false, mandatory: true, type: 'opaque' },
    7: { name: 'Friend', operations: 'RW', multiple: false, mandatory: false, type: 'objlnk' },
  },
}
const known = definitions([...registry.values(), sample])

const at = (path: string) => parsePath(path)!
const nodes = (values: Readonly<Record<string, Value>>): readonly Node[] =>
  Object.entries(values).map(([path, value]) => ({ path: at(path), value }))
const update = (path: string, values: Readonly<Record<string, Value>>): Change => ({ type: 'update', path: at(path), nodes: nodes(values) })
const replace = (path: string, values: Readonly<Record<string, Value>>): Change => ({
  type: 'replace',
  path: at(path),
  nodes: nodes(values),
})
const create = (object: number, values: Readonly<Record<string, Value>>, instance?: number): Change => ({
  ...{ type: 'create', object, nodes: nodes(values) },
  ...(instance === undefined ? {} : { instance }),
})
const remove = (path: string): Change => ({ type: 'delete', path: at(path) })

const attempt = (target: Model, changes: readonly Change[], author: Author = 'server') => {
  const planned = plan(target, known, changes, author)
  if (!isRefusal(planned)) commit(target, planned)
  return planned
}
const fresh = (): Model => {
  const made = model(8)
  const values = {
    '/1000/0/0': 1,
    '/1000/0/1': 'one',
    '/1000/0/2/0': 10,
    '/1000/0/2/7': 17,
    '/1000/0/3': 0.5,
    '/1000/0/5': 'x',
    '/3/0/0': 'maker',
    '/3/0/14': '+01:00',
  }
  expect(isRefusal(attempt(made, [update('/', values)], 'application'))).toBe(false)
  return made
}
const content = (target: Model, path = '/1000/0') =>
  Object.fromEntries((nodesAt(target, known, at(path)) ?? []).map((node) => [formatPath(node.path).slice(path.length + 1), node.value]))

describe('Write', () => {
  it('updates what is given and leaves the rest [LwM2M Core §6.3.3]', () => {
    const target = fresh()
    expect(attempt(target, [update('/1000/0', { '/1000/0/1': 'two', '/1000/0/2/7': 18, '/1000/0/2/8': 19 })])).toMatchObject({
      deleted: [],
    })
    expect(content(target)).toEqual({ 0: 1, 1: 'two', '2/0': 10, '2/7': 18, '2/8': 19, 3: 0.5, 5: 'x' })
  })
  it('replaces an Object Instance, but not what a server cannot write [LwM2M Core §6.3.3]', () => {
    const target = fresh()
    const planned = attempt(target, [replace('/1000/0', { '/1000/0/0': 2, '/1000/0/6': new Uint8Array(3) })])
    expect(content(target)).toEqual({ 0: 2, 3: 0.5, 5: 'x' })
    expect(planned).toMatchObject({ written: [at('/1000/0/0'), at('/1000/0/6')], deleted: [{ resource: 1 }, { resource: 2 }] })
  })
  it('replaces all Resource Instances of a Resource [LwM2M Core §6.3.3]', () => {
    const target = fresh()
    attempt(target, [replace('/1000/0/2', { '/1000/0/2/3': 3 })])
    expect(content(target, '/1000/0/2')).toEqual({ 3: 3 })
    attempt(target, [replace('/1000/0/2', {})])
    expect(content(target, '/1000/0/2')).toEqual({})
  })
  it('writes one Resource Instance and leaves the others', () => {
    const target = fresh()
    attempt(target, [replace('/1000/0/2/7', { '/1000/0/2/7': 70 })])
    expect(content(target, '/1000/0/2')).toEqual({ 0: 10, 7: 70 })
  })
  it('passes over Resources that the device does not support [LwM2M Core §6.3.3]', () => {
    const target = fresh()
    attempt(target, [update('/1000/0', { '/1000/0/99': 'x', '/1000/0/1': 'two' })])
    expect(content(target)).toMatchObject({ 1: 'two' })
  })
  it('writes several Objects at once, or none', () => {
    const target = fresh()
    expect(attempt(target, [update('/', { '/1000/0/1': 'two', '/3/0/14': 5 })])).toMatchObject({ refused: 'type' })
    expect(content(target)).toMatchObject({ 1: 'one' })
    attempt(target, [update('/', { '/1000/0/1': 'two', '/3/0/14': '+02:00' })])
    expect([content(target)[1], content(target, '/3/0')[14]]).toEqual(['two', '+02:00'])
  })
  it('keeps whole numbers in their normal form and octets for itself', () => {
    const target = fresh()
    attempt(target, [update('/1000/0', { '/1000/0/0': 5n })])
    expect(content(target)[0]).toBe(5)
  })
})

describe('the Server Object', () => {
  const written = (resource: number, value: Value) => {
    const target = fresh()
    attempt(target, [update('/1/0', { '/1/0/0': 1, '/1/0/1': 60, '/1/0/6': true, '/1/0/7': 'U' })], 'application')
    const result = attempt(target, [replace(`/1/0/${resource}`, { [`/1/0/${resource}`]: value })])
    return isRefusal(result) ? result.code : '2.04'
  }
  it.each<[number, Value, string]>([
    [1, 0, '2.04'],
    [1, -1, '4.00'],
    [2, 5, '2.04'],
    [2, -5, '4.00'],
    [7, 'UT', '2.04'],
    [7, 'UQS', '2.04'],
    [7, 'UU', '4.00'],
    [7, 'X', '4.00'],
    [7, '', '4.00'],
    [7, 'u', '4.00'],
    [22, 'T', '2.04'],
    [22, 'UT', '4.00'],
    [0, 7, '4.05'],
  ])('a server writes %i %s: %s [LwM2M Core §E.2]', (resource, value, code) => expect(written(resource, value)).toBe(code))
})

const refusals: readonly (readonly [change: Change, reason: Refusal['refused'], path: PathString, author?: Author])[] = [
  [update('/77/0', {}), 'not-found', '/77/0'],
  [update('/77', {}), 'not-found', '/77'],
  [update('/1000/5', {}), 'not-found', '/1000/5'],
  [replace('/1000/0/99', { '/1000/0/99': 1 }), 'not-found', '/1000/0/99'],
  [replace('/1000/0/2/9', { '/1000/0/2/9': 1 }), 'not-found', '/1000/0/2/9'],
  [update('/', { '/1000/0/99': 1 }), 'not-found', '/1000/0/99'],
  [update('/1000', { '/1000/0/1': 'two' }), 'not-allowed', '/1000'],
  [replace('/', { '/1000/0/1': 'two' }), 'not-allowed', '/'],
  [replace('/1000/0/1/0', { '/1000/0/1/0': 'two' }), 'not-allowed', '/1000/0/1/0'],
  [update('/1000/0', { '/1000/0/3': 1 }), 'not-writable', '/1000/0/3'],
  [update('/1000/0', { '/1000/0/5': 'y' }), 'not-writable', '/1000/0/5'],
  [replace('/1000/0/4', { '/1000/0/4': 1 }), 'not-writable', '/1000/0/4'],
  [update('/1000/0', { '/1000/0/4': 1 }), 'not-writable', '/1000/0/4', 'application'],
  [update('/1000/0', { '/1000/0/0': '1' }), 'type', '/1000/0/0'],
  [update('/1000/0', { '/1000/0/0': 0.5 }), 'type', '/1000/0/0'],
  [update('/1000/0', { '/1000/0/0': 11 }), 'range', '/1000/0/0'],
  [update('/1000/0', { '/1000/0/1': 'ünf fü' }), 'range', '/1000/0/1'],
  [update('/1000/0', { '/1000/0/2': 1 }), 'instances', '/1000/0/2'],
  [update('/1000/0', { '/1000/0/1/0': 'two' }), 'instances', '/1000/0/1/0'],
  [update('/1000/0', { '/1000/1/1': 'two' }), 'outside', '/1000/1/1'],
  [update('/1000/0', { '/1000/0': 'two' }), 'outside', '/1000/0'],
  [replace('/1000/0/1', {}), 'outside', '/1000/0/1'],
  [update('/', { '/1000/0': 1 }), 'outside', '/1000/0'],
  [update('/1000/0', { '/1000/0/7': { object: 1000, instance: 1 } }), 'reference', '/1000/0/7'],
  [update('/1000/0', { '/1000/0/7': { object: 77, instance: 65535 } }), 'reference', '/1000/0/7'],
  [replace('/1000/0', { '/1000/0/1': 'two' }), 'mandatory', '/1000/0/0'],
  [create(77, {}), 'not-found', '/77'],
  [create(3, {}), 'not-allowed', '/3/1'],
  [create(5, {}, 1), 'not-allowed', '/5/1'],
  [create(1000, { '/1000/0/0': 1 }), 'exists', '/1000/0'],
  [create(1000, { '/1000/1/0': 1, '/1000/2/0': 1 }), 'ambiguous', '/1000'],
  [create(1000, { '/1000/1/1': 'x' }), 'mandatory', '/1000/1/0'],
  [create(1000, { '/1000/1/0': 1 }, 4), 'outside', '/1000/1/0'],
  [create(1000, { '/1000/1/0': 1, '/1000/1/5': 'x' }), 'not-writable', '/1000/1/5'],
  [remove('/1000/5'), 'not-found', '/1000/5'],
  [remove('/1000/0/2/9'), 'not-found', '/1000/0/2/9'],
  [remove('/1000/0/1/0'), 'not-found', '/1000/0/1/0'],
  [remove('/3/0'), 'not-allowed', '/3/0'],
  [remove('/1000/0/1'), 'not-allowed', '/1000/0/1'],
  [remove('/1000'), 'not-allowed', '/1000'],
  [remove('/'), 'not-allowed', '/'],
]
describe('a refused change', () => {
  it.each(refusals.map(([change, reason, path, author = 'server']) => ({ change, reason, path, author })))(
    '$change.type at $path by the $author is refused: $reason',
    ({ change, reason, path, author }) => {
      const target = fresh()
      const before = nodesAt(target, known, {})
      const refused = attempt(target, [update('/1000/0', { '/1000/0/1': 'first' }), change], author) as Refusal
      expect([refused.refused, refused.code, formatPath(refused.path)]).toEqual([reason, refusalCodes[reason], path])
      expect(nodesAt(target, known, {})).toEqual(before)
    },
  )
  it('is every reason there is', () => {
    const tried = new Set([...refusals.map(([, reason]) => reason), 'full'])
    expect([...tried].sort()).toEqual(Object.keys(refusalCodes).sort())
  })
})

describe('Create', () => {
  it('takes the lowest free Object Instance ID, or the one that is named [LwM2M Core §6.3.6]', () => {
    const target = fresh()
    expect(attempt(target, [create(3303, {}), create(3303, {}, 5), create(3303, { '/3303/2/5700': 1 }), create(3303, {})])).toMatchObject({
      created: [{ instance: 0 }, { instance: 5 }, { instance: 2 }, { instance: 1 }].map((each) => ({ object: 3303, ...each })),
    })
    expect(instancesOf(target, 3303)).toEqual([0, 1, 2, 5])
  })
  it('passes over what a server can only read; the application gives it [LwM2M Core §6.3.6]', () => {
    const target = fresh()
    attempt(target, [create(1000, { '/1000/1/0': 1, '/1000/1/3': 2.5 })])
    expect(content(target, '/1000/1')).toEqual({ 0: 1 })
    attempt(target, [create(1000, { '/1000/2/0': 1, '/1000/2/3': 2.5 })], 'application')
    expect(content(target, '/1000/2')).toEqual({ 0: 1, 3: 2.5 })
  })
  it('ends where the room does, with 5.00', () => {
    const target = fresh()
    const many = Array.from({ length: 7 }, () => create(3303, {}))
    expect(attempt(target, many)).toEqual({ refused: 'full', code: '5.00', path: { object: 3303, instance: 6 } })
    expect(attempt(target, many.slice(1))).toMatchObject({ created: { length: 6 } })
    expect(attempt(target, [remove('/3303/0'), create(3303, {})])).toMatchObject({ created: [{ instance: 0 }] })
  })
})

describe('Delete', () => {
  it('takes an Object Instance [LwM2M Core §6.3.7]', () => {
    const target = fresh()
    expect(attempt(target, [remove('/1000/0')])).toMatchObject({ deleted: [{ object: 1000, instance: 0 }] })
    expect(read(target, known, at('/1000/0'))).toEqual({ refused: 'not-found', code: '4.04' })
    expect(read(target, known, at('/1000'))).toEqual([])
  })
  it('takes a Resource Instance that can be written', () => {
    const target = fresh()
    attempt(target, [remove('/1000/0/2/0')])
    expect(content(target, '/1000/0/2')).toEqual({ 7: 17 })
  })
  it('takes anything for bootstrap', () => {
    const target = fresh()
    attempt(target, [remove('/1000')], 'bootstrap')
    expect(instancesOf(target, 1000)).toEqual([])
    attempt(target, [remove('/')], 'bootstrap')
    expect(target.size).toBe(0)
  })
})

describe('Read', () => {
  it('gives what may be read, in order [LwM2M Core §6.3.1]', () => {
    const target = fresh()
    const paths = (path: string) => (read(target, known, at(path)) as readonly Node[]).map((node) => formatPath(node.path))
    expect(paths('/1000/0')).toEqual(['/1000/0/0', '/1000/0/1', '/1000/0/2/0', '/1000/0/2/7', '/1000/0/3'])
    expect(paths('/1000/0/2')).toEqual(['/1000/0/2/0', '/1000/0/2/7'])
    expect(paths('/1000/0/2/7')).toEqual(['/1000/0/2/7'])
    expect(paths('/')).toEqual(['/3/0/0', '/3/0/14', ...paths('/1000')])
  })
  it.each([
    ['/77', 'not-found', '4.04'],
    ['/1000/9', 'not-found', '4.04'],
    ['/1000/0/99', 'not-found', '4.04'],
    ['/1000/9/4', 'not-found', '4.04'],
    ['/1000/0/2/9', 'not-found', '4.04'],
    ['/1000/0/1/0', 'not-found', '4.04'],
    ['/1000/0/4', 'not-readable', '4.05'],
    ['/1000/0/6', 'not-readable', '4.05'],
    ['/1000/0/5', 'not-readable', '4.05'],
  ])('refuses %s: %s', (path, refused, code) => expect(read(fresh(), known, at(path))).toEqual({ refused, code }))
})

it('whatever is asked, a change is done as a whole or not at all, and what is written is read', () => {
  const path = fc.constantFrom('/', '/1000', '/1000/0', '/1000/1', '/1000/0/0', '/1000/0/2', '/1000/0/2/0', '/3/0', '/3/0/14', '/9/0')
  const place = fc.constantFrom(
    '/1000/0/0',
    '/1000/0/1',
    '/1000/0/2/0',
    '/1000/0/2/1',
    '/1000/1/0',
    '/1000/0/6',
    '/3/0/14',
    '/3/0/0',
    '/1000/0',
  )
  const value = fc.oneof<fc.Arbitrary<Value>[]>(
    fc.integer({ min: -1, max: 11 }),
    fc.string({ maxLength: 6 }),
    fc.boolean(),
    fc.uint8Array({ maxLength: 2 }),
  )
  const values = fc.dictionary(place, value, { maxKeys: 3 })
  const change = fc.oneof<fc.Arbitrary<Change>[]>(
    fc.tuple(path, values).map(([to, what]) => update(to, what)),
    fc.tuple(path, values).map(([to, what]) => replace(to, what)),
    fc.tuple(fc.constantFrom(1000, 3, 9), values).map(([object, what]) => create(object, what)),
    path.map(remove),
  )
  fc.assert(
    fc.property(fc.array(change, { maxLength: 4 }), fc.constantFrom<Author>('server', 'bootstrap', 'application'), (changes, author) => {
      const target = fresh()
      const before = nodesAt(target, known, {})
      const planned = plan(target, known, changes, author)
      expect(nodesAt(target, known, {})).toEqual(before)
      if (isRefusal(planned)) return
      commit(target, planned)
      expect(target.size).toBeLessThanOrEqual(8)
      for (const { path: there } of nodesAt(target, known, {})!) expect(nodesAt(target, known, there)).toHaveLength(1)
    }),
    { numRuns: 1000 },
  )
})
