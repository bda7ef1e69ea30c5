/** The application's functions: asked before a Write is committed, read on demand, executing; and its streams (design: transactions). */
import { concat, delay, EMPTY, NEVER, Observable, of, throwError, type SchedulerLike } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { configure } from '../../src/client/configure.ts'
import type { ClientObject, Instance, Proposal } from '../../src/operation/object.ts'
import { client } from '../../src/client/pipeline.ts'
import type { Limits } from '../../src/client/configuration.ts'
import type { Command, Notice } from '../../src/client/word.ts'
import type { Environment } from '../../src/core/environment.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import type { OperationDown, OperationUp } from '../../src/operation/word.ts'
import { ladder, like, type Lanes } from '../../src/testing/index.ts'
import { at, everything, inside, node, out, requested, response } from './device.ts'

type Making = (after: <Value>(seconds: number, value: Value) => Observable<Value>, scheduler: SchedulerLike) => Instance
/** A device with one Object Instance, made by a test that may need time. */
const played = (making: Making, values: object, lanes: Lanes, more: Partial<ClientObject> = {}, limits: Partial<Limits> = {}) => {
  const layer = (env: Environment) => {
    const { scheduler } = env
    const instance = making((seconds, value) => of(value).pipe(delay(seconds * 1000, scheduler)), scheduler)
    const object: ClientObject = { definition: everything, instances: { 0: instance, 1: { 0: 'other' } }, ...more }
    const it = configure({
      endpointClientName: 'dev',
      accounts: [{ uri: 'coap://server:5683' }],
      objects: [object],
      parameters: defaultParameters,
      limits,
    })
    return client(env, it, [object])
  }
  return ladder<OperationUp, OperationDown, Command, Notice>(
    { layer },
    { values: { ...out, ...inside, ...values }, dice: 0 },
    { delivered: '*', ...lanes },
  )
}
const read = (path: string): ManagementOperation => ({ type: 'read', path: at(path) })
const write = (path: string, value: string | number): ManagementOperation => ({
  type: 'write',
  mode: 'replace',
  path: at(path),
  nodes: [node(path, value)],
})
const execute: ManagementOperation = { type: 'execute', path: at('/3200/0/4'), arguments: { 0: 'now' } }
const refusal = (code: string) => new Lwm2mError('response', 'no', { responseCode: code })
/** Request 1, and its answers. */
const of1 = (operation: ManagementOperation) => ({
  w: requested(1, operation),
  C: response(1, '2.04'),
  V: response(1, '2.05'),
  B: response(1, '4.00'),
  I: response(1, '5.00'),
  S: response(1, '5.03'),
})

