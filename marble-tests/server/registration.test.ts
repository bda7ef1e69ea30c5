/** Register, Update, De-register and lifetimes (LwM2M Core 1.2.2 §6.2). One character is ten seconds. */
import { describe, expect, test } from 'vitest'
import type { Register, RegistrationOperation } from '../../src/operation/operation.ts'
import { defaultLimits, registrations, type RegistrationEffect, type RegistrationRequest } from '../../src/server/registrations.ts'
import { alone, ladder, like, type Lanes } from '../../src/testing/index.ts'

const a = 'coap://192.0.2.1:5683'
const b = 'coap://192.0.2.2:5683'
const ask = (ticket: number, operation: RegistrationOperation, remote = a): RegistrationRequest => ({
  type: 'asked',
  ticket,
  remote,
  operation,
})
const long = { lifetimeSeconds: 600 }
const has = { objects: [{ path: { object: 3, instance: 0 }, attributes: {} }] }
const nameless: Register = { type: 'register', version: '1.1', has }
const brief: Register = { ...nameless, endpoint: 'urn:a' }
const register: Register = { ...brief, lifetimeSeconds: 60 }
const told = (code: string, ticket?: number) =>
  like({ type: 'reply', outcome: like({ code }), ...(ticket === undefined ? {} : { ticket }) })

/** Locations differ with the dice: each step gets its own. */
const dice = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
const locations = (effects: readonly { readonly value: unknown }[]): readonly string[] =>
  effects.flatMap(({ value }) => {
    const effect = value as RegistrationEffect
    return effect.type === 'registered' ? [effect.registration.location] : []
  })
const play = (values: Readonly<Record<string, unknown>>, lanes: Lanes, limits = {}) =>
  ladder(alone(registrations({ ...defaultLimits, ...limits })), { msPerChar: 10_000, dice, values }, lanes)

describe('Register', () => {
  test('a Register is answered 2.01 with a location under /rd, and the client is registered [LwM2M Core §6.2.1]', () => {
    const seen = play(
      { r: ask(1, register), c: told('2.01', 1), R: like({ type: 'registered' }) },
      { submitted: 'r---', delivered: '(cR)' },
    )
    const [reply, registered] = seen.delivered.map(({ value }) => value as RegistrationEffect)
    const location = locations(seen.delivered)[0]
    expect(reply).toMatchObject({ outcome: { location: ['rd', location] } })
    expect(location).toMatch(/^[0-9a-f]{16}0$/)
    expect(registered).toMatchObject({
      registration: { endpointClientName: 'urn:a', remote: a, lifetimeSeconds: 60, binding: 'U', queueMode: false, expiresAt: 60_000 },
    })
  })

  test('without a lifetime it is 86400 seconds [LwM2M Core §6.2.1]', () => {
    const seen = play({ r: ask(1, brief), c: told('2.01'), R: like({ type: 'registered' }) }, { submitted: 'r---', delivered: '(cR)' })
    expect(seen.delivered[1]!.value).toMatchObject({ registration: { lifetimeSeconds: 86_400, expiresAt: 86_400_000 } })
  })

  test('a version that is not served is answered 4.12, and only that [LwM2M Transport §6.4]', () => {
    play({ r: ask(1, { ...register, version: '2.0' }), x: told('4.12', 1) }, { submitted: 'r---', delivered: 'x' })
  })

  test.each([{ endpoint: '' }, { endpoint: 'x'.repeat(256) }])(
    'an endpoint client name that is missing or too long is answered 4.00 (%#)',
    ({ endpoint }) => {
      play({ r: ask(1, { ...register, endpoint }), x: told('4.00', 1) }, { submitted: 'r---', delivered: 'x' })
    },
  )

  test('a Register without ep is answered 4.00', () => {
    play({ r: ask(1, nameless), x: told('4.00', 1) }, { submitted: 'r---', delivered: 'x' })
  })

  test('a new Register of an endpoint replaces the old registration, and the old location is dead [LwM2M Core §6.2.1]', () => {
    const before = play(
      { r: ask(1, { ...register, ...long }), c: told('2.01'), R: like({ type: 'registered' }) },
      { submitted: 'r', delivered: '(cR)' },
    )
    const old = locations(before.delivered)[0]!
    const seen = play(
      {
        r: ask(1, { ...register, ...long }),
        s: ask(2, { ...register, ...long }, b),
        u: ask(3, { type: 'update', location: ['rd', old] }),
        c: told('2.01'),
        R: like({ type: 'registered' }),
        P: like({ type: 'replaced' }),
        x: told('4.04', 3),
      },
      { submitted: 'r-----s----u', delivered: '(cR)--(cPR)x' },
    )
    const [, replaced, registered] = seen.delivered.slice(2).map(({ value }) => value as RegistrationEffect)
    expect(replaced).toMatchObject({ registration: { location: old, remote: a }, by: { remote: b } })
    expect(registered).toMatchObject({ registration: { remote: b } })
    expect(new Set(locations(seen.delivered)).size).toBe(2)
  })

  test('one client more than there is room for is answered 5.03, and those that are there stay', () => {
    const other: Register = { ...register, endpoint: 'urn:b' }
    play(
      {
        r: ask(1, { ...register, ...long }),
        o: ask(2, other),
        c: told('2.01', 1),
        R: like({ type: 'registered' }),
        x: told('5.03', 2),
        E: like({ type: 'expired' }),
      },
      { submitted: 'r----o', delivered: '(cR)-x 540s E' },
      { registrationsMax: 1 },
    )
  })

  test('a client that registers too often is answered 4.29 with the time to wait', () => {
    const seen = play(
      {
        r: ask(1, { ...register, ...long }),
        c: told('2.01'),
        R: like({ type: 'registered' }),
        P: like({ type: 'replaced' }),
        x: told('4.29'),
      },
      { submitted: 'r----r-----r--', delivered: '(cR)-(cPR)-x' },
      { registersMax: 2, registerWindowMs: 120_000 },
    )
    expect(seen.delivered.at(-1)!.value).toMatchObject({ outcome: { maxAgeSeconds: 10 } })
  })

  test('a client cannot be named so that it is taken for the location of another', () => {
    play(
      {
        r: ask(1, { ...register, ...long, endpoint: '/rd/x' }),
        d: ask(2, { type: 'deregister', location: ['rd', 'x'] }),
        c: told('2.01'),
        R: like({ type: 'registered' }),
        x: told('4.04'),
      },
      { submitted: 'r----d', delivered: '(cR)-x' },
    )
  })
})

