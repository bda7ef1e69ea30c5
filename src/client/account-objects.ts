/** The accounts that an application gives, as Instances of the Security and the Server Object (LwM2M Core §E.1, §E.2). */
import { supporting } from '../model/definition.ts'
import { security } from '../objects/security.ts'
import { server } from '../objects/server.ts'
import type { ClientObject, Instance } from '../operation/object.ts'
import { identityOf, type AccountOptions } from './account-options.ts'
import { letterOf } from './pairs.ts'

const preSharedKey = 0
const noSecurity = 3
/** All but those of SMS, 6 to 9, which there is no transport for: what a bootstrap server says there is passed over. */
const securityResources = Object.keys(security.resources)
  .map(Number)
  .filter((id) => id < 6 || id > 9)
/** Both Objects. */
export const accountObjects = (accounts: readonly AccountOptions[]): readonly ClientObject[] => [
  {
    definition: supporting(security, securityResources),
    instances: Object.fromEntries(accounts.map((account, id) => [id, securityInstance(account, id)])),
  },
  {
    definition: supporting(server, serverResources),
    instances: Object.fromEntries(
      accounts.flatMap((account, id) => (isFirstOfServer(accounts, account, id) ? [[id, serverInstance(account, id)]] : [])),
    ),
  },
]
/** Several accounts may be ways to one server: it has one Server Object Instance. */
const isFirstOfServer = (accounts: readonly AccountOptions[], { bootstrap, shortServerId }: AccountOptions, id: number): boolean =>
  bootstrap !== true && (shortServerId === undefined || accounts.findIndex((other) => other.shortServerId === shortServerId) === id)
/** What this client does something with. */
const serverResources = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 26]
/** The key itself, Resource 5, is never part of the model: nothing that prints a state can show it. */
const securityInstance = (account: AccountOptions, id: number): Instance => ({
  0: account.uri,
  1: account.bootstrap === true,
  2: account.psk === undefined ? noSecurity : preSharedKey,
  ...(account.psk === undefined ? {} : { 3: identityOf(account.psk) }),
  ...(account.bootstrap === true ? {} : { 10: account.shortServerId ?? id + 1 }),
  ...said(securitySays, account),
})
const serverInstance = (account: AccountOptions, id: number): Instance => ({
  0: account.shortServerId ?? id + 1,
  1: account.lifetimeSeconds ?? 86_400,
  6: account.notificationStoring ?? true,
  7: account.binding ?? letterOf(account.uri),
  23: account.muteSend ?? false,
  ...said(serverSays, account),
  ...(account.notificationMode === undefined ? {} : { 26: account.notificationMode === 'confirmable' ? 1 : 0 }),
})

/** What an account says in a Resource of its own; where it says nothing, there is none. */
type Told = Exclude<keyof AccountOptions, 'psk'>
const securitySays: Readonly<Record<number, Told>> = { 11: 'holdOffSeconds', 12: 'accountTimeoutSeconds' }
const serverSays: Readonly<Record<number, Told>> = {
  2: 'defaultPminSeconds',
  3: 'defaultPmaxSeconds',
  5: 'disableTimeoutSeconds',
  13: 'priority',
  14: 'initialDelaySeconds',
  15: 'failureBlocks',
  16: 'bootstrapOnFailure',
  17: 'retryCount',
  18: 'retryTimerSeconds',
  19: 'sequenceDelaySeconds',
  20: 'sequenceCount',
  22: 'preferredTransport',
}
const said = (says: Readonly<Record<number, Told>>, account: AccountOptions): Instance =>
  Object.fromEntries(
    Object.entries(says).flatMap(([resource, name]) => {
      const value = account[name]
      return value === undefined ? [] : [[resource, value]]
    }),
  )
