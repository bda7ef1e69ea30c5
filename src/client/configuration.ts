/** What an application says of its client, as the data that the client's machine begins with. */
import { Lwm2mError } from '../core/error.ts'
import type { Secret } from '../core/secret.ts'
import { maxTransmitWaitMs, type Parameters } from '../exchange/parameters.ts'
import { unowned } from '../model/access.ts'
import type { AccessRules } from '../model/access-rules.ts'
import { commit, isRefusal, plan, type Change } from '../model/change.ts'
import { definitions, supporting, type Definitions, type ObjectDefinition } from '../model/definition.ts'
import type { Node } from '../model/node.ts'
import { formatPath, type Path, type PathString } from '../model/path.ts'
import { model, type InstanceRow } from '../model/state.ts'
import { isValues, type Value, type Values } from '../model/value.ts'
import { security } from '../objects/security.ts'
import { server } from '../objects/server.ts'
import type { Version } from '../operation/operation.ts'
import type { ClientObject, Instance } from '../operation/object.ts'
import { accessObject, accessRules, bringsAccess, type AccessOptions } from './access-options.ts'
import type { Offering } from './offer.ts'
import { feedOf, type Feed } from './resource.ts'
import { letterOf } from './pairs.ts'
import { defaultLimits, type Configuration, type LifecycleOptions, type Limits, type Profile } from './state.ts'

/** A pre-shared key: Public Key or Identity, at most 128 octets, and Secret Key, at most 64 (LwM2M Core §E.1, Transport §5.2.8). */
export interface PskOptions {
  /** A text is its UTF-8. */
  readonly identity: string | Uint8Array
  readonly key: Secret
}
/** One server: Instances of the Security and the Server Object (LwM2M Core §E.1, §E.2). */
export interface AccountOptions {
  /** For `coaps://`: who we are and how we prove it (Security Mode 0, Resources 3 and 5). */
  readonly psk?: PskOptions
  /** `coap://host:port` or `coap+tcp://host:port`: the transport binding is U or T. Default ports: 5683, `coaps` 5684. */
  readonly uri: string
  /** A bootstrap server: it writes the accounts of the others. At most one (LwM2M Core §6.1). */
  readonly bootstrap?: boolean
  /** Default: 1 for the first account, 2 for the second, … */
  readonly shortServerId?: number
  /** Default: 86400. 0: for ever, without Updates. */
  readonly lifetimeSeconds?: number
  /** The newest version to offer; the client steps down when the server has to. Default: as the client. */
  readonly version?: Version
  /** Default: as the client. */
  readonly queueMode?: boolean
  /** For servers that set no attributes. */
  readonly defaultPminSeconds?: number
  readonly defaultPmaxSeconds?: number
  /** For how long Disable disables (/1/x/5). Default: 86400. */
  readonly disableTimeoutSeconds?: number
  /** Whether notifications are stored while the server cannot be reached (/1/x/6). Default: true. */
  readonly notificationStoring?: boolean
  /** Letters of transports (/1/x/7). Default: that of the URI. */
  readonly binding?: string
  /** Of several accounts with one Short Server ID, the one with this transport is used (/1/x/22). */
  readonly preferredTransport?: string
  /** Nothing may be sent unasked (/1/x/23). */
  readonly muteSend?: boolean
  /** LwM2M 1.2: how notifications go where no attribute says it (/1/x/26). */
  readonly notificationMode?: 'non-confirmable' | 'confirmable'
  /** Servers register in ascending order of it, each when the one before has come to an end; those without do not wait (/1/x/13). */
  readonly priority?: number
  /** From its turn to its first Register (/1/x/14). */
  readonly initialDelaySeconds?: number
  /** Whether those behind it in the order do not register when it fails (/1/x/15). Default: false. */
  readonly failureBlocks?: boolean
  /** Whether a Register that failed for good leads to bootstrap, where there is a bootstrap server (/1/x/16). Default: true. */
  readonly bootstrapOnFailure?: boolean
  /** How to go on after a Register that failed. Defaults: 5 attempts, 60 s and doubling; then 1 sequence, a day apart. */
  readonly retryCount?: number
  readonly retryTimerSeconds?: number
  readonly sequenceDelaySeconds?: number
  readonly sequenceCount?: number
  /** Of a bootstrap server: from the wish to bootstrap to the first request (/0/x/11). */
  readonly holdOffSeconds?: number
  /** Of a bootstrap server: its account is deleted so long after bootstrap; 0: never (/0/x/12). */
  readonly accountTimeoutSeconds?: number
}

