/** Queue mode: awake after each exchange, then asleep until there is something to say (LwM2M Core 1.2.2 §6.5). One character is a second. */
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { answered, at, changed, closed, created, failed, fed, node, opened, remote, requested, response } from './device.ts'
import { lastOf, letters, life, live, story } from './life.ts'

const queued = { queueMode: true } as const
const inside = { o: opened(), c: created(), u: changed }
const key = new Secret(new TextEncoder().encode('sixteen octets!!'))
const secured = { ...queued, uri: 'coaps://server:5684', psk: { identity: 'me', key } } as const

describe('falling asleep', () => {
  test('Register says Q, in 1.0 as a letter of the binding [LwM2M Core §6.2.1.2]', () => {
    const seen = live(life([queued]), inside, { received: '-o', transmitted: 'OR' })
    expect(seen.transmitted[1]!.value).toMatchObject({ operation: { queueMode: true, binding: 'U' } })
    const early = live(life([{ binding: 'UQ', version: '1.0' }]), inside, { received: '-o', transmitted: 'OR' })
    expect(early.transmitted[1]!.value).toMatchObject({ operation: { queueMode: true, binding: 'U' } })
  })

  test('MAX_TRANSMIT_WAIT after the last exchange the link is closed, its session kept [LwM2M Core §6.5]', () => {
    const seen = live(life([queued]), inside, { received: '-oc', transmitted: 'OR 93s C' })
    expect(seen.transmitted.at(-1)!.value).toEqual({ type: 'close', remote, keepSession: true })
    expect(lastOf(seen)).toMatchObject({ state: 'asleep', reason: 'idle', location: 'rd/x', next: { action: 'update' } })
  })

  test('each request of the server makes it stay awake anew [LwM2M Core §6.5]', () => {
    live(
      life([queued]),
      { ...inside, r: requested(1, { type: 'read', path: at('/3/0/0') }), s: response(1, '2.05') },
      { received: '-oc 59s r', transmitted: 'OR- 59s s 92s C' },
    )
  })

  test('how long is an option', () => {
    live(life([queued], { lifecycle: { awakeMs: 10_000 } }), inside, { received: '-oc', transmitted: 'OR 10s C' })
  })

  test('without queue mode the client stays awake', () => {
    live(life([{}]), inside, { received: '-oc', transmitted: 'OR 200s -' })
  })
})

describe('waking', () => {
  test('for its Update: the link is opened, Update is sent, and it stays awake for a while [LwM2M Core §6.5]', () => {
    const seen = live(life([{ ...queued, lifetimeSeconds: 600 }]), inside, {
      received: '-oc 506s -ou',
      transmitted: 'OR 93s C 412s -OU 93s C',
    })
    expect(story(seen).slice(-5)).toEqual(['asleep idle', 'connecting due', 'updating due', 'registered updated', 'asleep idle'])
  })

  test('because Objects came or went', () => {
    live(
      life([queued]),
      { ...inside, x: { type: 'change', changes: [{ type: 'create', object: 2, instance: 1, nodes: [] }] } },
      { received: '-oc 117s -ou', submitted: '--- 117s x', transmitted: 'OR 93s C 24s OU' },
    )
  })

  test('because the application wants an Update', () => {
    live(
      life([queued]),
      { ...inside, x: { type: 'update' } },
      { received: '-oc 118s ou', submitted: '--- 117s x', transmitted: 'OR 93s C 24s OU' },
    )
  })

  test('a server that no longer knows it answers 4.04: it registers again [LwM2M Core §6.2.2]', () => {
    live(
      life([queued]),
      { ...inside, n: answered('4.04'), x: { type: 'update' } },
      { received: '-oc 118s on---oc', submitted: '--- 117s x', transmitted: 'OR 93s C 24s OU(CO)R' },
    )
  })

  test('a server that is not there: attempts as after any Register that failed', () => {
    const seen = live(
      life([queued]),
      { ...inside, n: closed('unreachable'), x: { type: 'update' } },
      { received: '-oc 118s n', submitted: '--- 117s x', transmitted: 'OR 93s C 24s O' },
    )
    expect(lastOf(seen)).toMatchObject({ state: 'waiting', reason: 'unreachable', next: { action: 'register' } })
  })

  test('stopping: the server is told, asleep or not [LwM2M Core §6.2.3]', () => {
    const seen = live(
      life([queued]),
      { ...inside, d: answered('2.02'), x: { type: 'stop' } },
      { received: '-oc 118s od', submitted: '--- 117s x', transmitted: 'OR 93s C 24s ODC' },
    )
    expect(seen.delivered.at(-1)!.value).toEqual({ type: 'stopped' })
  })
})

describe('observations outlive sleep', () => {
  const observed = requested(1, { type: 'observe', path: at('/3/0/9') })
  const first = response(1, '2.05')
  const battery = [fed('/3/0/9', 90)] as const

  test('secured: the link is opened and the notification goes; nothing is registered or updated [LwM2M Core §6.5]', () => {
    const seen = live(
      life([secured]),
      { ...inside, v: observed, r: first, f: battery[0], g: fed('/3/0/9', 80) },
      { received: '-ocv 115s -o', submitted: '--f 115s -g', transmitted: '*' },
      { untilMs: 125_000 },
    )
    const sent = seen.transmitted.map(({ at: when, value }) => `${when / 1000} ${letterOf(value)}`)
    expect(sent).toContain('119 open')
    expect(sent.filter((text) => text.endsWith('register'))).toHaveLength(1)
    expect(sent.filter((text) => text.endsWith('update'))).toHaveLength(0)
    expect(sent.filter((text) => text.endsWith('respond')).length).toBeGreaterThanOrEqual(2)
    expect(lastOf(seen)).toMatchObject({ state: 'registered', reason: 'resumed' })
  })

  test('not secured: the server knows us by our address, so Update goes first [LwM2M Transport §6.4.3]', () => {
    const seen = live(
      life([queued]),
      { ...inside, v: observed, r: first, f: battery[0], g: fed('/3/0/9', 80) },
      { received: '-ocv 115s -ou', submitted: '--f 115s -g', transmitted: '*' },
      { untilMs: 125_000 },
    )
    const sent = seen.transmitted.map(({ value }) => letterOf(value))
    expect(sent.slice(-4)).toEqual(['close', 'open', 'update', 'respond'])
  })
})
const letterOf = (value: unknown): string => {
  const word = value as { type: string; operation?: { type: string } }
  return word.type === 'perform' ? word.operation!.type : word.type
}

test('an Update that is not answered after waking: the client registers again', () => {
  live(
    life([queued]),
    { ...inside, n: failed('timeout'), x: { type: 'update' } },
    { received: '-oc 118s on', submitted: '--- 117s x', transmitted: 'OR 93s C 24s OU(CO)' },
  )
  expect(node('/3/0/9', 1).value).toBe(1)
  expect(letters.O).toBeTypeOf('function')
})
