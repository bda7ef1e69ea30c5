/** A configuration as the operations that bring a client there (LwM2M Core 1.2.2 §6.1.3.3, §6.1.7). */
import { Secret } from '../../core/secret.ts'
import type { Node } from '../../model/node.ts'
import { contains, depth, formatPath, parsePath, type Path, type PathString } from '../../model/path.ts'
import type { Value, Values } from '../../model/value.ts'
import type { Listed } from '../../operation/operation.ts'
import type { AccessControl, BootstrapConfiguration, Given, GivenTree, ServerAccount } from './configuration.ts'

/** One Bootstrap-Delete or Bootstrap-Write. */
export type BootstrapStep =
  { readonly type: 'delete'; readonly path: Path } | { readonly type: 'write'; readonly path: Path; readonly nodes: readonly Node[] }

/** The steps, in order. `taken` are the numbers of Security Object Instances that are the bootstrap account's; not known, 0 is. */
export const planOf = (configuration: BootstrapConfiguration, taken: ReadonlySet<number> = new Set([0])): readonly BootstrapStep[] => {
  const { servers, accessControls = [], writes = [] } = configuration
  const numbered = numbers(servers, taken)
  return [
    ...deletesOf(configuration).map((path): BootstrapStep => ({ type: 'delete', path })),
    ...numbered.map(([id, account]) => written({ object: 0, instance: id }, securityOf(account))),
    ...numbered.map(([id, account]) => written({ object: 1, instance: id }, serverOf(account))),
    ...accessControls.map((access, id) => written({ object: 2, instance: id }, accessOf(access))),
    ...writes.map(({ path, content }) => written(parsePath(path)!, content)),
  ]
}

/** The Security Object Instances of the bootstrap account: those that Bootstrap-Discover shows without a Short Server ID (§6.1.7.3). */
export const bootstrapAccountIn = (listed: readonly Listed[]): ReadonlySet<number> =>
  new Set(
    listed.flatMap(({ path, attributes }) =>
      path.object === 0 && path.instance !== undefined && !('ssid' in attributes) ? [path.instance] : [],
    ),
  )
/** The client's version, where Bootstrap-Discover says it (§6.1.7.3). */
export const versionIn = (listed: readonly Listed[]): string | undefined => {
  const said = listed.find(({ path }) => depth(path) === 0)?.attributes['lwm2m']
  return said === undefined ? undefined : Number(said).toFixed(1)
}

/** What is wrong with a configuration; `undefined` when it can be meant. Says no value of it. */
export const configurationFault = ({
  servers,
  accessControls = [],
  writes = [],
  deletes = [],
}: BootstrapConfiguration): string | undefined => {
  const ids = servers.map(({ shortServerId }) => shortServerId)
  const instances = servers.flatMap(({ instance }) => (instance === undefined ? [] : [instance]))
  for (const [at, server] of servers.entries()) {
    const fault = serverFault(server)
    if (fault !== undefined) return `servers[${at}]: ${fault}`
  }
  if (new Set(ids).size < ids.length) return 'servers: a Short Server ID is there twice'
  if (new Set(instances).size < instances.length) return 'servers: an instance is there twice'
  const stray = accessControls.findIndex(({ object, instance }) => !isId(object, 65534) || !isId(instance, 65535))
  if (stray >= 0) return `accessControls[${stray}]: not the IDs of an Object Instance`
  const badWrite = writes.findIndex(({ path }) => ![2, 3].includes(depth(parsePath(path) ?? {})))
  if (badWrite >= 0) return `writes[${badWrite}]: an Object Instance or a Resource is written`
  const badDelete = deletes.findIndex((path) => parsePath(path) === undefined || depth(parsePath(path)!) > 2)
  return badDelete < 0 ? undefined : `deletes[${badDelete}]: /, an Object or an Object Instance is deleted`
}
const serverFault = ({ uri, shortServerId, psk, instance }: ServerAccount): string | undefined => {
  if (!/^coaps?(\+tcp)?:\/\/[^/]+/.test(uri) || uri.length > 255) return 'uri: coap://host:port, coaps:// or coap+tcp:// is needed'
  if (!isId(shortServerId, 65534) || shortServerId === 0) return 'shortServerId: 1-65534'
  if (instance !== undefined && !isId(instance, 65534)) return 'instance: 0-65534'
  if ((psk !== undefined) !== uri.startsWith('coaps')) return 'psk: a coaps:// server needs one, and only such a one'
  const length = psk === undefined ? 1 : psk.key.reveal().length
  return length < 1 || length > 64 ? 'psk: a key has 1 to 64 octets' : undefined
}
const isId = (id: number, max: number): boolean => Number.isInteger(id) && id >= 0 && id <= max

