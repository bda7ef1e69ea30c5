/** Every operation and its answers, right and wrong (LwM2M Core 1.2.2 §6.3, Transport §6.4). */
import { describe, expect, test } from 'vitest'
import type { ManagementOperation, Outcome } from '../../src/operation/operation.ts'
import { at, device, everything, node, objects, play, requested } from './device.ts'
import { instances } from '../../src/client/objects.ts'

/** What the device answers to these, one after the other; the last answer. */
const answer = (...operations: readonly ManagementOperation[]): Outcome => {
  const letters = 'abcdefgh'.slice(0, operations.length)
  const values = Object.fromEntries(operations.map((operation, i) => [letters[i]!, requested(i, operation)]))
  const seen = play(device([{ version: '1.1' }]), values, { received: `(oc)${letters}`, transmitted: '*' })
  return (seen.transmitted.filter(({ value }) => (value as { type: string }).type === 'respond').at(-1)!.value as { outcome: Outcome })
    .outcome
}
const code = (...operations: readonly ManagementOperation[]) => answer(...operations).code
const read = (path: string): ManagementOperation => ({ type: 'read', path: at(path) })
const write = (path: string, value: string | number | boolean, mode: 'replace' | 'partial' = 'replace'): ManagementOperation => ({
  type: 'write',
  mode,
  path: at(path),
  nodes: [node(path, value)],
})
const execute = (path: string): ManagementOperation => ({ type: 'execute', path: at(path), arguments: {} })

describe('Read', () => {
  test('a Resource, an Object Instance, an Object: 2.05 with what is there [LwM2M Core §6.3.1]', () => {
    expect(answer(read('/3/0/0'))).toMatchObject({ code: '2.05', nodes: [node('/3/0/0', 'Acme')] })
    expect(answer(read('/3303/0'))).toMatchObject({ nodes: [node('/3303/0/5701', 'Cel')] })
    expect(answer(read('/3200')).nodes!.length).toBe(8)
    expect(answer(read('/3200/0/2'))).toMatchObject({ nodes: [node('/3200/0/2/0', 7), node('/3200/0/2/1', 8)] })
    expect(answer(read('/3200/0/2/1'))).toMatchObject({ nodes: [node('/3200/0/2/1', 8)] })
  })
  test.each(['/9', '/3/1', '/3/0/99', '/3/0/14', '/3200/0/2/5', '/3200/0/0/0'])('%s is not there: 4.04 [LwM2M Transport §6.4]', (path) => {
    expect(code(read(path))).toBe('4.04')
  })
  test.each(['/0', '/0/0', '/0/0/0', '/21'])('%s is for bootstrap alone: 4.01 [LwM2M Core §6.3]', (path) => {
    expect(code(read(path))).toBe('4.01')
  })
  test.each(['/3/0/4', '/3200/0/4', '/3200/0/5'])('%s cannot be read: 4.05 [LwM2M Core §6.3.1]', (path) => {
    expect(code(read(path))).toBe('4.05')
  })
})

describe('Write', () => {
  test('a new value is there: 2.04 [LwM2M Core §6.3.3]', () => {
    expect(code(write('/3200/0/0', 'new'))).toBe('2.04')
    expect(answer(write('/3200/0/0', 'new'), read('/3200/0/0'))).toMatchObject({ nodes: [node('/3200/0/0', 'new')] })
  })
  test('Replace takes away what is not mentioned, Partial Update leaves it [LwM2M Core §6.3.3]', () => {
    const two = (mode: 'replace' | 'partial'): ManagementOperation => ({
      type: 'write',
      mode,
      path: at('/3200/0'),
      nodes: [node('/3200/0/1', 9)],
    })
    expect(code(two('replace'), read('/3200/0/0'))).toBe('4.04')
    expect(answer(two('partial'), read('/3200/0/0'))).toMatchObject({ nodes: [node('/3200/0/0', 'hello')] })
  })
  test('what can only be written is taken and not kept', () => {
    expect(code(write('/3200/0/5', 'psst'))).toBe('2.04')
    expect(answer(write('/3200/0/5', 'psst'), read('/3200/0')).nodes!.some(({ value }) => value === 'psst')).toBe(false)
  })
  test('a wrong type: 4.00', () => expect(code(write('/3200/0/1', 'ten'))).toBe('4.00'))
  test('a value out of range: 4.00', () => expect(code(write('/3200/0/1', 101))).toBe('4.00'))
  test('one value for several Resource Instances: 4.00', () => expect(code(write('/3200/0/2', 1))).toBe('4.00'))
  test.each(['/3200/0/3', '/3/0/0', '/3200/0/4'])('%s cannot be written: 4.05', (path) => expect(code(write(path, 'x'))).toBe('4.05'))
  test.each(['/3200/9/0', '/9/0/0', '/3200/0/77'])('%s is not there: 4.04', (path) => expect(code(write(path, 'x'))).toBe('4.04'))
  test('the Security Object: 4.01', () => expect(code(write('/0/0/0', 'coap://x'))).toBe('4.01'))
  test('nothing of a Write is done when part of it is wrong [LwM2M Core §6.3.3]', () => {
    const mixed: ManagementOperation = {
      type: 'write',
      mode: 'partial',
      path: at('/3200/0'),
      nodes: [node('/3200/0/0', 'new'), node('/3200/0/1', 'ten')],
    }
    expect(code(mixed)).toBe('4.00')
    expect(answer(mixed, read('/3200/0/0'))).toMatchObject({ nodes: [node('/3200/0/0', 'hello')] })
  })
})

