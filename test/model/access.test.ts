/** Access control as a table: who may do what, what comes with an Object Instance, and what a server that goes leaves behind (LwM2M Core §8, §E.3). */
import { describe, expect, test } from 'vitest'
import { controlAt, may, rightBits, rightsOf, type Right } from '../../src/model/access.ts'
import { accessFault } from '../../src/model/access-fault.ts'
import { bitsOf, grantedAt, grantedToCreate, lettersOf, type AccessRules } from '../../src/model/access-rules.ts'
import { commit, isRefusal, plan, planWithoutMissing, type Author, type Change, type Keeper } from '../../src/model/change.ts'
import { definitions } from '../../src/model/definition.ts'
import type { Node } from '../../src/model/node.ts'
import { formatPath, parsePath } from '../../src/model/path.ts'
import { instancesOf, model, type Model } from '../../src/model/state.ts'
import type { Value, Values } from '../../src/model/value.ts'
import { isValues } from '../../src/model/value.ts'
import { accessControl } from '../../src/objects/access-control.ts'
import { device } from '../../src/objects/device.ts'
import { server } from '../../src/objects/server.ts'
import { temperature } from '../../src/objects/temperature.ts'

const known = definitions([server, accessControl, device, temperature])
const everything: readonly Right[] = ['R', 'W', 'E', 'D', 'C']

const put = (target: Model, path: string, values: Readonly<Record<number, Value | Values>>): void => {
  const { object, instance } = parsePath(path)!
  const nodes = Object.entries(values).flatMap(([resource, held]): readonly Node[] =>
    isValues(held)
      ? Object.entries(held).map(([id, value]) => ({
          path: { object, instance, resource: Number(resource), resourceInstance: Number(id) },
          value,
        }))
      : [{ path: { object, instance, resource: Number(resource) }, value: held }],
  )
  expect(isRefusal(change(target, [{ type: 'update', path: { object, instance }, nodes }], 'application'))).toBe(false)
}
const change = (target: Model, changes: readonly Change[], author: Author, keeper: Keeper = {}) => {
  const planned = plan(target, known, changes, author, keeper)
  if (!isRefusal(planned)) commit(target, planned)
  return planned
}
const remove = (target: Model, path: string, author: Author = 'application') =>
  change(target, [{ type: 'delete', path: parsePath(path)! }], author)
/** Servers with these Short Server IDs, Device, two thermometers. */
const world = (servers: readonly number[] = [101, 102, 103]): Model => {
  const made = model(40)
  servers.forEach((id, instance) => put(made, `/1/${instance}`, { 0: id }))
  put(made, '/3/0', { 0: 'Acme' })
  put(made, '/3303/0', { 5700: 20 })
  put(made, '/3303/1', { 5700: 21 })
  return made
}
let next = 0
const control = (target: Model, path: string, acl: Readonly<Record<number, number>>, owner: number): void => {
  const { object, instance = 65535 } = parsePath(path)!
  put(target, `/2/${next++ % 30}`, { 0: object!, 1: instance, 2: acl, 3: owner })
}
const rightsAt = (target: Model, id: number | undefined, path: string): string =>
  everything.filter((right) => may(target, known, id, right, parsePath(path)!)).join('')

