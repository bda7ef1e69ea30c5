/** Accounts follow the data model: which there are, which of several ways to a server is used, and what is wrong with one (LwM2M Core 1.2.2 §6.1.2, §6.2.1.2, §E.1). One character is a second. */
import { describe, expect, test } from 'vitest'
import { clientStateOf } from '../../src/client/client-state.ts'
import { configure } from '../../src/client/configure.ts'
import { sentenceOf } from '../../src/client/notice.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import type { Change } from '../../src/model/change.ts'
import { answered, at, closed, created, node, opened } from './device.ts'
import { lastOf, life, live, told } from './life.ts'

const inside = { o: opened(), c: created(), p: opened(5), q: created(5) }
const change = (...changes: readonly Change[]) => ({ type: 'change', changes })
const added: readonly Change[] = [
  {
    type: 'create',
    object: 0,
    instance: 5,
    nodes: [node('/0/5/0', 'coap://five:5683'), node('/0/5/1', false), node('/0/5/2', 3), node('/0/5/10', 55)],
  },
  { type: 'create', object: 1, instance: 9, nodes: [node('/1/9/0', 55), node('/1/9/1', 60), node('/1/9/6', true), node('/1/9/7', 'U')] },
]

describe('accounts come and go', () => {
  test('with their Object Instances, paired by Short Server ID whatever their numbers [LwM2M Core §6.1.2]', () => {
    const seen = live(
      life(),
      { ...inside, x: change(...added) },
      { received: '-oc----pq', submitted: '---x', transmitted: '*' },
      { untilMs: 10_000 },
    )
    expect(lastOf(seen, 5)).toMatchObject({ state: 'registered', server: 9, uri: 'coap://five:5683' })
  })

  test('one that the application deletes is left without a word', () => {
    const seen = live(
      life(),
      { ...inside, x: change({ type: 'delete', path: at('/0/0') }) },
      { received: '-oc', submitted: '----x', transmitted: 'OR--C' },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'stopped', reason: 'removed' })
  })

  test('without a Server Object Instance there is no account [LwM2M Core §6.1.2]', () => {
    const seen = live(
      life(),
      { ...inside, x: change(added[0]!) },
      { received: '-oc', submitted: '----x', transmitted: '*' },
      { untilMs: 10_000 },
    )
    expect(lastOf(seen, 5)).toBeUndefined()
  })
})

describe('several ways to one server', () => {
  const ways = [
    { shortServerId: 7, uri: 'coap://udp:5683', binding: 'UT' },
    { shortServerId: 7, uri: 'coap+tcp://tcp:5683' },
  ] as const
  const opens = (seen: ReturnType<typeof live>) => seen.transmitted.map(({ value }) => (value as { uri?: string }).uri)

  test('the order of Binding decides [LwM2M Core §6.2.1.2]', () => {
    expect(opens(live(life(ways), {}, { transmitted: '*', received: '-' }))).toEqual(['coap://udp:5683'])
  })
  test('but Preferred Transport before it [LwM2M Core §6.2.1.2]', () => {
    const seen = live(life([{ ...ways[0], preferredTransport: 'T' }, ways[1]]), {}, { transmitted: '*', received: '-' })
    expect(opens(seen)).toEqual(['coap+tcp://tcp:5683'])
  })
  test('U is possible even where Binding does not say so [LwM2M Core §6.2.1.2]', () => {
    expect(opens(live(life([{ ...ways[0], binding: 'T' }]), {}, { transmitted: '*', received: '-' }))).toEqual(['coap://udp:5683'])
  })
  test('what is preferred later does not touch the registration that lives [LwM2M Core §6.2.1.2]', () => {
    const seen = live(
      life(ways),
      { ...inside, x: change({ type: 'replace', path: at('/1/0/22'), nodes: [node('/1/0/22', 'T')] }) },
      { received: '-oc', submitted: '----x', transmitted: 'OR' },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'registered' })
  })
})

describe('an account that cannot be used says why, and is not tried', () => {
  test.each([['a transport that is not here', { uri: 'coap+tcp://server:5683' }, /no transport for coap\+tcp/]] as const)(
    '%s',
    (_, account, why) => {
      const seen = live(life([account], { schemes: ['coap'] }), {}, { received: '-', transmitted: '-' })
      expect(lastOf(seen)).toMatchObject({ state: 'failed', reason: 'invalid', detail: expect.stringMatching(why) as string })
    },
  )

  test('neither a bootstrap server alone nor a server alone is a failure', () => {
    expect(clientStateOf(told(live(life([{ bootstrap: true }]), {}, { transmitted: '*', received: '--' })).slice(-1)).state).toBe(
      'bootstrapping',
    )
    expect(clientStateOf(told(live(life([{}]), {}, { transmitted: '*', received: '--' })).slice(-1)).state).toBe('registering')
  })

  test.each([
    ['two bootstrap servers', [{ bootstrap: true }, { bootstrap: true }], /one bootstrap server/],
    ['one Short Server ID and transport twice', [{ shortServerId: 3 }, { shortServerId: 3 }], /same Short Server ID/],
  ] as const)('%s cannot be meant', (_, accounts, why) => {
    const made = () =>
      configure({
        endpointClientName: 'dev',
        accounts: accounts.map((account) => ({ uri: 'coap://server', ...account })),
        objects: [],
        parameters: defaultParameters,
      })
    expect(made).toThrow(why)
  })
})

describe('in words', () => {
  const clock = { now: 0, wall: Date.UTC(2030, 0, 1, 12, 0, 0) }

  test('what is planned, when, and which attempt of how many it is', () => {
    const seen = live(life(), { x: closed('name-not-found') }, { received: 'x 59s x', transmitted: '*' })
    expect(sentenceOf(lastOf(seen)!, clock)).toBe(
      'server 0 waits (unreachable name-not-found): registers at 12:03:00, third attempt of five',
    )
  })

  test('another day has its date, what is for ever has no plan', () => {
    const seen = live(life(), inside, { received: '-oc', transmitted: '*' })
    expect(sentenceOf(lastOf(seen)!, clock)).toBe('server 0 knows us at /rd/x (registered): updates at 2030-01-02 11:58:29')
    const failed = live(life([{ retryCount: 1 }]), { x: answered('4.03'), o: opened() }, { received: '-ox', transmitted: '*' })
    expect(sentenceOf(lastOf(failed)!, clock)).toBe('server 0 is given up (exhausted rejected 4.03)')
  })
})

describe('the whole client', () => {
  test('is what its accounts make of it, with the nearest plan', () => {
    const seen = live(life([{}, {}]), { ...inside, x: closed('unreachable', 1) }, { received: '-(ox)--c', transmitted: '*' })
    const accounts = [lastOf(seen, 0)!, lastOf(seen, 1)!]
    expect(clientStateOf(accounts)).toMatchObject({ state: 'registered', by: { account: 0 }, next: { account: 1, action: 'register' } })
    expect(clientStateOf([accounts[1]!])).toMatchObject({ state: 'registering' })
    expect(clientStateOf([])).toEqual({ state: 'initial' })
  })
})
