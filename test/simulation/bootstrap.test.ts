/** The bootstrap server in a world, against a client made by hand: whatever the network does, all of it or nothing. */
import { concatMap, filter, merge, of, take, tap, throwError } from 'rxjs'
import { describe, expect, test } from 'vitest'
import {
  lwm2mBootstrapServer,
  type BootstrapConfiguration,
  type BootstrapEvent,
  type BootstrapServerOptions,
} from '../../src/bootstrap-server.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Faults } from '../../src/datagram/faults.ts'
import type { Operation, Outcome } from '../../src/operation/operation.ts'
import { world, type World } from '../../src/simulation/world.ts'
import { bootstrapDevice, type BootstrapDevice, type DeviceOptions } from './bootstrap-device.ts'

const key = Uint8Array.from([0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
const configuration: BootstrapConfiguration = {
  servers: [
    { uri: 'coaps://192.0.2.7', shortServerId: 101, psk: { identity: 'device', key: new Secret(key) }, lifetimeSeconds: 600 },
    { uri: 'coap://192.0.2.8:5683', shortServerId: 102, server: { 17: 3 } },
  ],
  accessControls: [{ object: 3, instance: 0, owner: 101, rights: { 101: 15, 102: 1 } }],
}
const given = (first: number, second: number): Record<string, unknown> => ({
  [`/0/${first}/0`]: 'coaps://192.0.2.7',
  [`/0/${first}/1`]: false,
  [`/0/${first}/2`]: 0,
  [`/0/${first}/3`]: `0x${Buffer.from('device').toString('hex')}`,
  [`/0/${first}/4`]: '0x',
  [`/0/${first}/5`]: `0x${Buffer.from(key).toString('hex')}`,
  [`/0/${first}/10`]: 101,
  [`/0/${second}/0`]: 'coap://192.0.2.8:5683',
  [`/0/${second}/1`]: false,
  [`/0/${second}/2`]: 3,
  [`/0/${second}/3`]: '0x',
  [`/0/${second}/4`]: '0x',
  [`/0/${second}/5`]: '0x',
  [`/0/${second}/10`]: 102,
  [`/1/${first}/0`]: 101,
  [`/1/${first}/1`]: 600,
  [`/1/${first}/6`]: true,
  [`/1/${first}/7`]: 'U',
  [`/1/${second}/0`]: 102,
  [`/1/${second}/1`]: 86_400,
  [`/1/${second}/6`]: true,
  [`/1/${second}/7`]: 'U',
  [`/1/${second}/17`]: 3,
  '/2/0/0': 3,
  '/2/0/1': 0,
  '/2/0/2/101': 15,
  '/2/0/2/102': 1,
  '/2/0/3': 101,
  '/3/0/0': 'maker',
})

interface Run {
  readonly events: BootstrapEvent[]
  readonly outcomes: (Outcome | string)[]
  device: BootstrapDevice | undefined
}
const play = (
  made: World,
  operation: Operation = { type: 'bootstrap-request', endpoint: 'device', pct: 112 },
  options: Partial<BootstrapServerOptions> = {},
  how: DeviceOptions = {},
): Run => {
  const it: Run = { events: [], outcomes: [], device: undefined }
  made.node('bootstrap', { address: '10.0.0.98' }).start((env) => {
    const store = { configurationOf: (name: string) => of(name === 'device' ? configuration : undefined) }
    const server = lwm2mBootstrapServer(env, { store, listen: { address: '10.0.0.98', port: 5783 }, ...options })
    return server.event$.pipe(tap((event) => it.events.push(event)))
  })
  made.node('device').start((env) => {
    const device = bootstrapDevice(env, 'coap://10.0.0.98:5783', how)
    it.device = device
    const asked$ = device
      .ask(operation)
      .pipe(tap({ next: (outcome) => it.outcomes.push(outcome), error: (error: unknown) => it.outcomes.push(String(error)) }))
    return merge(device.up$, asked$)
  })
  return it
}
const types = ({ events }: Run) => events.map(({ type }) => type)

describe('a client that asks', () => {
  test('is given exactly what is configured, and keeps its bootstrap account and /3/0 [LwM2M Core §6.1.7.6]', async () => {
    const made = world(1)
    const run = play(made)
    await made.settle(60_000)
    expect(run.outcomes).toEqual([{ code: '2.04' }])
    expect(Object.fromEntries(run.device!.committed())).toEqual({ '/0/0/0': 'coap://10.0.0.98:5783', ...given(1, 2) })
    expect(run.device!.seen).toEqual([
      'discover /',
      'delete /0',
      'delete /1',
      'delete /2',
      'write /0/1 (112)',
      'write /0/2 (112)',
      'write /1/1 (112)',
      'write /1/2 (112)',
      'write /2/0 (112)',
      'bootstrap-finish',
    ])
    expect(types(run).at(-1)).toBe('finished')
  })

  test('keeps its bootstrap account under whatever number Discover shows it [LwM2M Core §6.1.7.3]', async () => {
    const made = world(2)
    const run = play(made, undefined, {}, { account: 1 })
    await made.settle(60_000)
    expect(Object.fromEntries(run.device!.committed())).toEqual({ '/0/1/0': 'coap://10.0.0.98:5783', ...given(0, 2) })
  })

  test.each([11542, 110, 112])('is written to in the format that it prefers, %d [LwM2M Core §6.1.7.1]', async (pct) => {
    const made = world(3)
    const run = play(made, { type: 'bootstrap-request', endpoint: 'device', pct })
    await made.settle(60_000)
    expect(run.device!.seen).toContain(`write /0/1 (${pct})`)
    expect(Object.fromEntries(run.device!.committed())).toEqual({ '/0/0/0': 'coap://10.0.0.98:5783', ...given(1, 2) })
  })

  test('for what is not its own is answered 4.00, and a store that fails is 5.03', async () => {
    const made = world(4)
    const stranger = play(made, { type: 'bootstrap-request', endpoint: 'stranger' })
    await made.settle(60_000)
    expect(stranger.outcomes).toMatchObject([{ code: '4.00' }])
    const other = world(5)
    const failing = play(other, undefined, { store: { configurationOf: () => throwError(() => new Error('down')) } })
    await other.settle(60_000)
    expect(failing.outcomes).toMatchObject([{ code: '5.03', maxAgeSeconds: 10 }])
  })

  test.each([112, 110])('for a Bootstrap-Pack gets all at once in content format %d [LwM2M Core §6.1.7.7]', async (accept) => {
    const made = world(6)
    const run = play(made, { type: 'bootstrap-pack-request', endpoint: 'device', accept, accounts: [{ object: 0, instance: 1 }] })
    await made.settle(60_000)
    const [{ code, nodes = [] } = { code: '' }] = run.outcomes as Outcome[]
    expect(code).toBe('2.05')
    const expected = Object.keys(given(0, 2)).filter((path) => path !== '/3/0/0')
    expect(nodes).toHaveLength(expected.length)
    expect(nodes).toContainEqual({ path: { object: 0, instance: 0, resource: 5 }, value: key })
    expect(types(run)).toEqual(['packed'])
  })

  test('does not hear of Finish when a step was refused [LwM2M Core §6.1.6]', async () => {
    const made = world(7)
    const run = play(made, undefined, {}, { answer: ({ type }) => (type === 'write' ? '4.00' : undefined) })
    await made.settle(60_000)
    expect(run.device!.seen).not.toContain('bootstrap-finish')
    expect(run.events.at(-1)).toMatchObject({
      type: 'failed',
      reason: 'refused',
      responseCode: '4.00',
      step: { type: 'write', path: '/0/1' },
    })
  })
})

test('a server begins by itself, at a client whose link is open [LwM2M Core 1.0 §5.2.2.4]', async () => {
  const made = world(9)
  const seen: BootstrapEvent[] = []
  made.node('bootstrap', { address: '10.0.0.98' }).start((env) => {
    const server = lwm2mBootstrapServer(env, {
      store: { configurationOf: (name) => of(name === 'device' ? configuration : undefined) },
      listen: { address: '10.0.0.98', port: 5783 },
    })
    // Who asks under a name that nobody knows shows where it is.
    const refused$ = server.event$.pipe(
      filter(({ type }) => type === 'refused'),
      take(1),
    )
    return refused$.pipe(
      concatMap(({ remote }) => server.bootstrap('device', remote)),
      tap((event) => seen.push(event)),
    )
  })
  let device: BootstrapDevice | undefined
  made.node('device').start((env) => {
    device = bootstrapDevice(env, 'coap://10.0.0.98:5783')
    return merge(device.up$, device.ask({ type: 'bootstrap-request', endpoint: 'nobody' }))
  })
  await made.settle(60_000)
  expect(seen[0]).toMatchObject({ type: 'begun', by: 'server' })
  expect(seen.at(-1)).toMatchObject({ type: 'finished', endpointClientName: 'device' })
  expect(Object.fromEntries(device!.committed())).toEqual({ '/0/0/0': 'coap://10.0.0.98:5783', ...given(1, 2) })
})

test('no key is in any turn of the bootstrap server', async () => {
  const made = world(8)
  const turns: unknown[] = []
  made.turn$.subscribe((turn) => {
    if (turn.node === 'bootstrap') turns.push(turn)
  })
  const run = play(made)
  await made.settle(60_000)
  expect(types(run)).toContain('finished')
  expect(turns.length).toBeGreaterThan(20)
  const holds = (value: unknown): boolean =>
    value instanceof Uint8Array
      ? Buffer.from(value).includes(Buffer.from(key)) || Buffer.from(value).includes(Buffer.from(key).toString('base64url'))
      : typeof value === 'object' && value !== null && Object.values(value).some(holds)
  expect(turns.filter(holds)).toEqual([])
})

describe('over a bad link', () => {
  const bad: Faults = { loss: 0.15, duplication: 0.2, reorder: 0.1, minMs: 5, maxMs: 400 }
  test.each(Array.from({ length: 25 }, (_, index) => index + 1))(
    'a client has all of it, or what it had before (seed %d)',
    async (seed) => {
      const made = world(seed, { faults: bad })
      const run = play(made)
      await made.settle(1_200_000)
      const last = run.events.at(-1)?.type
      const has = Object.fromEntries(run.device!.committed())
      const before = { '/0/0/0': 'coap://10.0.0.98:5783', '/0/7/0': 'coap://old', '/0/7/10': 9, '/1/7/0': 9, '/3/0/0': 'maker' }
      if (last === 'finished') expect(has).toEqual({ '/0/0/0': 'coap://10.0.0.98:5783', ...given(1, 2) })
      else if (last === 'failed' || last === undefined)
        expect([before, { '/0/0/0': 'coap://10.0.0.98:5783', ...given(1, 2) }]).toContainEqual(has)
      else throw new Error(`it ended with ${last}`)
      expect(run.device!.seen.filter((line) => line === 'bootstrap-finish').length).toBeLessThanOrEqual(1)
    },
  )
})
