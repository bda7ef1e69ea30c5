/** A small device for ladders: its machine between operations and the application, and the letters of what it says and hears. */
import { EMPTY, NEVER, of } from 'rxjs'
import { configure } from '../../src/client/configure.ts'
import type { AccountOptions } from '../../src/client/account-options.ts'
import type { ClientObject } from '../../src/operation/object.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { ClientState } from '../../src/client/state.ts'
import type { Limits } from '../../src/client/configuration.ts'
import { clientMachine } from '../../src/client/step.ts'
import type { Fed } from '../../src/client/word.ts'
import type { ClientEffect, ClientEvent } from '../../src/client/work.ts'
import type { Machine } from '../../src/core/machine.ts'
import type { Closed, LinkUp } from '../../src/core/ports.ts'
import type { Failed, FailureReason, Request } from '../../src/exchange/exchange.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import type { Code } from '../../src/message/code.ts'
import { noBytes, noOptions } from '../../src/message/message.ts'
import { defineObject } from '../../src/model/definition.ts'
import { parsePath, type Path } from '../../src/model/path.ts'
import type { Value, Values } from '../../src/model/value.ts'
import { temperature } from '../../src/objects/temperature.ts'
import type { ManagementOperation, Outcome } from '../../src/operation/operation.ts'
import type { Performed, Requested } from '../../src/operation/word.ts'
import { ladder, like, type Lanes, type Recorded } from '../../src/testing/index.ts'

/** An Object with something of everything. */
export const everything = defineObject({
  id: 3200,
  name: 'Everything',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Note', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    1: { name: 'Level', operations: 'RW', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 100 } },
    2: { name: 'Levels', operations: 'RW', multiple: true, mandatory: false, type: 'integer' },
    3: { name: 'Serial', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    4: { name: 'Go', operations: 'E', multiple: false, mandatory: false },
    5: { name: 'Secret', operations: 'W', multiple: false, mandatory: false, type: 'string' },
    6: { name: 'On', operations: 'R', multiple: false, mandatory: false, type: 'boolean' },
    7: { name: 'Idle', operations: 'E', multiple: false, mandatory: false },
  },
})

/** The Objects of most ladders. */
export const objects: readonly ClientObject[] = [
  deviceObject({ manufacturer: 'Acme', batteryLevel: { read: () => NEVER }, reboot: () => EMPTY }),
  instances(temperature, { 0: { 5700: of(20), 5701: 'Cel' } }),
  instances(everything, {
    0: { 0: 'hello', 1: 50, 2: { 0: 7, 1: 8 }, 3: 'A1', 4: () => EMPTY, 6: false },
    1: { 0: { write: () => EMPTY, value: 'asked' }, 1: 1 },
  }),
]

/** The machine of a device with an account for each of these. */
export const device = (
  accounts: readonly Partial<AccountOptions>[] = [{}],
  { has = objects, limits = {} }: { readonly has?: readonly ClientObject[]; readonly limits?: Partial<Limits> } = {},
): Machine<ClientState, ClientEvent, ClientEffect> =>
  clientMachine(
    configure({
      endpointClientName: 'dev',
      accounts: accounts.map((account, id) => ({ uri: `coap://server-${id}:5683`, ...account })),
      objects: has,
      parameters: defaultParameters,
      limits,
    }),
  )

/** With dice of 0 every token is this. */
export const exchange = '0000000000000000'
export const remote = 'account 0'

// ── what comes in ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export const opened = (account = 0): LinkUp => ({
  type: 'opened',
  remote: `account ${account}`,
  address: '192.0.2.1:5683',
  local: '192.0.2.9:40000',
})
export const closed = (reason: Closed['reason'], account = 0): LinkUp => ({ type: 'closed', remote: `account ${account}`, reason })
export const answered = (code: Code, more: Omit<Outcome, 'code'> = {}, account = 0): Performed => ({
  type: 'performed',
  exchange,
  remote: `account ${account}`,
  operation: { type: 'deregister', location: [] },
  outcome: { code, ...more },
  last: true,
})
export const created = (account = 0): Performed => answered('2.01', { location: ['rd', 'x'] }, account)
export const changed: Performed = answered('2.04')
export const failed = (reason: FailureReason, account = 0): Failed => ({ type: 'failed', exchange, remote: `account ${account}`, reason })
/** A server's request; the number counts them. */
export const requested = (number: number, operation: ManagementOperation, account = 0): Requested => ({
  type: 'requested',
  exchange: number,
  remote: `account ${account}`,
  operation,
  request: requestOf(`account ${account}`),
})
const requestOf = (from: string): Request => ({
  remote: from,
  code: '0.01',
  options: noOptions,
  payload: noBytes,
  confirmable: true,
  purpose: 'request',
})
export const at = (path: string): Path => Object.fromEntries(Object.entries(parsePath(path)!).filter(([, id]) => id !== undefined))
export const fed = (path: string, value: Value | Values): Fed => ({ type: 'fed', path: at(path), value })
export const node = (path: string, value: Value) => ({ path: at(path), value })

// ── what comes out ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** O open, C close, R Register, U Update, D De-register, X cancel. */
export const out = {
  O: like({ type: 'open' }),
  C: like({ type: 'close' }),
  X: like({ type: 'cancel' }),
  R: like({ type: 'perform', operation: { type: 'register' } }),
  U: like({ type: 'perform', operation: { type: 'update' } }),
  D: like({ type: 'perform', operation: { type: 'deregister' } }),
}
/** The answer to a request. */
export const response = (number: number, code: Code, more: object = {}) =>
  like({ type: 'respond', exchange: number, outcome: { code, ...more } })
export const state = (name: string, more: object = {}) => like({ type: 'account', state: name, ...more })

/** Registered at 0: what every ladder of a registered device begins with. */
export const inside = { o: opened(), c: created() }

/** Plays the ladder; one character is one second. */
export const play = (
  machine: ReturnType<typeof device>,
  values: Readonly<Record<string, unknown>>,
  lanes: Lanes,
  options: { readonly untilMs?: number; readonly dice?: number } = {},
): Recorded =>
  ladder(
    machine,
    {
      values: { ...out, ...inside, ...values },
      dice: options.dice ?? 0,
      ...(options.untilMs === undefined ? {} : { untilMs: options.untilMs }),
    },
    { delivered: '*', ...lanes },
  )
