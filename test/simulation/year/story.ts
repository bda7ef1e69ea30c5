/** A device's year in a world: its server, its bootstrap server, a translator of addresses, and what befalls them. */
import { EMPTY, merge, of, Subject, tap } from 'rxjs'
import { lwm2mBootstrapServer } from '../../../src/bootstrap-server.ts'
import { client, type Client } from '../../../src/client.ts'
import type { ClientState } from '../../../src/client/client-state.ts'
import { deviceObject } from '../../../src/client/objects.ts'
import type { AccountOptions } from '../../../src/client/account-options.ts'
import { Secret } from '../../../src/core/secret.ts'
import { crypto } from '../../../src/platform/crypto.ts'
import { lwm2mServer } from '../../../src/server.ts'
import { storedRegistrations } from '../../../src/server/stored/pipeline.ts'
import type { Node } from '../../../src/simulation/node.ts'
import { world, type World } from '../../../src/simulation/world.ts'
import type { Fate, Spell, Trouble } from './fate.ts'
import { nothingYet, watch, type Counts } from './watch.ts'

const key = new Secret(new TextEncoder().encode('sixteen octets!!'))
const psk = { identity: 'device', key }
const addresses = { server: '10.0.0.1', bootstrap: '10.0.0.2', outside: '198.18.0.3' } as const

/** What there is to look at while the year goes by. */
export interface Story {
  readonly made: World
  readonly nodes: Readonly<Record<'server' | 'bootstrap' | 'device', Node>>
  readonly counts: Counts
  device: Client | undefined
  state: ClientState | undefined
  /** Since when it has been registered, or not. */
  sinceAt: number
  /** Something in it changed. */
  readonly state$: Subject<void>
  /** Whether the server has a registration of the device. */
  known: boolean
}

/** The world of that fate, at its beginning. */
export const begin = (fate: Fate): Story => {
  const made = world(fate.seed, { faults: { minMs: 20, maxMs: 200, loss: 0.005 }, crypto, log: false })
  const nodes = {
    server: made.node('server', { address: addresses.server }),
    bootstrap: made.node('bootstrap', { address: addresses.bootstrap }),
    device: made.node('device', { nat: { address: addresses.outside } }),
  }
  const it: Story = {
    made,
    nodes,
    counts: nothingYet(),
    device: undefined,
    state: undefined,
    sinceAt: 0,
    state$: new Subject(),
    known: false,
  }
  nodes.server.start((env) => {
    it.known = false
    const server = lwm2mServer(env, {
      listen: { address: addresses.server, port: 5683 },
      tcp: { address: addresses.server, port: 5683 },
      secure: { credentials: { find: () => of({ key, endpointClientName: 'device' }) }, unsecured: true },
      ...(fate.remembers ? { store: storedRegistrations(env.storage) } : {}),
    })
    return server.registered$.pipe(tap((registrations) => (it.known = registrations.length > 0)))
  })
  nodes.bootstrap.start((env) => {
    const configurationOf = () => of({ servers: [given(fate)] })
    const listen = { address: addresses.bootstrap, port: 5783 }
    return lwm2mBootstrapServer(env, { store: { configurationOf }, listen, tcp: listen }).event$
  })
  nodes.device.start((env) => {
    it.state = undefined
    const device = client(
      { ...env, journal: watch(it.counts) },
      {
        endpointClientName: 'device',
        servers: accounts(fate),
        objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
        queueMode: fate.queueMode,
        limits: { retryWaitMaxMs: fate.retryWaitMaxMs },
      },
    )
    it.device = device
    return merge(device.run$, device.lifecycle$.pipe(tap((state) => say(it, state))))
  })
  for (const spell of fate.spells) befall(it, spell)
  return it
}

/** It comes, and it goes. What is on its way meanwhile is lost. */
const befall = ({ made, nodes }: Story, { trouble, from, to }: Spell): void => {
  const [begins, ends] = befallen[trouble](made, nodes)
  made.at(from, begins)
  made.at(to, ends)
}
const befallen: Readonly<Record<Trouble, (made: World, nodes: Story['nodes']) => readonly [begins: () => void, ends: () => void]>> = {
  network: ({ network }) => [() => network.cut(true, addresses.outside), () => network.cut(false, addresses.outside)],
  server: (_, { server }) => [server.crash, server.restart],
  'bootstrap-server': (_, { bootstrap }) => [bootstrap.crash, bootstrap.restart],
  power: (_, { device }) => [device.crash, device.restart],
  rebind: (_, { device }) => [() => device.host.nat?.rebind(), () => undefined],
}

/** Whether it has a registration, as far as it knows. */
export const isIn = (state: ClientState | undefined): boolean => state?.state === 'registered' || state?.state === 'queue-mode'
const say = (it: Story, state: ClientState) => {
  if (isIn(state) !== isIn(it.state)) it.sinceAt = it.made.now()
  it.state = state
  it.state$.next()
}

const uriOf = ({ scheme }: Fate) => `${scheme}://${addresses.server}`
/** What bootstrap brings. */
const given = (fate: Fate) => ({
  uri: uriOf(fate),
  shortServerId: 1,
  lifetimeSeconds: fate.lifetimeSeconds,
  ...(fate.scheme === 'coaps' ? { psk } : {}),
  server: { 17: fate.retryCount, 18: fate.retryTimerSeconds, 19: fate.sequenceDelaySeconds, 20: 1 },
})
const accounts = (fate: Fate): readonly AccountOptions[] =>
  fate.way === 'bootstrap'
    ? [{ uri: `${fate.scheme === 'coap+tcp' ? 'coap+tcp' : 'coap'}://${addresses.bootstrap}:5783`, bootstrap: true }]
    : [
        {
          uri: uriOf(fate),
          lifetimeSeconds: fate.lifetimeSeconds,
          ...(fate.scheme === 'coaps' ? { psk } : {}),
          retryCount: fate.retryCount,
          retryTimerSeconds: fate.retryTimerSeconds,
          sequenceDelaySeconds: fate.sequenceDelaySeconds,
          sequenceCount: fate.way === 'for-ever' ? 2 ** 32 - 1 : 1,
        },
      ]
