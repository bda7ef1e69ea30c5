/** The bootstrap server of the secured demo: the device knows it by a bootstrap key, and is given the server and the key for it (LwM2M Core 1.2.2 §6.1). */
import { randomBytes } from 'node:crypto'
import { map, of, take, tap, type Observable, type Subscription } from 'rxjs'
import { lwm2mBootstrapServer } from '../bootstrap-server.ts'
import type { AccountOptions, PskOptions } from '../client/account-options.ts'
import type { Environment } from '../core/environment.ts'
import { Secret } from '../core/secret.ts'
import type { CredentialStore } from '../server.ts'
import { showBootstrap } from './bootstrap-server.ts'
import { endpoint } from './demo-device.ts'
import type { Story } from './story.ts'

/** A key for the device of the demo, made now. */
export const madeKey = (): PskOptions => ({ identity: endpoint, key: new Secret(randomBytes(16)) })

/** The one device of the story. */
export const knowing = ({ identity, key }: PskOptions): CredentialStore => ({
  find: (asked) => of(new TextDecoder().decode(asked) === identity ? { key, endpointClientName: endpoint } : undefined),
})

/** Runs the bootstrap server until `all` ends; emits the account with which a factory leaves the device. */
export const bootstrapping = (
  env: Environment,
  server: { readonly uri: string; readonly psk: PskOptions },
  log: Story,
  all: Subscription,
): Observable<AccountOptions> => {
  const factory = madeKey()
  const listen = { address: '127.0.0.1', port: 0 }
  const bootstrap = lwm2mBootstrapServer(env, {
    listen,
    secure: { listen, credentials: knowing(factory) },
    store: {
      configurationOf: (name) => of(name === endpoint ? { servers: [{ ...server, shortServerId: 1, lifetimeSeconds: 600 }] } : undefined),
    },
  })
  all.add(
    bootstrap.event$.subscribe((event) =>
      log.say('bootstrap', `bootstrap server: ${showBootstrap(event)}`, { type: event.type, remote: event.remote }),
    ),
  )
  return bootstrap.listeningSecure$.pipe(
    take(1),
    map(({ address, port }) => `coaps://${address}:${port}`),
    tap((uri) => log.say('listening-bootstrap', `bootstrap server: ${uri}, which the device knows by a bootstrap key`, { uri })),
    map((uri) => ({ uri, bootstrap: true, psk: factory })),
  )
}