describe('Execute', () => {
  test('the trigger of an Update may name the transport of the registration, and no other [LwM2M Core §E.2]', () => {
    const trigger = (given: Readonly<Record<number, string | null>>): ManagementOperation => ({
      type: 'execute',
      path: at('/1/0/8'),
      arguments: given,
    })
    expect([code(trigger({})), code(trigger({ 0: 'U' })), code(trigger({ 0: 'T' })), code(trigger({ 0: null }))]).toEqual([
      '2.04',
      '2.04',
      '4.00',
      '4.00',
    ])
  })
  test('a Resource that cannot be executed: 4.05 [LwM2M Core §6.3.5]', () => expect(code(execute('/3/0/0'))).toBe('4.05'))
  test('one that is not there: 4.04', () => expect(code(execute('/3/0/99'))).toBe('4.04'))
  test('one in an Object Instance that is not there: 4.04', () => expect(code(execute('/3200/7/4'))).toBe('4.04'))
  test('one that the application has no function for: 4.04, the device does not have it', () =>
    expect(code(execute('/3200/0/7'))).toBe('4.04'))
})

describe('Create and Delete', () => {
  const create = (object: number, instance: number | undefined, resources: readonly [number, string | number][]): ManagementOperation => ({
    type: 'create',
    path: { object },
    ...(instance === undefined ? {} : { instance }),
    nodes: resources.map(([resource, value]) => ({ path: { object, instance, resource }, value })),
  })
  test('the new Object Instance is there, and its Location is said [LwM2M Core §6.3.6]', () => {
    expect(answer(create(3200, 5, [[0, 'five']]))).toMatchObject({ code: '2.01', location: ['3200', '5'] })
    expect(answer(create(3200, 5, [[0, 'five']]), read('/3200/5/0'))).toMatchObject({ nodes: [node('/3200/5/0', 'five')] })
  })
  test('without a number it gets the lowest that is free', () => {
    expect(answer(create(3200, undefined, [[0, 'two']]))).toMatchObject({ code: '2.01', location: ['3200', '2'] })
  })
  test('one that is there: 4.00', () => expect(code(create(3200, 0, [[0, 'x']]))).toBe('4.00'))
  test('a second one of a single Object: 4.05', () => expect(code(create(3, 1, []))).toBe('4.05'))
  test('an account is for bootstrap alone: 4.05', () => expect(code(create(1, 5, []))).toBe('4.05'))
  test('an unknown Object: 4.04', () => expect(code(create(99, 0, []))).toBe('4.04'))
  test('a deleted Object Instance is gone: 2.02, then 4.04 [LwM2M Core §6.3.7]', () => {
    expect(code({ type: 'delete', path: at('/3200/0') })).toBe('2.02')
    expect(code({ type: 'delete', path: at('/3200/0') }, read('/3200/0'))).toBe('4.04')
  })
  test('a Resource Instance can be deleted [LwM2M Core §6.3.7]', () => {
    expect(code({ type: 'delete', path: at('/3200/0/2/1') })).toBe('2.02')
    expect(answer({ type: 'delete', path: at('/3200/0/2/1') }, read('/3200/0/2'))).toMatchObject({ nodes: [node('/3200/0/2/0', 7)] })
  })
  test('one that is not there: 4.04', () => expect(code({ type: 'delete', path: at('/3200/9') })).toBe('4.04'))
  test('the Device: 4.05', () => expect(code({ type: 'delete', path: at('/3/0') })).toBe('4.05'))
  test('an account: 4.05', () => expect(code({ type: 'delete', path: at('/1/0') })).toBe('4.05'))
  test('without room: 5.00', () => {
    const rows = device([{}], { has: [...objects.slice(0, 2), instances(everything, { 0: { 0: 'x' } })], limits: { instancesMax: 5 } })
    const seen = play(rows, { a: requested(1, create(3200, 5, [[0, 'x']])) }, { received: '(oc)a', transmitted: '*' })
    expect(seen.transmitted.at(-1)!.value).toMatchObject({ outcome: { code: '5.00' } })
  })
})