describe('a Write that the application is asked about', () => {
  test('is answered when it agrees, and only then is the new value there', () => {
    const was = (text: string) => like({ outcome: { nodes: [{ value: text }] } })
    played(
      (after) => ({ 0: { value: 'old', write: () => after(3, 'yes') } }),
      {
        ...of1(write('/3200/0/0', 'new')),
        p: requested(2, read('/3200/0/0')),
        q: requested(3, read('/3200/0/0')),
        o: inside.o,
        P: was('old'),
        N: was('new'),
      },
      { received: '(oc)wp--q', transmitted: '(OR)-P-CN' },
    )
  })
  test('that it refuses changes nothing, and its code is the answer', () => {
    const seen = played(
      () => ({ 0: { value: 'old', write: () => throwError(() => refusal('4.00')) } }),
      { ...of1(write('/3200/0/0', 'new')), p: requested(2, read('/3200/0/0')), P: like({ outcome: { nodes: [{ value: 'old' }] } }) },
      { received: '(oc)wp', transmitted: '(OR)BP' },
    )
    expect(seen.delivered.some(({ value }) => like({ operation: 'write', code: '4.00' })(value))).toBe(true)
  })
  test('an error without a code is 5.00', () => {
    played(() => ({ 0: { value: 'old', write: () => throwError(() => new Error('full')) } }), of1(write('/3200/0/0', 'new')), {
      received: '(oc)w',
      transmitted: '(OR)I',
    })
  })
  test('that it does not answer in 30 seconds is answered 5.03', () => {
    played(() => ({ 0: { value: 'old', write: () => NEVER } }), of1(write('/3200/0/0', 'new')), {
      received: '(oc)w 30s -',
      transmitted: '(OR)- 29s S',
    })
  })
  test('gets the value, and whose account it is', () => {
    const heard: unknown[] = []
    played(
      () => ({
        0: {
          value: 'old',
          write: (value, account) => {
            heard.push([value, account])
            return EMPTY
          },
        },
      }),
      of1(write('/3200/0/0', 'new')),
      { received: '(oc)w', transmitted: '(OR)C' },
    )
    expect(heard).toEqual([['new', 0]])
  })
  test('what is wrong by the definition is not even asked', () => {
    played(() => ({ 1: { value: 1, write: () => throwError(() => new Error('asked')) } }), of1(write('/3200/0/1', 'ten')), {
      received: '(oc)w',
      transmitted: '(OR)B',
    })
  })
  test('the Object may be asked too, and is told after the commit', () => {
    const told: string[] = []
    const note = (what: string) => (proposal: Proposal) => {
      told.push(`${what} ${proposal.change.type}`)
      return EMPTY
    }
    played(
      () => ({ 0: 'old' }),
      of1(write('/3200/0/0', 'new')),
      { received: '(oc)w', transmitted: '(OR)C' },
      { accept: note('accept'), written: note('written') },
    )
    expect(told).toEqual(['accept replace', 'written replace'])
  })
  test('a second writer of the same Object Instance waits, one of another does not', () => {
    played(
      (after) => ({ 0: { value: 'old', write: () => after(3, 'yes') } }),
      {
        a: requested(1, write('/3200/0/0', 'one')),
        b: requested(2, write('/3200/0/0', 'two')),
        d: requested(3, write('/3200/1/0', 'three')),
        e: response(1, '2.04'),
        f: response(2, '2.04'),
        g: response(3, '2.04'),
      },
      { received: '(oc)abd', transmitted: '(OR)--ge--f' },
    )
  })
  test('more than sixteen at once: 5.03', () => {
    const seen = played(
      () => ({ 0: { value: 'old', write: () => NEVER } }),
      Object.fromEntries('abdefghijklmnpqrs'.split('').map((letter, i) => [letter, requested(i, write('/3200/0/0', 'x'))])),
      { received: '(oc)abdefghijklmnpqrs', transmitted: '*' },
    )
    const answers = seen.transmitted.filter(({ value }) => like({ type: 'respond' })(value))
    expect(answers.map(({ value }) => (value as { exchange: number }).exchange)).toEqual([16])
    expect(answers[0]!.value).toMatchObject({ outcome: { code: '5.03' } })
  })
  test('Create and Delete are asked about as well', () => {
    const create: ManagementOperation = { type: 'create', path: at('/3200'), nodes: [] }
    played(
      () => ({ 0: 'old' }),
      of1(create),
      { received: '(oc)w', transmitted: '(OR)B' },
      { accept: () => throwError(() => refusal('4.00')) },
    )
    played(
      () => ({ 0: 'old' }),
      of1({ type: 'delete', path: at('/3200/0') }),
      { received: '(oc)w', transmitted: '(OR)B' },
      { accept: () => throwError(() => refusal('4.00')) },
    )
  })
  test('a body that went to a sink is put to the Object, without its octets', () => {
    const heard: Proposal[] = []
    const streamed: ManagementOperation = { type: 'write', mode: 'replace', path: at('/3200/0/5'), nodes: [], streamed: { size: 100_000 } }
    played(
      () => ({ 0: 'old' }),
      of1(streamed),
      { received: '(oc)w', transmitted: '(OR)C' },
      {
        accept: (proposal) => {
          heard.push(proposal)
          return EMPTY
        },
      },
    )
    expect(heard).toMatchObject([{ account: 0, streamed: { size: 100_000 } }])
  })
})