describe('the access right of a server to an Object Instance [LwM2M Core §8.2.1]', () => {
  const { R, W, E, D, C } = rightBits
  test.each<[string, Readonly<Record<number, number>>, number, number, string]>([
    ['the owner without an entry has every right', {}, 101, 101, 'RWED'],
    ['the owner with an entry has what it says', { 101: R }, 101, 101, 'R'],
    ['the owner with an empty entry has none', { 101: 0, 0: R }, 101, 101, ''],
    ['the owner without an entry is not held to that for everybody', { 0: R }, 101, 101, 'RWED'],
    ['another has what its entry says', { 102: R | W }, 101, 102, 'RW'],
    ['its entry counts instead of that for everybody', { 102: E, 0: R | W | D }, 101, 102, 'E'],
    ['without an entry that for everybody counts', { 103: W, 0: R | E }, 101, 102, 'RE'],
    ['without either there is none', { 103: R }, 101, 102, ''],
    ['Create says nothing of an Object Instance', { 102: C }, 101, 102, ''],
    ['bootstrap is nobody here', { 0: R }, 65535, 102, 'R'],
  ])('%s', (_title, acl, owner, id, expected) => {
    const made = world()
    control(made, '/3303/0', acl, owner)
    expect(rightsAt(made, id, '/3303/0')).toBe(expected)
    expect(rightsAt(made, id, '/3303/1')).toBe('')
  })
  test('nobody has a right where there is no access control', () => {
    expect(rightsOf(undefined, 101)).toBe(0)
    expect(rightsAt(world(), 101, '/3303/0')).toBe('')
  })
  test('who is no server has none', () => {
    const made = world()
    control(made, '/3303/0', { 0: 31 }, 101)
    expect(rightsAt(made, undefined, '/3303/0')).toBe('')
  })
  test('a single server has every right, whatever Object 2 says [LwM2M Core §8]', () => {
    const made = world([101])
    control(made, '/3303/0', {}, 65535)
    expect(rightsAt(made, 101, '/3303/0')).toBe('RWEDC')
  })
  test('a client without Object 2 trusts its servers alike', () => {
    expect(may(world(), definitions([server, device]), 102, 'W', { object: 3, instance: 0 })).toBe(true)
  })
})

describe('Create', () => {
  test('needs the right to the Object, which its Instance 65535 says [LwM2M Core §8.1.2.1]', () => {
    const made = world()
    control(made, '/3303', { 102: rightBits.C }, 65535)
    expect(may(made, known, 102, 'C', { object: 3303 })).toBe(true)
    expect(may(made, known, 101, 'C', { object: 3303 })).toBe(false)
    expect(may(made, known, 102, 'C', { object: 3 })).toBe(false)
  })
})

describe('Object 2 itself [LwM2M Core §8.1.2.2]', () => {
  test('is read by all, written by the owner of an Instance, made and deleted by nobody', () => {
    const made = world()
    put(made, '/2/5', { 0: 3303, 1: 0, 2: { 102: 31 }, 3: 101 })
    expect(rightsAt(made, 101, '/2/5')).toBe('RW')
    expect(rightsAt(made, 102, '/2/5')).toBe('R')
    expect(rightsAt(made, 101, '/2/6')).toBe('R')
  })
  const write = (path: string, value: Value) => {
    const made = world()
    put(made, '/2/5', { 0: 3303, 1: 0, 2: { 102: 31 }, 3: 101 })
    const at = parsePath(path)!
    const result = change(made, [{ type: 'update', path: { object: 2, instance: 5 }, nodes: [{ path: at, value }] }], 'server')
    return isRefusal(result) ? `${result.refused} ${result.code} ${formatPath(result.path)}` : 'done'
  }
  test.each<[string, Value, string]>([
    ['/2/5/2/103', 3, 'done'],
    ['/2/5/2/0', 1, 'done'],
    ['/2/5/2/104', 3, 'reference 4.00 /2/5/2/104'],
    ['/2/5/2/103', 32, 'range 4.00 /2/5/2/103'],
    ['/2/5/3', 102, 'done'],
    ['/2/5/3', 104, 'reference 4.00 /2/5/3'],
    ['/2/5/3', 0, 'reference 4.00 /2/5/3'],
    ['/2/5/3', 65535, 'reference 4.00 /2/5/3'],
    ['/2/5/0', 3, 'not-writable 4.05 /2/5/0'],
  ])('a server writes %s %s: %s', (path, value, expected) => expect(write(path, value)).toBe(expected))
})