// ── Object Instances ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const deletesOf = ({ deletes, accessControls = [] }: BootstrapConfiguration): readonly Path[] =>
  (deletes ?? (['/0', '/1', ...(accessControls.length > 0 ? ['/2'] : [])] as PathString[])).map((path) => parsePath(path)!)

const numbers = (servers: readonly ServerAccount[], taken: ReadonlySet<number>): readonly (readonly [number, ServerAccount])[] => {
  const used = new Set([...taken, ...servers.flatMap(({ instance }) => (instance === undefined ? [] : [instance]))])
  let next = 0
  return servers.map((account) => {
    if (account.instance !== undefined) return [account.instance, account]
    while (used.has(next)) next++
    return [next++, account]
  })
}

const preSharedKey = 0
const noSecurity = 3
const nothing = new Uint8Array(0)
const utf8 = new TextEncoder()
/** What security does not use is empty: clients may leave it out of account, but some cannot do without it (§E.1: mandatory). */
const securityOf = ({ uri, shortServerId, psk, security }: ServerAccount): GivenTree => ({
  0: uri,
  1: false,
  2: psk === undefined ? noSecurity : preSharedKey,
  3: psk === undefined ? nothing : typeof psk.identity === 'string' ? utf8.encode(psk.identity) : psk.identity,
  4: nothing,
  5: psk?.key ?? nothing,
  10: shortServerId,
  ...security,
})
const serverOf = ({ uri, shortServerId, lifetimeSeconds = 86_400, binding, server }: ServerAccount): GivenTree => ({
  0: shortServerId,
  1: lifetimeSeconds,
  6: true,
  7: binding ?? (uri.includes('+tcp:') ? 'T' : 'U'),
  ...server,
})
const accessOf = ({ object, instance, owner, rights }: AccessControl): GivenTree => ({ 0: object, 1: instance, 2: rights, 3: owner })

const written = (path: Path, content: Given | GivenTree): BootstrapStep => ({ type: 'write', path, nodes: nodesOf(path, content) })
/** Values as nodes. A Secret is octets here, and from here on to the wire. */
const nodesOf = (path: Path, content: Given | GivenTree): readonly Node[] => {
  if (content instanceof Secret) return [{ path, value: content.reveal() }]
  if (!isTree(content)) return [{ path, value: content }]
  return Object.entries(content as Readonly<Record<string, Given | GivenTree>>).flatMap(([id, inner]) =>
    nodesOf(deeper(path, Number(id)), inner),
  )
}
const isTree = (content: Value | Values | GivenTree): content is Values | GivenTree =>
  typeof content === 'object' && !(content instanceof Uint8Array) && !('object' in content)
const deeper = (path: Path, id: number): Path =>
  path.resource === undefined ? { ...path, resource: id } : { ...path, resourceInstance: id }

/** Everything at once, as a Bootstrap-Pack carries it (§6.1.7.7). A client of 1.2 replaces whole Objects, so nothing needs to be deleted. */
export const packOf = (plan: readonly BootstrapStep[]): readonly Node[] => plan.flatMap((step) => (step.type === 'write' ? step.nodes : []))

/** Instances that are the bootstrap account's, of those that a Bootstrap-Pack-Request names. */
export const takenBy = (accounts: readonly Path[] | undefined): ReadonlySet<number> | undefined =>
  accounts === undefined
    ? undefined
    : new Set(accounts.flatMap((path) => (contains({ object: 0 }, path) && path.instance !== undefined ? [path.instance] : [])))

/** How a step is told of: without its values. */
export const wordOf = ({ type, path }: BootstrapStep): { readonly type: BootstrapStep['type']; readonly path: PathString } => ({
  type,
  path: formatPath(path),
})
