/** What a bootstrap server may do, operation by operation, and what it may not touch (LwM2M Core 1.2.2 §6.1.7, Transport §6.4.2). */
import { describe, expect, test } from 'vitest'
import type { AccountOptions } from '../../src/client/account-options.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Node } from '../../src/model/node.ts'
import type { ManagementOperation, Outcome } from '../../src/operation/operation.ts'
import { answered, at, closed, node, opened, requested } from './device.ts'
import { lastOf, life, live, story, told } from './life.ts'

const key = new Secret(new TextEncoder().encode('an old key'))
const accounts: readonly Partial<AccountOptions>[] = [
  { bootstrap: true, uri: 'coap://bs:5683' },
  { shortServerId: 7, bootstrapOnFailure: true, retryCount: 1 },
]
const write = (path: string, nodes: readonly Node[]): ManagementOperation => ({ type: 'write', mode: 'replace', path: at(path), nodes })
const remove = (path: string): ManagementOperation => ({ type: 'delete', path: at(path) })
const read = (path: string): ManagementOperation => ({ type: 'read', path: at(path) })
const discover = (path: string): ManagementOperation => ({ type: 'discover', path: at(path) })
const finish: ManagementOperation = { type: 'bootstrap-finish' }
const securityOf = (id: number, uri = 'coap://new:5683', more: readonly Node[] = []) =>
  write(`/0/${id}`, [node(`/0/${id}/0`, uri), node(`/0/${id}/1`, false), node(`/0/${id}/2`, 3), node(`/0/${id}/10`, 100 + id), ...more])
const serverOf = (id: number) =>
  write(`/1/${id}`, [node(`/1/${id}/0`, 100 + id), node(`/1/${id}/1`, 600), node(`/1/${id}/6`, true), node(`/1/${id}/7`, 'U')])

/** A session in which these are asked, a second apart; what was answered, in order. The server with Short Server ID 7 could not be reached. */
const session = (operations: readonly ManagementOperation[], version: '1.0' | '1.1' | '1.2' = '1.1') => {
  const names = 'ABCDEFGHIJKLMNOPQRST'.slice(0, operations.length)
  const values = Object.fromEntries(Array.from(names, (name, index) => [name, requested(index, operations[index]!)]))
  const seen = live(
    life(accounts, { version, lifecycle: { bootstrapPack: false } }),
    { ...values, x: closed('unreachable', 1), o: opened(), a: answered('2.04') },
    { received: `x-oa${names}`, transmitted: '*' },
    { untilMs: 60_000 },
  )
  const outcomes = seen.transmitted.flatMap(({ value }) => {
    const word = value as { type: string; outcome?: Outcome }
    return word.type === 'respond' ? [word.outcome!] : []
  })
  return { seen, outcomes, codes: outcomes.map(({ code }) => code) }
}
const uris = ({ outcomes }: ReturnType<typeof session>): readonly string[] =>
  (outcomes.at(-1)?.listed ?? []).map(({ path, attributes }) =>
    [
      `/${[path.object, path.instance].filter((id) => id !== undefined).join('/')}`,
      ...Object.entries(attributes).map(([name, value]) => `${name}=${value}`),
    ].join(';'),
  )

describe('Bootstrap-Write', () => {
  test('an Object Instance that was not there comes to be; one that was is replaced [LwM2M Core §6.1.7.5]', () => {
    const run = session([
      serverOf(5),
      write('/1/5', [node('/1/5/0', 105), node('/1/5/1', 60), node('/1/5/6', false), node('/1/5/7', 'U')]),
      read('/1/5'),
    ])
    expect(run.codes).toEqual(['2.04', '2.04', '2.05'])
    expect(run.outcomes[2]!.nodes).toContainEqual(node('/1/5/1', 60))
  })

  test('an Object with several Instances at once [LwM2M Core §6.1.7.5]', () => {
    const both = write('/1', [...nodesOf(serverOf(5)), ...nodesOf(serverOf(6))])
    const run = session([both, read('/1')])
    expect(run.codes).toEqual(['2.04', '2.05'])
    expect(new Set(run.outcomes[1]!.nodes!.map(({ path }) => path.instance))).toEqual(new Set([1, 5, 6]))
  })

  test('one Resource, whoever may write it otherwise [LwM2M Core §6.1.7.5]', () => {
    const run = session([write('/1/1/0', [node('/1/1/0', 9)]), read('/1/1')])
    expect(run.codes).toEqual(['2.04', '2.05'])
    expect(run.outcomes[1]!.nodes).toContainEqual(node('/1/1/0', 9))
    expect(run.outcomes[1]!.nodes).toContainEqual(node('/1/1/1', 86_400))
  })

  test('an Object that is not there is 4.04, the root, a Resource Instance or a partial Write 4.05', () => {
    const partial: ManagementOperation = { ...serverOf(5), mode: 'partial' } as ManagementOperation
    expect(
      session([write('/9/0', [node('/9/0/0', 'x')]), write('/', [node('/1/5/0', 1)]), write('/2/0/2/1', [node('/2/0/2/1', 1)]), partial])
        .codes,
    ).toEqual(['4.04', '4.05', '4.05', '4.05'])
  })

  test('a value that does not fit is 4.00, and nothing is written', () => {
    const run = session([write('/1/5', [node('/1/5/0', 'text')]), read('/1/5')])
    expect(run.codes).toEqual(['4.00', '4.04'])
  })

  test('a secret key is kept where nobody reads it', () => {
    const secret = new TextEncoder().encode('sixteen octets!!')
    const run = session([securityOf(5, 'coap://new:5683', [node('/0/5/5', secret)]), write('/0/5/5', [node('/0/5/5', secret)])])
    expect(run.codes).toEqual(['2.04', '2.04'])
    const delivered = JSON.stringify(run.seen.delivered)
    expect(delivered).not.toContain([...secret].join())
  })
})
const nodesOf = (operation: ManagementOperation): readonly Node[] => (operation.type === 'write' ? operation.nodes : [])

