/** A server that is started anew still knows its clients (LwM2M Core 1.2.2 §6.2). */
import { EMPTY, merge, of, tap, throwError } from 'rxjs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Response } from '../../src/exchange/exchange.ts'
import { lwm2mServer, type ServerOptions } from '../../src/server.ts'
import { decodeKept, encodeKept, type KeptRegistration } from '../../src/server/store.ts'
import { storedRegistrations } from '../../src/server/stored/pipeline.ts'
import { memory } from '../../src/simulation/storage.ts'
import { world, type World } from '../../src/simulation/world.ts'
import { examine } from '../../src/testing/index.ts'
import { handmadeDevice, type HandmadeDevice } from '../contracts/server-device.ts'

const play = (made: World, options: ServerOptions = {}) => {
  const log: string[] = []
  const answers: string[] = []
  const it: { device?: HandmadeDevice } = {}
  const server = made.node('server', { address: '10.0.0.99' })
  server.start((env) => {
    const one = lwm2mServer(env, { listen: { address: '10.0.0.99', port: 5683 }, store: storedRegistrations(env.storage, 4), ...options })
    const say = (line: string) => log.push(`${made.now() / 1_000} ${line}`)
    return merge(
      one.registrations$.pipe(tap(({ type, registration }) => say(`${type} ${registration.endpointClientName}`))),
      one.refused$.pipe(tap(({ operation, code }) => say(`${operation} refused ${code}`))),
    )
  })
  const note = (response: Response): string => {
    answers.push(response.code)
    return response.options
      .filter(({ number }) => number === 8)
      .map(({ value }) => new TextDecoder().decode(value))
      .join('/')
  }
  made.node('device').start((env) => {
    it.device = handmadeDevice(env, 'coap://10.0.0.99:5683', 'device', {})
    return it.device.endpoint.up$
  })
  return {
    log,
    answers,
    server,
    register: (query: string) => it.device!.register(query).then(note),
    post: (path: string) => it.device!.post(`/${path}`).then(note),
  }
}

describe('a server with a store', () => {
  test('knows its clients after it lost its power: an Update is answered 2.04, and the lifetime goes on', async () => {
    const made = world(1)
    const { log, answers, server, register, post } = play(made)
    let location = ''
    made.at(1_000, () => void register('lt=600&lwm2m=1.1&b=U').then((at) => (location = at)))
    made.at(100_000, server.crash)
    made.at(200_000, server.restart)
    made.at(300_000, () => void post(location))
    await made.settle(1_000_000)
    expect(answers).toEqual(['2.01', '2.04'])
    expect(log).toEqual(['1 registered device', '200 restored device', '300 updated device', '900 expired device'])
  })

  test('has a registration end whose lifetime was over meanwhile', async () => {
    const made = world(2)
    const { log, answers, server, register, post } = play(made)
    let location = ''
    made.at(1_000, () => void register('lt=60&lwm2m=1.1&b=U').then((at) => (location = at)))
    made.at(10_000, server.crash)
    made.at(200_000, server.restart)
    made.at(300_000, () => void post(location))
    await made.settle(400_000)
    expect(answers).toEqual(['2.01', '4.04'])
    expect(log).toEqual(['1 registered device', '200 restored device', '200 expired device', '300 update refused 4.04'])
  })

  test('answers 5.03 when the store fails, and the client comes again', async () => {
    const made = world(3)
    let broken = true
    const store = { load: of([]), keep: () => (broken ? throwError(() => new Error('full')) : EMPTY), drop: () => EMPTY }
    const { answers, register } = play(made, { store })
    made.at(1_000, () => void register('lt=60&lwm2m=1.1&b=U'))
    made.at(2_000, () => (broken = false))
    made.at(3_000, () => void register('lt=60&lwm2m=1.1&b=U'))
    await made.settle(10_000)
    expect(answers).toEqual(['5.03', '2.01'])
  })
})

const kept = fc.record({
  endpointClientName: fc.string(),
  location: fc.string(),
  remote: fc.string(),
  identity: fc.uint8Array({ maxLength: 8 }),
  version: fc.constantFrom('1.0' as const, '1.2' as const),
  lifetimeSeconds: fc.nat(),
  binding: fc.constant('U'),
  queueMode: fc.boolean(),
  has: fc.constant({ objects: [{ path: { object: 3, instance: 0 }, attributes: { ver: '1.1' } }] }),
  registered: fc.nat(),
  updated: fc.nat(),
})
test('what is kept comes back as it was, and nothing that is there throws', () => {
  examine(
    'kept registrations',
    fc.array(kept, { maxLength: 5 }),
    (all) => expect(decodeKept(encodeKept(all))).toEqual(all),
    { runs: 1_000 },
    String,
  )
  examine(
    'any octets',
    fc.uint8Array({ maxLength: 60 }),
    (bytes) => expect(Array.isArray(decodeKept(bytes))).toBe(true),
    { runs: 1_000 },
    String,
  )
  examine(
    'any JSON',
    fc.json(),
    (text) => expect(Array.isArray(decodeKept(new TextEncoder().encode(text)))).toBe(true),
    { runs: 1_000 },
    String,
  )
})
test('the storage holds what was kept last, whatever order it is written in', () => {
  const operation = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.option(fc.nat(9), { nil: undefined }))
  examine(
    'stored registrations',
    fc.array(operation, { maxLength: 20 }),
    (script) => {
      const storage = memory()
      const store = storedRegistrations(storage, 2)
      store.load.subscribe()
      const expected = new Map<string, number>()
      for (const [endpointClientName, lifetimeSeconds] of script) {
        if (lifetimeSeconds === undefined) expected.delete(endpointClientName)
        else expected.set(endpointClientName, lifetimeSeconds)
        const one = { ...fc.sample(kept, { numRuns: 1, seed: 1 })[0]!, endpointClientName, lifetimeSeconds: lifetimeSeconds ?? 0 }
        ;(lifetimeSeconds === undefined ? store.drop(endpointClientName) : store.keep(one)).subscribe()
      }
      let found: readonly KeptRegistration[] = []
      storedRegistrations(storage, 2).load.subscribe((all) => (found = all))
      expect(new Map(found.map((one) => [one.endpointClientName, one.lifetimeSeconds]))).toEqual(expected)
    },
    { runs: 1_000 },
    JSON.stringify,
  )
})
