/** What an application says of its client, as the data that the client's machine begins with. */
import { Lwm2mError } from '../core/error.ts'
import { maxTransmitWaitMs, type Parameters } from '../exchange/parameters.ts'
import type { AccessRules } from '../model/access-rules.ts'
import { commit, isRefusal, plan } from '../model/change.ts'
import { definitions, type Definitions } from '../model/definition.ts'
import { formatPath } from '../model/path.ts'
import { model, type InstanceRow } from '../model/state.ts'
import type { ClientObject } from '../operation/object.ts'
import type { Version } from '../operation/operation.ts'
import { accessObject, accessRules, bringsAccess, type AccessOptions } from './access-options.ts'
import { accountObjects } from './account-objects.ts'
import { checkAccounts, shortServerIdAt, type AccountOptions } from './account-options.ts'
import { defaultLimits, type Configuration, type LifecycleOptions, type Limits, type Profile } from './configuration.ts'
import { creationOf, offeringOf, supported } from './object-data.ts'

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
  /** The state is stored. Default: false. */
  readonly persists?: boolean
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
  persists = false,
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
    ...(persists ? { persists } : {}),
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
// ── checks ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const checkedProfile = (profile: Profile): Profile => {
  if (/^(\d+:[\da-f]+|(oma|v):[A-Za-z\d-]+)$/.test(profile.id)) return profile
  throw new Lwm2mError('invalid', `${profile.id} is no Profile ID`, { hint: '6:27354b9a, oma:name or v:name' })
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