describe('Update and De-register', () => {
  const was = play({ r: ask(1, register), c: told('2.01'), R: like({ type: 'registered' }) }, { submitted: 'r', delivered: '(cR)' })
  const location = ['rd', locations(was.delivered)[0]!]
  const common = {
    r: ask(1, register),
    c: told('2.01'),
    R: like({ type: 'registered' }),
    U: like({ type: 'updated' }),
    E: like({ type: 'expired' }),
    k: told('2.04'),
    n: told('4.04'),
  }

  test('an Update is answered 2.04 and begins the lifetime anew [LwM2M Core §6.2.2]', () => {
    play({ ...common, u: ask(2, { type: 'update', location }) }, { submitted: 'r----u', delivered: '(cR)-(kU)--E' })
  })

  test('an Update carries only what changes, everything else stays [LwM2M Core §6.2.2]', () => {
    const seen = play(
      { ...common, u: ask(2, { type: 'update', location, lifetimeSeconds: 300, sms: '123' }) },
      { submitted: 'r----u', delivered: '(cR)-(kU)' },
    )
    const updated = seen.delivered.at(-1)!.value as RegistrationEffect & { type: 'updated' }
    expect(updated.registration).toMatchObject({
      lifetimeSeconds: 300,
      sms: '123',
      binding: 'U',
      has: register.has,
      endpointClientName: 'urn:a',
      expiresAt: 350_000,
    })
    expect(updated.before).toMatchObject({ lifetimeSeconds: 60 })
  })

  test('the client is from then on where the Update came from', () => {
    const seen = play({ ...common, u: ask(2, { type: 'update', location }, b) }, { submitted: 'r----u', delivered: '(cR)-(kU)' })
    expect(seen.delivered.at(-1)!.value).toMatchObject({ registration: { remote: b }, before: { remote: a } })
  })

  test('an Update or De-register of a location that is not there is answered 4.04 [LwM2M Transport §6.4]', () => {
    play(
      { ...common, u: ask(1, { type: 'update', location }), d: ask(2, { type: 'deregister', location }) },
      { submitted: 'ud', delivered: 'nn' },
    )
  })

  test('without an Update the registration ends with its lifetime, and is gone [LwM2M Core §6.2.2]', () => {
    play({ ...common, u: ask(2, { type: 'update', location }) }, { submitted: 'r------u', delivered: '(cR)--En' })
  })

  test('an Update in the very last moment is too late: the lifetime is over', () => {
    play({ ...common, u: ask(2, { type: 'update', location }) }, { submitted: 'r-----u', delivered: '(cR)--(En)' })
  })

  test('a lifetime of 0 never ends', () => {
    play({ ...common, r: ask(1, { ...register, lifetimeSeconds: 0 }) }, { submitted: 'r', delivered: '(cR) 50000m -' })
  })

  test('a De-register is answered 2.02, and the client is gone [LwM2M Core §6.2.3]', () => {
    play(
      { ...common, d: ask(2, { type: 'deregister', location }), D: like({ type: 'deregistered' }), x: told('2.02') },
      { submitted: 'r----d----d', delivered: '(cR)-(xD)-n' },
    )
  })
})