describe('Bootstrap-Read', () => {
  test('of the Server and the Access Control Object, and of their Instances, and of nothing else [LwM2M Core §6.1.7.4]', () => {
    expect(
      session([read('/1'), read('/1/1'), read('/2'), read('/1/9'), read('/1/1/0'), read('/0'), read('/3/0'), read('/')]).codes,
    ).toEqual(['2.05', '2.05', '2.05', '4.04', '4.05', '4.05', '4.05', '4.05'])
  })
  test('is not there in LwM2M 1.0', () => {
    expect(session([read('/1')], '1.0').codes).toEqual(['4.05'])
  })
})

describe('Bootstrap-Discover', () => {
  test('of everything: versions, accounts with their Short Server IDs and URIs, the bootstrap server without [LwM2M Core §6.1.7.3]', () => {
    expect(uris(session([discover('/')]))).toEqual([
      '/;lwm2m=1.1',
      expect.stringMatching(/^\/0;ver=1\.\d$/),
      '/0/0',
      '/0/1;ssid=7;uri=coap://server-1:5683',
      expect.stringMatching(/^\/1;ver=1\.\d$/),
      '/1/1;ssid=7',
      expect.stringMatching(/^\/2/),
      expect.stringMatching(/^\/3;ver=1\.\d$/),
      '/3/0',
    ])
  })
  test('of one Object; of an Instance 4.05, of an Object that is not there 4.04', () => {
    const run = session([discover('/1/1'), discover('/77'), discover('/1')])
    expect(run.codes).toEqual(['4.05', '4.04', '2.05'])
    expect(uris(run)).toEqual(['/;lwm2m=1.1', expect.stringMatching(/^\/1;ver=/), '/1/1;ssid=7'])
  })
})

describe('Bootstrap-Delete', () => {
  test('of everything leaves the account of the bootstrap server and /3/0 [LwM2M Core §6.1.7.6]', () => {
    const run = session([remove('/'), discover('/')])
    expect(run.codes).toEqual(['2.02', '2.05'])
    expect(uris(run).filter((place) => place.split('/').length > 2)).toEqual(['/0/0', '/3/0'])
  })
  test.each([
    ['an Object', '/1', '2.02'],
    ['the Security Object: all but the bootstrap server', '/0', '2.02'],
    ['an Object Instance', '/1/1', '2.02'],
    ['what is not there', '/1/9', '2.02'],
    ['the account of the bootstrap server', '/0/0', '4.00'],
    ['the Device', '/3/0', '4.00'],
    ['a Resource', '/1/1/1', '4.00'],
  ] as const)('of %s: %s is %s', (_, path, code) => {
    expect(session([remove(path)]).codes).toEqual([code])
  })
})

