/** Register: what it says, and what follows (LwM2M Core 1.2.2 §6.2.1). */
import { describe, expect, test } from 'vitest'
import { answered, created, device, opened, play, state } from './device.ts'

describe('Register', () => {
  test('a client opens its link and registers with name, lifetime, version, binding and Objects [LwM2M Core §6.2.1]', () => {
    const seen = play(device([{ lifetimeSeconds: 600 }]), {}, { received: '-(oc)--', transmitted: 'OR----' })
    expect(seen.transmitted[0]!.value).toMatchObject({ type: 'open', remote: 'account 0', uri: 'coap://server-0:5683', account: 0 })
    expect(seen.transmitted[1]!.value).toMatchObject({
      operation: {
        type: 'register',
        endpoint: 'dev',
        lifetimeSeconds: 600,
        version: '1.2',
        binding: 'U',
        has: {
          objects: [
            { path: { object: 1, instance: 0 } },
            { path: { object: 3 }, attributes: { ver: '1.1' } },
            { path: { object: 3, instance: 0 } },
            { path: { object: 3200, instance: 0 } },
            { path: { object: 3200, instance: 1 } },
            { path: { object: 3303, instance: 0 } },
          ],
        },
      },
    })
  })

  test('the Security Object is not registered [LwM2M Core §6.2.1]', () => {
    const seen = play(device(), {}, { received: '-(oc)--', transmitted: 'OR----' })
    expect(JSON.stringify(seen.transmitted[1]!.value)).not.toContain('"object":0')
  })

  test('after 2.01 the client is registered at the Location-Path and plans its Update [LwM2M Core §6.2.1]', () => {
    const seen = play(device([{ lifetimeSeconds: 600 }]), {}, { received: '-oc---', transmitted: 'OR----' })
    expect(seen.delivered.at(-1)!.value).toMatchObject({
      state: 'registered',
      location: 'rd/x',
      next: { action: 'update', dueAt: 509_000 },
    })
  })

  test('each account has a registration of its own [LwM2M Core §6.2]', () => {
    const seen = play(
      device([{}, { shortServerId: 7 }]),
      { p: opened(1), q: created(1) },
      { received: '-----(ocpq)', transmitted: '(OO)-(RR)' },
    )
    expect(
      seen.delivered.filter(({ value }) => state('registered')(value)).map(({ value }) => (value as { account: number }).account),
    ).toEqual([0, 1])
  })

  test('2.01 without a Location-Path is no registration [LwM2M Core §6.2.1]', () => {
    const seen = play(device(), { n: answered('2.01', { location: [] }) }, { received: '-on---', transmitted: 'ORC---' })
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'waiting', reason: 'no-location' })
  })

  test('any success but 2.01 is no registration [LwM2M Transport §6.4.3]', () => {
    const seen = play(device(), { n: answered('2.04', { location: ['rd', 'x'] }) }, { received: '-on---', transmitted: 'ORC---' })
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'waiting', reason: 'rejected', detail: '2.04' })
  })

  test('only the answer to the Register under way counts', () => {
    const stray = { ...created(), exchange: 'ffffffffffffffff' }
    const seen = play(device(), { n: stray }, { received: '-on---', transmitted: 'OR----' })
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'registering' })
  })
})
