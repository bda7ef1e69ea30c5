/** Bootstrap as the client lives it: asked for, held off, tried again, finished, failed (LwM2M Core 1.2.2 §6.1). One character is a second. */
import { describe, expect, test } from 'vitest'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import type { Requested } from '../../src/operation/word.ts'
import { answered, at, closed, created, failed, node, opened, requested, response } from './device.ts'
import { lastOf, letters, life, live, story } from './life.ts'

const bootstrapServer = { bootstrap: true, uri: 'coap://bs:5683' } as const
const old = { version: '1.1' } as const
const asks = (number: number, operation: ManagementOperation): Requested => requested(number, operation)
/** Instances 1 of Security and Server, as one Object each. */
const security = asks(1, {
  type: 'write',
  mode: 'replace',
  path: at('/0/1'),
  nodes: [node('/0/1/0', 'coap://new:5683'), node('/0/1/1', false), node('/0/1/2', 3), node('/0/1/10', 101)],
})
const server = asks(2, {
  type: 'write',
  mode: 'replace',
  path: at('/1/1'),
  nodes: [node('/1/1/0', 101), node('/1/1/1', 600), node('/1/1/6', true), node('/1/1/7', 'U')],
})
const finish = asks(3, { type: 'bootstrap-finish' })
const session = {
  o: opened(),
  a: answered('2.04'),
  s: security,
  v: server,
  f: finish,
  y: response(1, '2.04'),
  z: response(2, '2.04'),
  w: response(3, '2.04'),
  p: opened(1),
  q: created(1),
}

describe('a client that knows only its bootstrap server', () => {
  test('asks, is given an account, closes the link after Finish and registers [LwM2M Core §6.1.3.3]', () => {
    const seen = live(life([bootstrapServer], old), session, { received: '-oasvf-----pq', transmitted: 'OB-yz(wCO)-R' })
    expect(seen.transmitted.find(({ value }) => letters.B(value))!.value).toMatchObject({
      operation: { type: 'bootstrap-request', endpoint: 'dev', pct: 112 },
    })
    expect(lastOf(seen, 0)).toMatchObject({ state: 'idle', reason: 'bootstrapped' })
    expect(story(seen, 1)).toEqual([
      'waiting start',
      'waiting bootstrapped',
      'connecting bootstrapped',
      'registering bootstrapped',
      'registered registered',
    ])
  })

  test('LwM2M 1.0 says nothing of formats [LwM2M Core §6.1.7.1]', () => {
    const seen = live(life([bootstrapServer], { version: '1.0' }), session, { received: '-o', transmitted: 'OB' })
    expect(seen.transmitted[1]!.value).toMatchObject({ operation: { type: 'bootstrap-request', endpoint: 'dev' } })
    expect(JSON.stringify(seen.transmitted[1]!.value)).not.toContain('pct')
  })

  test('a server that does not know pct is asked again without [LwM2M Core §6.1.7.1]', () => {
    live(life([bootstrapServer], old), { ...session, x: answered('4.15') }, { received: '-oxasvf-----pq', transmitted: 'OBB-yz(wCO)-R' })
  })

  test('waits for the Client Hold Off Time before it asks [LwM2M Core §6.1.3.3]', () => {
    live(life([{ ...bootstrapServer, holdOffSeconds: 5 }], old), session, { received: '', transmitted: '-----O' })
  })

  test('the server may begin before it has answered the request', () => {
    live(life([bootstrapServer], old), session, { received: '-osvfa-----pq', transmitted: 'OByz(wXCO)-R' })
  })
})