describe('Bootstrap-Finish', () => {
  test('what makes no account is 4.06, and can be mended [LwM2M Core §6.1.3.3]', () => {
    const run = session([remove('/0'), remove('/1'), finish, serverOf(5), finish, securityOf(5), finish])
    expect(run.codes).toEqual(['2.02', '2.02', '4.06', '2.04', '4.06', '2.04', '2.04'])
    expect(story(run.seen, 5)).toContain('connecting bootstrapped')
  })

  test.each([
    ['no Server Object Instance', [securityOf(5)], /no Server Object Instance/],
    ['a scheme that is not spoken', [securityOf(5, 'lorawan://1'), serverOf(5)], /no transport/],
    ['a URI that is none', [securityOf(5, 'somewhere'), serverOf(5)], /no URI/],
    ['coaps without a key', [securityOf(5, 'coaps://new:5684'), serverOf(5)], /Security Mode/],
    [
      'two Server Object Instances',
      [securityOf(5), serverOf(5), write('/1/6', [node('/1/6/0', 105), node('/1/6/1', 60), node('/1/6/6', true), node('/1/6/7', 'U')])],
      /2 Server/,
    ],
    ['a Binding of letters that there are not', [securityOf(5), serverOf(5), write('/1/5/7', [node('/1/5/7', 'XY')])], /Binding/],
  ] as const)('%s: 4.06, with the reason', (_, operations, why) => {
    const run = session([...operations, finish])
    expect(run.codes.at(-1)).toBe('4.06')
    expect(run.outcomes.at(-1)!.diagnostic).toMatch(why)
  })

  test('when nothing was begun it is 4.06, and the rest 4.05', () => {
    const seen = live(
      life([{ ...accounts[0], holdOffSeconds: 99 }]),
      { f: requested(1, finish), r: requested(2, read('/1')) },
      { received: '-fr', transmitted: '*' },
      { untilMs: 5_000 },
    )
    expect(seen.transmitted.map(({ value }) => (value as { outcome?: Outcome }).outcome?.code)).toEqual(['4.06', '4.05'])
  })

  test('a new bootstrap server takes the place of the old one [LwM2M Core §6.1.3.3]', () => {
    const other = write('/0/8', [node('/0/8/0', 'coap://other:5683'), node('/0/8/1', true), node('/0/8/2', 3)])
    const run = session([other, finish])
    expect(run.codes).toEqual(['2.04', '2.04'])
    expect(told(run.seen).filter(({ reason }) => reason === 'removed')).toMatchObject([{ account: 0, role: 'bootstrap' }])
    expect(told(run.seen).find(({ account }) => account === 8)).toMatchObject({ role: 'bootstrap', state: 'idle' })
  })
})

describe('one transaction', () => {
  test('silence: everything is as it was before, keys too [LwM2M Core §6.1.3.3]', () => {
    const machine = life([accounts[0]!, { uri: 'coaps://server-1:5684', psk: { identity: 'me', key }, retryCount: 1 }], { version: '1.1' })
    const seen = live(
      machine,
      {
        x: closed('unreachable', 1),
        o: opened(),
        a: answered('2.04'),
        D: requested(1, remove('/')),
        W: requested(2, securityOf(1, 'coaps://evil:5684', [node('/0/1/5', new TextEncoder().encode('another'))])),
        r: { type: 'restart' },
      },
      { received: 'x-oaDW', submitted: '------ 300s r', transmitted: '*' },
      { untilMs: 310_000 },
    )
    expect(lastOf(seen, 1)).toMatchObject({ state: 'connecting', reason: 'asked' })
    const opens = seen.transmitted.map(({ value }) => value as { type: string; uri?: string }).filter(({ type }) => type === 'open')
    expect(opens.at(-1)).toMatchObject({ uri: 'coaps://server-1:5684' })
    const who = seen.delivered
      .map(({ value }) => value as { type: string; psk?: { key: Secret } })
      .filter(({ type }) => type === 'credentials')
    expect(new TextDecoder().decode(who.at(-1)!.psk!.key.reveal())).toBe('an old key')
  })

  test('the next attempt finds what the one before had found', () => {
    const seen = live(
      life(accounts, { version: '1.1' }),
      { x: closed('unreachable', 1), o: opened(), a: answered('2.04'), D: requested(1, remove('/')), L: requested(2, discover('/')) },
      { received: 'x-oaD 309s oaL', transmitted: '*' },
      { untilMs: 330_000 },
    )
    const answers = seen.transmitted.flatMap(({ value }) => {
      const word = value as { type: string; outcome?: Outcome }
      return word.type === 'respond' ? [word.outcome!] : []
    })
    expect(answers.map(({ code }) => code)).toEqual(['2.02', '2.05'])
    expect(answers[1]!.listed).toContainEqual({ path: { object: 1, instance: 1 }, attributes: { ssid: 7 } })
  })

  test('only bootstrap is done for a bootstrap server [LwM2M Core §6.1.7]', () => {
    expect(
      session([
        { type: 'execute', path: at('/3/0/4'), arguments: {} },
        { type: 'observe', path: at('/3/0') },
        { type: 'write-attributes', path: at('/3/0'), attributes: { pmin: 1 } },
        { type: 'create', path: at('/1'), nodes: [] },
      ]).codes,
    ).toEqual(['4.05', '4.05', '4.05', '4.05'])
  })
})