describe('what comes with an Object Instance', () => {
  const create = (author: Author, keeper: Keeper): Model => {
    const made = world()
    expect(isRefusal(change(made, [{ type: 'create', object: 3303, instance: 7, nodes: [] }], author, keeper))).toBe(false)
    return made
  }
  const rules: AccessRules = { owner: 103, grants: { '/3303': { acl: { 102: 17 } }, '/3303/9': { owner: 101, acl: {} } } }
  test('a server owns what it creates, and has every right to it [LwM2M Core §8.1.2.2]', () => {
    const made = create('server', { creator: 102 })
    expect(controlAt(made, 3303, 7)).toMatchObject({ owner: 102, acl: { 102: 15 } })
    expect(rightsAt(made, 102, '/3303/7')).toBe('RWED')
    expect(rightsAt(made, 101, '/3303/7')).toBe('')
  })
  test('what the application creates is as its rules say', () => {
    expect(controlAt(create('application', { rules }), 3303, 7)).toMatchObject({ owner: 103, acl: { 102: 1 } })
  })
  test('what bootstrap creates it controls itself [LwM2M Core §8.1.2.2]', () => {
    expect(controlAt(create('bootstrap', { rules }), 3303, 7)).toBeUndefined()
  })
  test('without room for both there is neither', () => {
    const made = world()
    const small = model(made.size + 1)
    for (const { scope, key, row } of made.all()) small.put(scope, key, row)
    expect(change(small, [{ type: 'create', object: 3303, instance: 7, nodes: [] }], 'server', { creator: 101 })).toMatchObject({
      refused: 'full',
    })
    expect(instancesOf(small, 3303)).toEqual([0, 1])
  })
  test.each<Author>(['server', 'application', 'bootstrap'])('it goes with it, whoever deletes it: the %s', (author) => {
    const made = world()
    control(made, '/3303/0', {}, 101)
    remove(made, '/3303/0', author)
    expect(controlAt(made, 3303, 0)).toBeUndefined()
    expect(instancesOf(made, 2)).toEqual([])
  })
  test('a nearer rule wins; a Server Object Instance is its own server’s', () => {
    expect(grantedAt(rules, 3303, 9)).toEqual({ owner: 101, acl: {} })
    expect(grantedAt(rules, 3303, 8)).toEqual({ owner: 103, acl: { 102: 1 } })
    expect(grantedAt(rules, 1, 0, 101)).toEqual({ owner: 101, acl: {} })
    expect(grantedToCreate(rules)).toEqual([{ control: 0, object: 3303, instance: 65535, owner: 65535, acl: { 102: 16 } }])
  })
  test('rights are letters', () => {
    expect(bitsOf('RWEDC')).toBe(31)
    expect(bitsOf('')).toBe(0)
    expect(bitsOf('RX')).toBeUndefined()
    expect(bitsOf('r')).toBeUndefined()
    expect(lettersOf(21)).toBe('REC')
  })
})

describe('what bootstrap leaves in Object 2 [LwM2M Core §8.1.2.2]', () => {
  const fault = (write: (target: Model) => void) => {
    const made = world()
    put(made, '/2/5', { 0: 3303, 1: 0, 3: 101 })
    write(made)
    return accessFault(made, known)
  }
  test.each<[string, (target: Model) => void, string | undefined]>([
    ['makes sense', () => undefined, undefined],
    ['may be for an Object', (target) => put(target, '/2/6', { 0: 3303, 1: 65535, 3: 65535 }), undefined],
    ['has an owner', (target) => put(target, '/2/6', { 0: 3, 1: 0 }), '/2/6 has no owner'],
    ['is one for each', (target) => put(target, '/2/6', { 0: 3303, 1: 0, 3: 102 }), 'two Instances of Object 2 are for /3303/0'],
    ['is for what is there', (target) => put(target, '/2/6', { 0: 3303, 1: 9, 3: 102 }), '/2/6 is for /3303/9, which is not there'],
  ])('%s', (_title, write, expected) => expect(fault(write)).toBe(expected))
})