describe('attempts that fail', () => {
  test.each([
    ['no link', { x: closed('unreachable') }, 'x', 'OC', 'unreachable'],
    ['an error', { x: answered('4.03') }, 'ox', 'OBC', 'rejected'],
    ['no answer', { x: failed('timeout') }, 'ox', 'OBC', 'timeout'],
    ['RST', { x: failed('reset') }, 'ox', 'OBC', 'unreachable'],
  ])('%s: another one after a minute, then two, then four', (_, values, received, transmitted, reason) => {
    const lane = received === 'x' ? '-x' : '-ox'
    const first = transmitted === 'OC' ? 'O' : 'OBC'
    const seen = live(
      life([bootstrapServer], old),
      { o: opened(), ...values },
      { received: `${lane} 59s ${received === 'x' ? '-x' : '-ox'}`, transmitted: received === 'x' ? `${first} 60s O` : `OBC 59s OBC` },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'waiting', reason, next: { action: 'bootstrap', attempt: 3 } })
  })

  test('nothing for EXCHANGE_LIFETIME after the last message: it has failed, and nothing has changed [LwM2M Core §6.1.3.3]', () => {
    const seen = live(life([bootstrapServer], old), session, { received: '-oas', transmitted: 'OB-y 246s C' })
    expect(lastOf(seen)).toMatchObject({ state: 'waiting', reason: 'silence' })
    expect(lastOf(seen, 1)).toBeUndefined()
  })

  test('after the last attempt the client has failed, and only the application begins again', () => {
    const seen = live(
      life([bootstrapServer], { ...old, lifecycle: { bootstrapRetryCount: 2 } }),
      { o: opened(), x: answered('4.03'), r: { type: 'restart' } },
      { received: '-ox 59s -ox', submitted: '--- 59s --- 600s r', transmitted: 'OBC 59s OBC 600s O' },
    )
    expect(story(seen)).toContain('failed exhausted')
  })
})

describe('Bootstrap-Pack', () => {
  const pack = answered('2.05', {
    nodes: [
      node('/0/1/0', 'coap://new:5683'),
      node('/0/1/1', false),
      node('/0/1/2', 3),
      node('/0/1/10', 101),
      node('/1/1/0', 101),
      node('/1/1/1', 600),
      node('/1/1/6', true),
      node('/1/1/7', 'U'),
    ],
  })

  test('a client of 1.2 asks for all at once, and says which account is the bootstrap server [LwM2M Core §6.1.7.7]', () => {
    const seen = live(life([bootstrapServer]), { ...session, k: pack }, { received: '-ok----pq', transmitted: 'OP(CO)-R' })
    expect(seen.transmitted[1]!.value).toMatchObject({
      operation: { endpoint: 'dev', accept: 112, accounts: [{ object: 0, instance: 0 }] },
    })
    expect(lastOf(seen, 1)).toMatchObject({ state: 'registered' })
  })

  test.each(['5.01', '4.05', '4.04'] as const)('%s: piece by piece, then [LwM2M Core §6.1.7.7]', (code) => {
    live(life([bootstrapServer]), { ...session, k: answered(code) }, { received: '-okasvf-----pq', transmitted: 'OPB-yz(wCO)-R' })
  })

  test('a Pack that makes no account is forgotten, and asked for piece by piece [LwM2M Core §6.1.6]', () => {
    const half = answered('2.05', { nodes: [node('/1/1/0', 101), node('/1/1/1', 600), node('/1/1/6', true), node('/1/1/7', 'U')] })
    const seen = live(life([bootstrapServer]), { ...session, k: half }, { received: '-oka', transmitted: 'OPB-' })
    expect(lastOf(seen)).toMatchObject({ state: 'bootstrapping' })
  })
})