/** What a client is. */
export interface ClientDescription {
  readonly endpointClientName: string
  readonly accounts: readonly AccountOptions[]
  readonly objects: readonly ClientObject[]
  /** Content formats to name in Register. */
  readonly contentFormats?: readonly number[]
  readonly parameters: Parameters
  readonly limits?: Partial<Limits>
  /** Absent: every server may do everything. */
  readonly access?: AccessOptions
  /** The newest version to offer, also to servers that bootstrap tells of. Default: 1.2. */
  readonly version?: Version
  /** The link is closed when nothing is said, and servers keep what they want until the client tells them something. Default: false. */
  readonly queueMode?: boolean
  readonly lifecycle?: Partial<LifecycleOptions>
  /** LwM2M 1.2: says in Register what Objects there are, where the server knows it. */
  readonly profile?: Profile
  /** URI schemes that there are transports for. Default: all. */
  readonly schemes?: readonly string[]
  /** Where the data model hangs, if not at `/` (LwM2M Transport §6.4.1). */
  readonly alternatePath?: string
}

/** The configuration of a client; throws an `Lwm2mError` with `invalid` where the description cannot be meant. */
export const configure = ({
  endpointClientName,
  accounts,
  objects,
  contentFormats,
  parameters,
  limits = {},
  access,
  version = '1.2',
  queueMode = false,
  lifecycle = {},
  schemes = ['coap', 'coaps', 'coap+tcp'],
  profile,
  alternatePath,
}: ClientDescription): Configuration => {
  if (alternatePath !== undefined && !/^(\/(?!\d+(\/|$))[^/]+)+$/.test(alternatePath))
    throw new Lwm2mError('invalid', 'an alternate path is segments that are no numbers, as /lwm2m')
  checkAccounts(accounts)
  checkObjects(objects)
  if (access !== undefined && objects.some(bringsAccess)) throw new Lwm2mError('invalid', 'Access Control is made from `access`')
  const rules = access === undefined ? undefined : accessRules(access, shortServerIdAt(accounts))
  const brought = [...accountObjects(accounts), ...objects]
  const all = rules === undefined ? brought : [accessObject(rules), ...brought]
  const known = definitions(all.map(supported))
  const offerings = objects.map(offeringOf)
  return {
    endpointClientName,
    accounts: accounts.map(({ uri, version: own = version, queueMode: queued = queueMode }) => ({ uri, version: own, queueMode: queued })),
    keys: accounts.flatMap(({ psk }, account) => (psk === undefined ? [] : [[account, psk.key] as const])),
    version,
    queueMode,
    lifecycle: { ...defaultLifecycle(parameters), ...lifecycle },
    schemes,
    ...(profile === undefined ? {} : { profile: checkedProfile(profile) }),
    definitions: known,
    instances: rowsOf(all, known, rules),
    ...(rules === undefined ? {} : { access: rules }),
    onDemand: new Set(offerings.flatMap(({ onDemand }) => onDemand)),
    consulted: new Set(offerings.flatMap(({ consulted }) => consulted)),
    executable: new Set(offerings.flatMap(({ executable }) => executable)),
    ...(contentFormats === undefined ? {} : { contentFormats }),
    ...(alternatePath === undefined ? {} : { alternatePath }),
    parameters,
    limits: { ...defaultLimits, ...limits },
  }
}

const defaultLifecycle = (parameters: Parameters): LifecycleOptions => ({
  awakeMs: maxTransmitWaitMs(parameters),
  bootstrapPack: true,
  bootstrapRetryCount: 2 ** 32 - 1,
  bootstrapRetryTimerSeconds: 60,
  serverInitiatedBootstrap: false,
})

