/** A server says why it does not hear a secured client: restarts, translators, keys (RFC 6347 §4.1.2.7, RFC 9146). */
import { EMPTY, ignoreElements, merge, of, tap } from 'rxjs'
import { expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import { Secret } from '../../src/core/secret.ts'
import { explainUnheard } from '../../src/datagram/dtls/unheard.ts'
import { crypto } from '../../src/platform/crypto.ts'
import { databaseStore, lwm2mServer, type RegistrationEvent, type SecureServerOptions, type UnheardClient } from '../../src/server.ts'
import { world, type World } from '../../src/simulation/index.ts'

const octets = (text: string) => new TextEncoder().encode(text)
const key = new Secret(octets('sixteen octets!!'))
const name = 'urn:device'
const identity = 'device'

interface Story {
  readonly why: (readonly [at: number, UnheardClient])[]
  readonly registrations: (readonly [at: number, RegistrationEvent])[]
}
/** A server that keeps its registrations, but not its sessions. */
const serve = (made: World, secure: Partial<SecureServerOptions> = {}) => {
  const story: Story = { why: [], registrations: [] }
  const server = made.node('server', { address: '10.0.0.1' })
  server.start((env) => {
    const it = lwm2mServer(env, {
      store: databaseStore(env.database!),
      secure: {
        credentials: { find: (asked) => of(new TextDecoder().decode(asked) === identity ? { key, endpointClientName: name } : undefined) },
        ...secure,
      },
    })
    return merge(
      it.registrations$.pipe(tap((event) => story.registrations.push([made.now(), event]))),
      it.unheard$.pipe(tap((why) => story.why.push([made.now(), why]))),
    ).pipe(ignoreElements())
  })
  return { server, story }
}
const device = (made: World, { id = identity, psk = key, cids = true, nat = true } = {}) => {
  const node = made.node('device', nat ? { nat: { address: '198.51.100.7' } } : { address: '198.51.100.7' })
  node.start(
    (env) =>
      client(env, {
        endpointClientName: name,
        servers: { uri: 'coaps://server', psk: { identity: id, key: psk }, lifetimeSeconds: 300 },
        objects: [deviceObject({ reboot: () => EMPTY })],
        ...(cids ? {} : { dtls: { connectionIdBytes: undefined } }),
      }).notice$,
  )
  return node
}
const begun = (seed: number) => world(seed, { faults: { minMs: 5, maxMs: 20 }, crypto, log: false })

test.each([
  ['with Connection IDs', true, 'connection-id'],
  ['without', false, 'no-session'],
])('a server that started anew without its sessions knows who cannot be heard, %s, until it has made a handshake', (_, cids, reason) => {
  const made = begun(1)
  const { server, story } = serve(made, cids ? {} : { connectionIdBytes: undefined })
  device(made, { cids, nat: false })
  made.at(10_000, server.crash)
  made.at(11_000, server.restart)
  made.run(600_000)
  // Again after a minute, for as long as the client transmits its Update again.
  expect(story.why.map(([, why]) => [why.reason, why.endpointClientName])).toEqual([
    [reason, name],
    [reason, name],
  ])
  const [at, why] = story.why[0]!
  expect(explainUnheard(why)).toMatch(/^198\.51\.100\.7:\d+: a record .*; registered from there: "urn:device"$/)
  const after = story.registrations.find(([then, { type }]) => then > at && type !== 'restored')
  expect(after?.[1].registration.endpointClientName).toBe(name)
})

test('a translator that forgets, and no Connection ID: the session of the old address is named, and whose it is', () => {
  const made = begun(2)
  const { story } = serve(made, { connectionIdBytes: undefined })
  const node = device(made, { cids: false })
  made.at(10_000, () => node.host.nat!.rebind())
  made.run(600_000)
  expect(new Set(story.why.map(([, { reason }]) => reason))).toEqual(new Set(['no-session']))
  const [, why] = story.why[0]!
  expect(why).toMatchObject({ reason: 'no-session', endpointClientName: name, known: [{ identity: octets(identity) }] })
  expect(why.known[0]!.address).not.toBe(why.address)
  expect(explainUnheard(why)).toMatch(/; sessions with that host: "device" at 198\.51\.100\.7:\d+; registered from there: "urn:device"$/)
  expect(story.registrations.map(([, { type }]) => type).slice(0, 2)).toEqual(['registered', 'updated'])
})

test('with a Connection ID the same is nothing to speak of', () => {
  const made = begun(3)
  const { story } = serve(made)
  const node = device(made)
  made.at(10_000, () => node.host.nat!.rebind())
  made.run(600_000)
  expect(story.why).toEqual([])
})

test.each([
  ['a wrong key', { psk: new Secret(octets('another key 16 o')) }, { failure: 'wrong-key', identity: octets(identity) }],
  ['an unknown identity', { id: 'stranger' }, { failure: 'no-credentials', identity: octets('stranger') }],
])('%s: the handshake, and whom the client says it is, at each attempt; no key', (_, wrong, what) => {
  const made = begun(4)
  const { story } = serve(made)
  device(made, wrong)
  made.run(600_000)
  expect(story.why.length).toBeGreaterThanOrEqual(1)
  for (const [, why] of story.why) expect(why).toMatchObject({ reason: 'handshake', ...what })
  expect(JSON.stringify(story.why) + story.why.map(([, why]) => explainUnheard(why)).join()).not.toContain('sixteen')
})

test('a client that speaks coap:// to the port of coaps://', () => {
  const made = begun(5)
  const { story } = serve(made)
  made.node('plain').start(
    (env) =>
      client(env, {
        endpointClientName: 'urn:plain',
        servers: 'coap://server:5684',
        objects: [deviceObject({ reboot: () => EMPTY })],
      }).notice$,
  )
  made.run(60_000)
  expect(story.why.map(([, { reason }]) => reason)).toEqual(['not-dtls'])
})