describe('Discover', () => {
  const discover = (path: string, depth?: number): ManagementOperation => ({
    type: 'discover',
    path: at(path),
    ...(depth === undefined ? {} : { depth }),
  })
  const listed = (operation: ManagementOperation) =>
    answer(operation).listed!.map(({ path, attributes }) => [
      Object.values(path)
        .filter((id) => id !== undefined)
        .join('/'),
      attributes,
    ])

  test('an Object: its Object Instances and their Resources [LwM2M Core §6.3.2]', () => {
    expect(listed(discover('/3303'))).toEqual([
      ['3303', {}],
      ['3303/0', {}],
      ['3303/0/5701', {}],
    ])
  })
  test('no version of an Object that goes without saying; how many Resource Instances there are [LwM2M Core §6.3.2, §7.2.2]', () => {
    expect(listed(discover('/3', 1))).toEqual([
      ['3', {}],
      ['3/0', {}],
    ])
    expect(listed(discover('/3200/0/2'))).toEqual([
      ['3200/0/2', { dim: 2 }],
      ['3200/0/2/0', {}],
      ['3200/0/2/1', {}],
    ])
  })
  test('what can be executed or only written, and what is read on demand, is there too', () => {
    expect(listed(discover('/3/0')).map(([path]) => path)).toEqual(['3/0', '3/0/0', '3/0/4', '3/0/9', '3/0/11', '3/0/16'])
  })
  test('a depth of 0 is the place alone [LwM2M Core §6.3.2]', () => expect(listed(discover('/3303', 0))).toEqual([['3303', {}]]))
  test('attributes in force at the place, and those attached below it [LwM2M Core §6.3.2]', () => {
    const attach = (path: string, attributes: object): ManagementOperation => ({ type: 'write-attributes', path: at(path), attributes })
    const { listed: links } = answer(attach('/3303', { pmin: 5 }), attach('/3303/0/5701', { pmax: 60 }), discover('/3303/0'))
    expect(links).toEqual([
      { path: at('/3303/0'), attributes: { pmin: '5' } },
      { path: at('/3303/0/5701'), attributes: { pmax: '60' } },
    ])
  })
  test('what is not there: 4.04', () => expect(code(discover('/99'))).toBe('4.04'))
  test('the Security Object: 4.01', () => expect(code(discover('/0'))).toBe('4.01'))
})

describe('Write-Attributes', () => {
  const attach = (path: string, attributes: object): ManagementOperation => ({ type: 'write-attributes', path: at(path), attributes })
  test('at an Object, an Object Instance, a Resource: 2.04 [LwM2M Core §6.3.4]', () => {
    expect(code(attach('/3303', { pmin: 1 }))).toBe('2.04')
    expect(code(attach('/3303/0', { pmax: 10 }))).toBe('2.04')
    expect(code(attach('/3200/0/1', { gt: 10, lt: 2, st: 1 }))).toBe('2.04')
  })
  test('gt, lt and st above a Resource: 4.00 [LwM2M Core §5.1.2]', () => expect(code(attach('/3303/0', { gt: 1 }))).toBe('4.00'))
  test('on what is no number: 4.00', () => expect(code(attach('/3200/0/0', { gt: 1 }))).toBe('4.00'))
  test('thresholds too close: 4.00 [LwM2M Core §5.1.2]', () => expect(code(attach('/3200/0/1', { gt: 5, lt: 4, st: 1 }))).toBe('4.00'))
  test('what is not there: 4.04', () => expect(code(attach('/3303/7', { pmin: 1 }))).toBe('4.04'))
  test('the Security Object: 4.01', () => expect(code(attach('/0/0', { pmin: 1 }))).toBe('4.01'))
})

describe('who asks', () => {
  test('a stranger is answered 4.01', () => {
    const seen = play(
      device(),
      { a: { ...requested(1, read('/3/0/0')), remote: 'coap://192.0.2.66:5683' } },
      { received: '(oc)a', transmitted: '*' },
    )
    expect(seen.transmitted.at(-1)!.value).toMatchObject({ type: 'respond', outcome: { code: '4.01' } })
  })
  test('what only a server does is answered 4.05', () => {
    const register = { type: 'register', version: '1.1', has: { objects: [] } } as never
    expect(code(register)).toBe('4.05')
  })
})
