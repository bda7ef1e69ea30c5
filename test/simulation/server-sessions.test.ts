/** Secured links over the loss of a server's power: with their sessions kept they go on without a handshake (RFC 9146; LwM2M Transport 1.2.2 §5.2). */
import { EMPTY, ignoreElements, merge, mergeMap, of, retry, tap, timer } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import { Secret } from '../../src/core/secret.ts'
import type { DtlsSaved } from '../../src/datagram/dtls/options.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { databaseStore, lwm2mServer } from '../../src/server.ts'
import { contentOf, piecesOf, savedFrom, sessionOf } from '../../src/server/sessions/pieces.ts'
import type { Entries } from '../../src/simulation/database.ts'
import { world } from '../../src/simulation/world.ts'

const octets = (text: string) => new TextEncoder().encode(text)
const key = new Secret(octets('sixteen octets!!'))

const play = (keepSessions: boolean) => {
  const made = world(1, { crypto })
  const entries: Entries = new Map()
  const log: string[] = []
  const server = made.node('server', { address: '10.0.0.99', stored: { values: new Map(), bodies: new Map(), entries } })
  server.start((env) => {
    const one = lwm2mServer(env, {
      listen: { address: '10.0.0.99', port: 5683 },
      store: databaseStore(env.database!),
      secure: { credentials: { find: () => of({ endpointClientName: 'device', key }) }, keepSessions },
    })
    const say = (line: string) => log.push(`${made.now() / 1_000} ${line}`)
    return merge(
      one.registrations$.pipe(tap(({ type }) => say(type))),
      // In the second life it asks at once.
      timer(30_000, env.scheduler).pipe(
        mergeMap(() => one.client('device').read('/3/0/0')),
        tap(({ value }) => say(`read ${value}`)),
        retry({ count: 2, delay: () => timer(500_000, env.scheduler) }),
        ignoreElements(),
      ),
    )
  })
  made.node('device').start(
    (env) =>
      client(env, {
        endpointClientName: 'device',
        servers: { uri: 'coaps://10.0.0.99', lifetimeSeconds: 600, psk: { identity: 'device', key } },
        objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
      }).run$,
  )
  made.at(100_000, server.crash)
  made.at(200_000, server.restart)
  made.run(1_500_000)
  return { log, entries }
}
describe('a server with secured links that loses its power', () => {
  test('reads at once what it could read before when sessions are kept, and answers the Update', () => {
    const { log } = play(true)
    expect(log.slice(0, 4)).toEqual(['0 registered', '30 read Acme', '200 restored', '230 read Acme'])
    expect(log.filter((line) => line.endsWith(' registered'))).toHaveLength(1)
  })
  test('keeps nothing of them unless it is told to', () => {
    const { log, entries } = play(false)
    expect([...entries.keys()].filter((name) => name.startsWith('session/'))).toEqual([])
    expect(log).not.toContain('230 read Acme')
  })
})

test('a saved state comes back from its pieces, each with its own clocks', () => {
  const row = (at: number) => ({ name: 'a', idleAt: at, never: { dueAt: Infinity }, key })
  const saved = (now: number, wall: number, rows: readonly unknown[]): DtlsSaved => ({
    ...{ machine: 'dtls', now, wall },
    state: { peers: { table: 'peers', rows }, handshakes: 3, begun: { beganAt: now - 5 } },
  })
  const [first, one] = piecesOf(saved(100, 1_000_100, [['', 'a', row(150)]]))
  const [rest, , other] = piecesOf(
    saved(900, 2_000_900, [
      ['', 'a', row(150)],
      ['', 'b', row(950)],
    ]),
  )
  expect(contentOf(one!)).toBe(contentOf(piecesOf(saved(500, 7, [['', 'a', row(150)]]))[1]!))
  expect(first!.name).toBe('rest')
  const again = savedFrom([rest!, one!, other!].map(sessionOf))!
  expect(again).toMatchObject({ machine: 'dtls', now: 900, wall: 2_000_900 })
  // It was due 50 ms after its own saving, which was 1,000,800 ms of wall time before the other's.
  const { peers, handshakes } = again.state as { readonly peers: { readonly rows: readonly unknown[] }; readonly handshakes: number }
  expect(peers.rows).toEqual([
    ['', 'a', row(150 + 800 - 1_000_800)],
    ['', 'b', row(950)],
  ])
  expect(handshakes).toBe(3)
  expect(savedFrom([])).toBeUndefined()
  expect(savedFrom([{ name: 'rest', octets: octets('nonsense') }])).toBeUndefined()
})