describe('a server that goes [LwM2M Transport §5.2.5]', () => {
  const after = (acl: Readonly<Record<number, number>>, owner: number, path = '/3303/0'): Model => {
    const made = world()
    control(made, path, acl, owner)
    remove(made, '/1/0')
    return made
  }
  test('loses its entries; what it does not own stays another’s', () => {
    const made = after({ 101: 31, 102: 1 }, 102)
    expect(controlAt(made, 3303, 0)).toMatchObject({ owner: 102, acl: { 102: 1 } })
  })
  test.each<[string, Readonly<Record<number, number>>, number]>([
    ['the one that may write and delete', { 102: 1, 103: 10 }, 103],
    ['delete counts more than write', { 102: 2, 103: 8 }, 103],
    ['of equals the lowest Short Server ID', { 103: 2, 102: 7 }, 102],
    ['one that may only read, if there is no other', { 103: 1 }, 103],
    ['of those that the entry for everybody counts for, the lowest', { 0: 1 }, 102],
    ['one whose own entry says more than that for everybody', { 0: 1, 103: 3 }, 103],
    ['a server that is not there any more inherits nothing', { 104: 31, 102: 1 }, 102],
  ])('leaves what it owned to %s', (_title, acl, heir) => {
    expect(controlAt(after({ 101: 31, ...acl }, 101), 3303, 0)).toMatchObject({ owner: heir, acl })
  })
  test('takes along what nobody else could do anything with', () => {
    const made = after({ 101: 15 }, 101)
    expect(instancesOf(made, 3303)).toEqual([1])
    expect(instancesOf(made, 2)).toEqual([])
  })
  test('leaves the only Instance of an Object to bootstrap', () => {
    const made = after({}, 101, '/3/0')
    expect(instancesOf(made, 3)).toEqual([0])
    expect(controlAt(made, 3, 0)).toMatchObject({ owner: 65535 })
  })
  test('in bootstrap leaves nothing before its end: it may be written anew', () => {
    const made = world()
    control(made, '/3303/0', { 101: 15, 103: 1 }, 101)
    control(made, '/3303/1', { 101: 15 }, 101)
    remove(made, '/1/0', 'bootstrap')
    expect(controlAt(made, 3303, 0)).toMatchObject({ owner: 101, acl: { 101: 15, 103: 1 } })
    commit(made, planWithoutMissing(made, known, []))
    expect(controlAt(made, 3303, 0)).toMatchObject({ owner: 101 })
    commit(made, planWithoutMissing(made, known, [101, 102]))
    expect(controlAt(made, 3303, 0)).toMatchObject({ owner: 103, acl: { 103: 1 } })
    expect(instancesOf(made, 3303)).toEqual([0])
    expect(instancesOf(made, 2).length).toBe(1)
    commit(made, planWithoutMissing(made, known, [101]))
    expect(controlAt(made, 3303, 0)).toMatchObject({ owner: 103 })
  })
  test('in bootstrap: what it writes of a place takes the place of what was there under another number', () => {
    const made = world()
    put(made, '/2/5', { 0: 3303, 1: 0, 3: 101 })
    const values = [3303, 0, 102].map((value, i) => ({ path: { object: 2, instance: 0, resource: [0, 1, 3][i]! }, value }))
    expect(isRefusal(change(made, [{ type: 'replace', path: { object: 2, instance: 0 }, nodes: values }], 'bootstrap'))).toBe(false)
    expect(instancesOf(made, 2)).toEqual([0])
    expect(controlAt(made, 3303, 0)).toMatchObject({ control: 0, owner: 102 })
    expect(accessFault(made, known)).toBeUndefined()
  })
  test('is replaced by another Server Object Instance of the same Short Server ID: nothing changes', () => {
    const made = world()
    control(made, '/3303/0', { 101: 15 }, 101)
    const account: Change = {
      type: 'create',
      object: 1,
      instance: 9,
      nodes: [{ path: { object: 1, instance: 9, resource: 0 }, value: 101 }],
    }
    expect(isRefusal(change(made, [{ type: 'delete', path: { object: 1, instance: 0 } }, account], 'bootstrap'))).toBe(false)
    expect(controlAt(made, 3303, 0)).toMatchObject({ owner: 101, acl: { 101: 15 } })
  })
})
