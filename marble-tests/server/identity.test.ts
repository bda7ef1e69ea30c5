/** A registration belongs to the identity that made it (LwM2M Core 1.2.2 §6.2.1; LwM2M Transport §6.4.3). */
import { EMPTY, firstValueFrom, NEVER, of, throwError, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import type { Dice } from '../../src/core/dice.ts'
import { copy } from '../../src/core/snapshot.ts'
import type { RegistrationOperation } from '../../src/operation/operation.ts'
import type { Credential } from '../../src/server/credentials/credential.ts'
import { identities } from '../../src/server/credentials/pipeline.ts'
import type { Proven } from '../../src/server/registration.ts'
import { registrations, type RegistrationEffect } from '../../src/server/registrations.ts'

const dice: Dice = [0, 0, 0, 0, 0, 0, 0, 0]
const octets = (text: string) => new TextEncoder().encode(text)
const proven = (identity: string, endpointClientName?: string): Proven => ({
  identity: octets(identity),
  ...(endpointClientName === undefined ? {} : { endpointClientName }),
})
const registering = (endpoint: string): RegistrationOperation => ({
  type: 'register',
  endpoint,
  version: '1.2',
  lifetimeSeconds: 60,
  has: { objects: [{ path: { object: 3, instance: 0 }, attributes: {} }] },
})

/** A registrar that is asked one thing after another; what it says. */
const registrar = () => {
  const machine = registrations()
  let state = copy(machine.initial)
  let ticket = 0
  const ask = (operation: RegistrationOperation, who?: Proven, remote = 'coaps://10.0.0.2:1'): readonly RegistrationEffect[] => {
    const [next, effects] = machine.step(
      state,
      { type: 'asked', ticket: ticket++, remote, ...(who === undefined ? {} : { proven: who }), operation },
      { now: 0, wall: 0, dice },
    )
    state = next
    return effects
  }
  return { ask }
}
const codeOf = (effects: readonly RegistrationEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'reply' ? [effect.outcome.code] : []))[0]
const locationIn = (effects: readonly RegistrationEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'reply' ? [effect.outcome.location ?? []] : []))[0]!

describe('Register', () => {
  test('of the identity’s own name is 2.01, and the registration has the identity', () => {
    const effects = registrar().ask(registering('one'), proven('id', 'one'))
    expect(codeOf(effects)).toBe('2.01')
    expect(effects).toContainEqual(
      expect.objectContaining({ type: 'registered', registration: expect.objectContaining({ identity: octets('id') }) as unknown }),
    )
  })

  test('of another name than the identity’s is 4.00 [LwM2M Transport §6.4.3]', () => {
    const effects = registrar().ask(registering('other'), proven('id', 'one'))
    expect(codeOf(effects)).toBe('4.00')
    expect(effects).toHaveLength(1)
  })

  test('of a name that another identity has registered is 4.03, whether the newcomer is secured or not', () => {
    const { ask } = registrar()
    ask(registering('one'), proven('id'))
    expect(codeOf(ask(registering('one'), proven('id2')))).toBe('4.03')
    expect(codeOf(ask(registering('one'), proven('i')))).toBe('4.03')
    expect(codeOf(ask(registering('one')))).toBe('4.03')
    expect(codeOf(ask(registering('one'), proven('id'), 'coaps://10.0.0.9:9'))).toBe('2.01')
  })

  test('without security may be replaced by anybody, as ever', () => {
    const { ask } = registrar()
    ask(registering('one'))
    expect(codeOf(ask(registering('one'), proven('id')))).toBe('2.01')
  })
})

describe.each(['update', 'deregister'] as const)('%s', (type) => {
  test('by the same identity, from wherever it is now, is taken; by any other it is 4.04', () => {
    const { ask } = registrar()
    const location = locationIn(ask(registering('one'), proven('id')))
    for (const stranger of [proven('id2'), proven('ie'), undefined]) {
      const effects = ask({ type, location }, stranger)
      expect(codeOf(effects)).toBe('4.04')
      expect(effects).toHaveLength(1)
    }
    expect(codeOf(ask({ type, location }, proven('id'), 'coaps://10.0.0.9:9'))).toBe(type === 'update' ? '2.04' : '2.02')
  })
})

describe('who is behind a link', () => {
  const key = new Secret(octets('k'))
  const asked = (
    find: (identity: Uint8Array) => Observable<Credential | undefined>,
    { registers = true, unsecured = false, opened = true } = {},
  ) => {
    const it = identities({ find }, unsecured)
    if (opened) it.note({ type: 'opened', remote: 'coaps://1', identity: octets('id') })
    return { it, answer: firstValueFrom(it.whose('coaps://1', registers)) }
  }

  test('is what the handshake proved, with the name of the store’s entry', async () => {
    expect(await asked(() => of({ key, endpointClientName: 'one' })).answer).toEqual({ identity: octets('id'), endpointClientName: 'one' })
  })

  test.each([
    ['is not there any more', () => of(undefined)],
    ['cannot be looked up', () => throwError(() => new Error('no store'))],
    ['is answered without a word', () => EMPTY],
  ])('an identity that %s does not register: 4.03', async (_, find) => {
    expect(await asked(find).answer).toMatchObject({ code: '4.03' })
  })

  test('is not looked up for an Update', async () => {
    expect(await asked(() => NEVER, { registers: false }).answer).toEqual({ identity: octets('id') })
  })

  test('is nobody where nothing was proven: 4.03 to Register, unless that is allowed', async () => {
    expect(await asked(() => NEVER, { opened: false }).answer).toMatchObject({ code: '4.03' })
    expect(await asked(() => NEVER, { opened: false, unsecured: true }).answer).toBeUndefined()
  })

  test('is forgotten when the link closes', async () => {
    const { it } = asked(() => of({ key }))
    it.note({ type: 'closed', remote: 'coaps://1' })
    expect(await firstValueFrom(it.whose('coaps://1', true))).toMatchObject({ code: '4.03' })
  })
})