describe('a client with servers', () => {
  const deleted = answered('2.02')
  const both = [{}, { ...bootstrapServer }]
  const inside = { o: opened(), c: created(), d: deleted, O: letters.O, b: opened(1), a: answered('2.04', {}, 1) }

  test('Bootstrap-Request Trigger: answered, De-register, then bootstrap [LwM2M Core §E.2]', () => {
    live(
      life(both, old),
      { ...inside, e: requested(9, { type: 'execute', path: at('/1/0/9'), arguments: {} }), r: response(9, '2.04') },
      { received: '-oc-e----d----ba', transmitted: 'OR--(rD)-(CO)-B-' },
    )
  })

  test('the application can ask for it', () => {
    live(
      life(both, old),
      { ...inside, x: { type: 'bootstrap' } },
      { received: '-oc---d----ba', submitted: '----x', transmitted: 'OR--D-(CO)-B-' },
    )
  })

  test('without a bootstrap server the trigger is not possible: 4.05', () => {
    live(
      life([{}], old),
      { ...inside, e: requested(9, { type: 'execute', path: at('/1/0/9'), arguments: {} }), r: response(9, '4.05') },
      { received: '-oc-e', transmitted: 'OR--r' },
    )
  })

  test('a server that refuses the client in so many words leads to bootstrap at once (/1/x/16) [LwM2M Core §6.2.1.1]', () => {
    live(life(both, old), { ...inside, x: answered('4.03') }, { received: '-ox----b', transmitted: 'OR(CO)-B' })
  })

  test('unless it says that it does not', () => {
    const seen = live(
      life([{ bootstrapOnFailure: false }, both[1]!], old),
      { ...inside, x: answered('4.03') },
      { received: '-ox', transmitted: 'ORC' },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'waiting', reason: 'rejected' })
  })

  test('every attempt to register failed: bootstrap [LwM2M Core §6.2.1.1]', () => {
    live(life([{ retryCount: 1 }, both[1]!], old), { ...inside, x: closed('unreachable') }, { received: '-x-b', transmitted: 'OO-B' })
  })

  test('a bootstrap that the application wanted and that fails for good: the old accounts are tried again', () => {
    const seen = live(
      life(both, { ...old, lifecycle: { bootstrapRetryCount: 1 } }),
      { ...inside, x: { type: 'bootstrap' }, n: answered('4.03', {}, 1) },
      { received: '-oc---d----bn', submitted: '----x', transmitted: 'OR--D-(CO)-B(CO)' },
    )
    expect(lastOf(seen, 1)).toMatchObject({ state: 'failed' })
    expect(lastOf(seen, 0)).toMatchObject({ state: 'connecting' })
  })

  test('who is bootstrapped into what does not work asks less and less often', () => {
    const seen = live(
      life([bootstrapServer], old),
      { ...session, n: answered('4.03', {}, 1) },
      { received: '-oasvf-----pn', transmitted: 'OB-yz(wCO)-RC' },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'waiting', next: { action: 'bootstrap' } })
    expect(lastOf(seen)!.next!.dueAt).toBeGreaterThanOrEqual(72_000)
  })
})

describe('what bootstrap leaves', () => {
  test('Bootstrap-Server Account Timeout: the account goes so long after Finish [LwM2M Core §6.1.3.3]', () => {
    const seen = live(
      life([{ ...bootstrapServer, accountTimeoutSeconds: 60 }], old),
      session,
      {
        received: '-oasvf-----pq',
        transmitted: 'OB-yz(wCO)-R 57s -',
      },
      { untilMs: 70_000 },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'stopped', reason: 'removed' })
    expect(lastOf(seen, 1)).toMatchObject({ state: 'registered' })
  })

  test('stopping in the midst of it leaves everything as it was', () => {
    const seen = live(
      life([bootstrapServer], old),
      { ...session, x: { type: 'stop' } },
      { received: '-oas', submitted: '-----x', transmitted: 'OB-y-C' },
    )
    expect(seen.delivered.at(-1)!.value).toEqual({ type: 'stopped' })
    expect(lastOf(seen, 1)).toBeUndefined()
  })
})

describe('LwM2M 1.0: the bootstrap server begins by itself', () => {
  test('while the client holds off, where that is wanted', () => {
    const legacy = { version: '1.0', lifecycle: { serverInitiatedBootstrap: true } } as const
    live(life([{ ...bootstrapServer, holdOffSeconds: 30 }], legacy), session, { received: '-osvf-----pq', transmitted: 'O-yz(wCO)-R' })
  })
})