describe('a Read on demand', () => {
  test('is answered when the value is there', () => {
    played(
      (after) => ({ 3: { read: () => after(2, 'A7') } }),
      { ...of1(read('/3200/0/3')), V: response(1, '2.05', { nodes: [{ value: 'A7' }] }) },
      { received: '(oc)w', transmitted: '(OR)--V' },
    )
  })
  test('several Resources are gathered', () => {
    const seen = played(
      (after) => ({ 0: 'x', 3: { read: () => after(2, 'A7') }, 6: { read: () => after(4, true) } }),
      of1(read('/3200/0')),
      { received: '(oc)w', transmitted: '(OR)----V' },
    )
    expect(seen.transmitted.at(-1)!.value).toMatchObject({ outcome: { nodes: [{ value: 'x' }, { value: 'A7' }, { value: true }] } })
  })
  test.each([
    ['an error', throwError(() => new Error('broken'))],
    ['no value', EMPTY],
  ])('%s is 5.03', (_, value$) => {
    played(() => ({ 3: { read: () => value$ } }), of1(read('/3200/0/3')), { received: '(oc)w', transmitted: '(OR)S' })
  })
  test('a value of the wrong type is 5.00', () => {
    played(() => ({ 3: { read: () => of(7) } }), of1(read('/3200/0/3')), { received: '(oc)w', transmitted: '(OR)I' })
  })
  test('a server that went away is not waited for: the reading ends', () => {
    let ended = false
    played(
      () => ({ 3: { read: () => new Observable(() => () => (ended = true)) } }),
      { ...of1(read('/3200/0/3')), x: { type: 'cancelled', exchange: 1, remote: 'account 0' } },
      { received: '(oc)wx', transmitted: '(OR)-' },
    )
    expect(ended).toBe(true)
  })
  test('no more than sixteen are read at once, and executing does not wait for them', () => {
    let active = 0
    let most = 0
    const read$ = new Observable<never>(() => {
      most = Math.max(most, ++active)
      return () => active--
    })
    const letters = 'abdefghijk'.split('')
    const seen = played(
      () => ({ 3: { read: () => read$ }, 4: () => EMPTY, 6: { read: () => read$ } }),
      { ...Object.fromEntries(letters.map((letter, i) => [letter, requested(i + 2, read('/3200/0'))])), ...of1(execute) },
      { received: `(oc)${letters.join('')}w 60s -`, transmitted: '*' },
    )
    expect([most, active]).toEqual([16, 0])
    expect(seen.transmitted.find(({ value }) => like({ exchange: 1 })(value))).toMatchObject({ at: 14_000 })
    expect(seen.transmitted.filter(({ value }) => like({ type: 'respond', outcome: { code: '5.03' } })(value)).length).toBe(10)
  })
  test('a function that throws is 5.03, as one that fails', () => {
    const read = () => {
      throw new Error('a bug of the application')
    }
    played(() => ({ 3: { read } }), of1({ type: 'read', path: at('/3200/0/3') }), { received: '(oc)w', transmitted: '(OR)S' })
    played(() => ({ 4: read }), of1(execute), { received: '(oc)w', transmitted: '(OR)I' })
  })
  test('observed, it is read again at pmax', () => {
    let count = 0
    played(
      () => ({ 1: { read: () => of(++count) } }),
      {
        y: requested(1, { type: 'observe', path: at('/3200/0/1'), attributes: { pmax: 5 } }),
        A: response(1, '2.05', { nodes: [{ value: 1 }] }),
        B: response(1, '2.05', { nodes: [{ value: 2 }] }),
      },
      { received: '(oc)y-----', transmitted: '(OR)A----B' },
    )
    expect(count).toBe(2)
  })
})

describe('Execute', () => {
  test('is answered when the work is done; the function has the arguments', () => {
    const heard: unknown[] = []
    played(
      (after) => ({
        4: (given) => {
          heard.push(given)
          return after(2, 'done')
        },
      }),
      of1(execute),
      { received: '(oc)w', transmitted: '(OR)--C' },
    )
    expect(heard).toEqual([{ 0: 'now' }])
  })
  test('an error is the answer', () => {
    played(() => ({ 4: () => throwError(() => refusal('4.00')) }), of1(execute), { received: '(oc)w', transmitted: '(OR)B' })
  })
  test('the Object may execute what no Resource does', () => {
    const heard: string[] = []
    played(
      () => ({ 0: 'x', 4: undefined as never }),
      of1(execute),
      { received: '(oc)w', transmitted: '*' },
      {
        definition: everything,
        execute: ({ resource }) => {
          heard.push(`resource ${resource}`)
          return EMPTY
        },
      },
    )
    expect(heard).toEqual(['resource 4'])
  })
})

describe('the application’s streams', () => {
  test('what they emit is what is read; one that failed has no value and says so', () => {
    const seen = played(
      (after, scheduler) => ({
        3: concat(of('A1'), after(6, 'A2')),
        0: new Observable((observer) => observer.add(scheduler.schedule(() => observer.error(new Error('gone')), 6000))),
      }),
      {
        a: requested(1, read('/3200/0/3')),
        b: requested(2, read('/3200/0/3')),
        A: response(1, '2.05', { nodes: [{ value: 'A1' }] }),
        B: response(2, '2.05', { nodes: [{ value: 'A2' }] }),
      },
      { received: '(oc)a--b', transmitted: '(OR)A--B' },
    )
    expect(seen.delivered.some(({ value, at: when }) => when === 6000 && like({ type: 'fault', path: '/3200/0/0' })(value))).toBe(true)
  })
  test('an Object may change its values itself, as the application may', () => {
    played(
      () => ({ 3: 'A1' }),
      { a: requested(1, read('/3200/0/3')), A: response(1, '2.05', { nodes: [{ value: 'B1' }] }) },
      { received: '(oc)a', transmitted: '(OR)A' },
      { run: () => of([{ type: 'update', path: at('/3200/0'), nodes: [node('/3200/0/3', 'B1')] }]) },
    )
  })
  test('a value that does not fit is refused and told', () => {
    const seen = played(() => ({ 1: of(500) }), {}, { received: '-', transmitted: 'O' })
    expect(seen.delivered.some(({ value }) => like({ type: 'refused', path: '/3200/0/1', refusal: { refused: 'range' } })(value))).toBe(
      true,
    )
  })
})