/** Who an account is, as octets. */
export const identityOf = ({ identity }: PskOptions): Uint8Array =>
  typeof identity === 'string' ? new TextEncoder().encode(identity) : identity

/** Every Resource that an application feeds, with its path. */
export const feeds = (objects: readonly ClientObject[]): readonly { readonly path: Path; readonly feed: Feed }[] =>
  objects.flatMap(({ definition: { id: object }, instances }) =>
    Object.entries(instances).flatMap(([instance, resources]) =>
      Object.entries(resources).map(([resource, fed]) => ({
        path: { object, instance: Number(instance), resource: Number(resource) },
        feed: feedOf(fed),
      })),
    ),
  )

// ── the accounts as Objects ──────────────────────────────────────────────────────────────────────────────────────────────────

const preSharedKey = 0
const noSecurity = 3
/** All but those of SMS, 6 to 9, which there is no transport for: what a bootstrap server says there is passed over. */
const securityResources = Object.keys(security.resources)
  .map(Number)
  .filter((id) => id < 6 || id > 9)
const accountObjects = (accounts: readonly AccountOptions[]): readonly ClientObject[] => [
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
  ...said(11, account.holdOffSeconds),
  ...said(12, account.accountTimeoutSeconds),
})
const serverInstance = (account: AccountOptions, id: number): Instance => ({
  0: account.shortServerId ?? id + 1,
  1: account.lifetimeSeconds ?? 86_400,
  ...said(2, account.defaultPminSeconds),
  ...said(3, account.defaultPmaxSeconds),
  ...said(5, account.disableTimeoutSeconds),
  6: account.notificationStoring ?? true,
  7: account.binding ?? letterOf(account.uri),
  ...said(13, account.priority),
  ...said(14, account.initialDelaySeconds),
  ...said(15, account.failureBlocks),
  ...said(16, account.bootstrapOnFailure),
  ...said(17, account.retryCount),
  ...said(18, account.retryTimerSeconds),
  ...said(19, account.sequenceDelaySeconds),
  ...said(20, account.sequenceCount),
  ...said(22, account.preferredTransport),
  23: account.muteSend ?? false,
  ...(account.notificationMode === undefined ? {} : { 26: account.notificationMode === 'confirmable' ? 1 : 0 }),
})
const said = (resource: number, value: number | boolean | string | undefined): Instance =>
  value === undefined ? {} : { [resource]: value }

// ── Objects ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A device has the Resources that it feeds: others are 4.04. An Object without Instances at first may get any. */
const supported = ({ definition, instances }: ClientObject): ObjectDefinition => {
  const rows = Object.values(instances)
  if (definition.id <= 1 || rows.length === 0) return definition
  return supporting(
    definition,
    rows
      .flatMap((row) => Object.keys(row).map(Number))
      .concat(
        Object.keys(definition.resources)
          .map(Number)
          .filter((id) => definition.resources[id]!.operations === 'W'),
      ),
  )
}

/** What an Object of an application offers, as data. */
export const offeringOf = (object: ClientObject): Offering => ({
  definition: supported(object),
  onDemand: placesWith(object, ({ read }) => read !== undefined),
  consulted: [...placesWith(object, ({ write }) => write !== undefined), ...itself(object, object.accept)],
  executable: [...placesWith(object, ({ execute }) => execute !== undefined), ...itself(object, object.execute)],
})
const placesWith = (object: ClientObject, has: (feed: Feed) => boolean): readonly PathString[] =>
  feeds([object])
    .filter(({ feed }) => has(feed))
    .map(({ path }) => formatPath(path))
const itself = ({ definition: { id } }: ClientObject, has: unknown): readonly PathString[] => (has === undefined ? [] : [`/${id}`])

/** An Object Instance comes to be, with the constants that its application gives. */
export const creationOf = (object: number, instance: number, resources: Instance): Change => ({
  type: 'create',
  object,
  instance,
  nodes: constantsOf({ object, instance }, resources),
})