describe('Profile ID', () => {
  const nobody = { objects: [] }
  const listed = (object: number) => ({ path: { object, instance: 0 }, attributes: {} })
  const asking = (ticket: number, profiles: readonly string[], objects: readonly number[]) =>
    ask(ticket, { ...register, ...long, version: '1.2', profiles, has: { objects: objects.map(listed) } })
  const has = (...objects: readonly number[]) => like({ type: 'registered', registration: like({ has: { objects: objects.map(listed) } }) })
  const learnt = (id: string, ...forgotten: readonly string[]) => like({ type: 'learnt', profile: like({ id }), forgotten })
  const common = { c: told('2.01'), x: told('4.09'), P: like({ type: 'replaced' }), L: like({ type: 'learnt' }) }

  test('a Register without a list and without a Profile ID is answered 4.09 [LwM2M Core §6.2.1]', () => {
    play({ ...common, r: ask(1, { ...register, has: nobody }) }, { submitted: 'r', delivered: 'x' })
  })
  test('one that is not known is answered 4.09; the list that comes with it then is learnt, and stands for it [LwM2M Core §6.2.1]', () => {
    const alone = asking(1, ['6:27354b9a'], [])
    const taught = asking(2, ['6:27354b9a'], [1, 3])
    play({ ...common, a: alone, t: taught, H: has(1, 3) }, { submitted: 'a-t----a', delivered: 'x-(LcH)(cPH)' })
  })
  test('a list beside a known one counts as well [LwM2M Core §6.2.1]', () => {
    const values = { ...common, t: asking(1, ['6:27354b9a'], [1, 3]), b: asking(2, ['6:27354b9a'], [4]), H: has(1, 3), M: has(1, 3, 4) }
    play(values, { submitted: 't-----b', delivered: '(LcH)-(cPM)' })
  })
  test('what is agreed beforehand is never learnt: `oma:` and `v:` [LwM2M Core §6.2.1]', () => {
    play({ ...common, o: asking(1, ['oma:x'], [1, 3]) }, { submitted: 'o', delivered: 'x' })
  })
  test('of several all must be known [LwM2M Core §6.2.1]', () => {
    const values = {
      ...common,
      t: asking(1, ['6:1'], [1]),
      u: asking(2, ['6:2'], [3]),
      b: asking(3, ['6:1', '6:2'], []),
      n: asking(4, ['6:1', '6:3'], []),
    }
    play({ ...values, H: has(1), I: has(3), M: has(1, 3) }, { submitted: 't----u-----b-----n', delivered: '(LcH)(LcPI)(cPM)-x' })
  })
  test('the one used first is forgotten when there are too many', () => {
    const values = { ...common, t: asking(1, ['6:1'], [1]), u: asking(2, ['6:2'], [3]), a: asking(3, ['6:1'], []), H: has(1), I: has(3) }
    const told = { ...values, L: learnt('6:1'), F: learnt('6:2', '6:1') }
    play(told, { submitted: 't----u-----a', delivered: '(LcH)(FcPI)x' }, { profilesMax: 1 })
  })
})
