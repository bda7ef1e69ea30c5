/** A device for ladders of its whole life: any accounts, a bootstrap server among them, and the letters of what they say. */
import { EMPTY } from 'rxjs'
import { configure, type ClientDescription } from '../../src/client/configure.ts'
import type { AccountOptions } from '../../src/client/account-options.ts'
import { deviceObject } from '../../src/client/objects.ts'
import type { ClientState } from '../../src/client/state.ts'
import { clientMachine } from '../../src/client/step.ts'
import type { AccountNotice, Notice } from '../../src/client/word.ts'
import type { ClientEffect, ClientEvent } from '../../src/client/work.ts'
import type { Machine } from '../../src/core/machine.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { accessControl } from '../../src/objects/access-control.ts'
import { ladder, like, type Lanes, type Recorded } from '../../src/testing/index.ts'
import { out } from './device.ts'

export type Life = Machine<ClientState, ClientEvent, ClientEffect>

/** A device with these accounts; with `bootstrap: true` one of them is the bootstrap server. */
export const life = (accounts: readonly Partial<AccountOptions>[] = [{}], more: Partial<ClientDescription> = {}): Life =>
  clientMachine(
    configure({
      endpointClientName: 'dev',
      accounts: accounts.map((account, id) => ({ uri: `coap://server-${id}:5683`, ...account })),
      objects: [
        deviceObject({ manufacturer: 'Acme', batteryLevel: 100, reboot: () => EMPTY }),
        { definition: accessControl, instances: {} },
      ],
      parameters: defaultParameters,
      ...more,
    }),
  )

/** O open, C close, R Register, U Update, D De-register, X cancel, B Bootstrap-Request, P Bootstrap-Pack-Request. */
export const letters = {
  ...out,
  B: like({ type: 'perform', operation: { type: 'bootstrap-request' } }),
  P: like({ type: 'perform', operation: { type: 'bootstrap-pack-request' } }),
}

/** Plays the ladder; one character is one second, unless said otherwise. */
export const live = (
  machine: Life,
  values: Readonly<Record<string, unknown>>,
  lanes: Lanes,
  { msPerChar = 1_000, dice = 0, untilMs }: { readonly msPerChar?: number; readonly dice?: number; readonly untilMs?: number } = {},
): Recorded =>
  ladder(
    machine,
    { msPerChar, values: { ...letters, ...values }, dice, ...(untilMs === undefined ? {} : { untilMs }) },
    { delivered: '*', ...lanes },
  )

/** What was told of the accounts, in order. */
export const told = ({ delivered }: Recorded): readonly AccountNotice[] =>
  delivered.map(({ value }) => value as Notice).filter((notice) => notice.type === 'account')
/** What was last told of one account. */
export const lastOf = (seen: Recorded, account = 0): AccountNotice | undefined =>
  told(seen)
    .filter((notice) => notice.account === account)
    .at(-1)
/** `registering start`, `registered registered`, … of one account. */
export const story = (seen: Recorded, account = 0): readonly string[] =>
  told(seen)
    .filter((notice) => notice.account === account)
    .map(({ state, reason }) => `${state} ${reason}`)