/** The Object Instances as they are at first, checked like any other change. */
const rowsOf = (objects: readonly ClientObject[], known: Definitions, rules: AccessRules | undefined): readonly InstanceRow[] => {
  const first = model(65_536)
  for (const { definition, instances } of objects)
    for (const [id, resources] of Object.entries(instances)) {
      const planned = plan(first, known, [creationOf(definition.id, Number(id), resources)], 'application', { rules })
      if (isRefusal(planned)) throw new Lwm2mError('invalid', `${formatPath(planned.path)} of ${definition.name}: ${planned.refused}`)
      commit(first, planned)
    }
  return [...first.all()].map(({ row }) => row)
}
const constantsOf = (path: Path, resources: Instance): readonly Node[] =>
  Object.entries(resources).flatMap(([id, fed]) => {
    const { value } = feedOf(fed)
    return value === undefined ? [] : nodesOf({ ...path, resource: Number(id) }, value)
  })
/** What a Resource holds, as nodes: one, or one for each Resource Instance. */
export const nodesOf = (path: Path, held: Value | Values): readonly Node[] =>
  isValues(held)
    ? Object.entries(held).map(([id, value]) => ({ path: { ...path, resourceInstance: Number(id) }, value }))
    : [{ path, value: held }]

/** Who owns what nobody else does: the first server, or where bootstrap brings them all, nobody before it says so. */
const shortServerIdAt = (accounts: readonly AccountOptions[]): number => {
  const first = accounts.findIndex(({ bootstrap }) => bootstrap !== true)
  return first < 0 ? unowned : (accounts[first]!.shortServerId ?? first + 1)
}

// ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const checkedProfile = (profile: Profile): Profile => {
  if (/^(\d+:[\da-f]+|(oma|v):[A-Za-z\d-]+)$/.test(profile.id)) return profile
  throw new Lwm2mError('invalid', `${profile.id} is no Profile ID`, { hint: '6:27354b9a, oma:name or v:name' })
}
const checkAccounts = (accounts: readonly AccountOptions[]): void => {
  accounts.forEach(checkAccount)
  if (accounts.filter(({ bootstrap }) => bootstrap === true).length > 1)
    throw new Lwm2mError('invalid', 'there is one bootstrap server at most')
  const ids = accounts.flatMap(({ bootstrap, shortServerId, uri }, id) =>
    bootstrap === true ? [] : [`${shortServerId ?? id + 1} ${letterOf(uri)}`],
  )
  if (new Set(ids).size < ids.length) throw new Lwm2mError('invalid', 'two servers have the same Short Server ID and the same transport')
}
const checkAccount = ({ uri, psk }: AccountOptions): void => {
  if (psk !== undefined && !uri.startsWith('coaps:')) throw new Lwm2mError('invalid', `a key is for coaps://, not for ${uri}`)
  if (/^coaps:\/\/[^/]+$/.test(uri)) return checkKey(uri, psk)
  if (!/^coap(\+tcp)?:\/\/[^/]+$/.test(uri))
    throw new Lwm2mError('invalid', `a server's URI is coap://host:port, coaps://host:port or coap+tcp://host:port, not ${uri}`, {
      hint: 'TLS and paths are not here yet',
    })
}
const checkKey = (uri: string, psk: PskOptions | undefined): void => {
  if (psk === undefined)
    throw new Lwm2mError('invalid', `${uri} needs an identity and a key`, { hint: 'psk: { identity, key }; certificates are not here yet' })
  const [identity, key] = [identityOf(psk).length, psk.key.reveal().length]
  if (identity === 0 || identity > 128) throw new Lwm2mError('invalid', `the identity for ${uri} has ${identity} octets, not 1 to 128`)
  if (key === 0 || key > 64) throw new Lwm2mError('invalid', `the key for ${uri} has ${key} octets, not 1 to 64`)
}
const checkObjects = (objects: readonly ClientObject[]): void => {
  const seen = new Set<number>()
  for (const {
    definition: { id, name },
  } of objects) {
    if (id <= 1) throw new Lwm2mError('invalid', `${name} is made from the accounts`)
    if (seen.has(id)) throw new Lwm2mError('invalid', `${name} is there twice`)
    seen.add(id)
  }
}
