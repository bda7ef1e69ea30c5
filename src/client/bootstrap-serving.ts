/** What a bootstrap server asks of this client, and the answer (LwM2M Core §6.1.7, Transport §6.4.2). */
import { responses } from '../message/code.ts'
import { isRefusal, type Refusal } from '../model/change.ts'
import { depth, formatPath, type Path } from '../model/path.ts'
import { instanceAt, instancesOf, nodesAt } from '../model/state.ts'
import type { Listed, Operation, Outcome, Write } from '../operation/operation.ts'
import type { Requested } from '../operation/word.ts'
import { inconsistency } from './account.ts'
import { finished, heard } from './bootstrap.ts'
import { deletable, isProtected, keepAlive, stage, successors } from './bootstrap-stage.ts'
import { isBootstrap } from './pairs.ts'
import { say } from './serving.ts'
import type { Account } from './state.ts'
import { held, type Work } from './work.ts'

/** A request of the bootstrap server: it is heard while it is expected, and nothing but bootstrap is done for it. */
export const serveBootstrap = (work: Work, row: Account, { exchange, remote, operation, request }: Requested): void => {
  const asker = { account: row.account, remote, exchange, request, operation }
  if (!isExpected(work, row)) return say(work, asker, notNow(operation))
  const outcome = perform(work, row, operation)
  say(work, asker, outcome)
  if (operation.type === 'bootstrap-finish' && outcome.code === responses.Changed) finished(work, work.state.accounts.get('', row.account)!)
  else if (operations.has(operation.type)) heard(work, work.state.accounts.get('', row.account)!)
}
/** Since 1.1 it speaks when asked; before, it could begin by itself (§6.1.3.4 of 1.0). */
const isExpected = ({ it }: Work, { phase, linked }: Account): boolean =>
  phase === 'requesting' || phase === 'bootstrapping' || (phase === 'waiting' && linked && it.lifecycle.serverInitiatedBootstrap)
const notNow = ({ type }: Operation): Outcome =>
  type === 'bootstrap-finish'
    ? { code: responses.NotAcceptable, diagnostic: 'nothing was begun' }
    : { code: responses.MethodNotAllowed, diagnostic: 'nobody asked for bootstrap' }
const operations: ReadonlySet<Operation['type']> = new Set<Operation['type']>(['write', 'read', 'discover', 'delete', 'bootstrap-finish'])

const perform = (work: Work, row: Account, operation: Operation): Outcome => {
  switch (operation.type) {
    case 'write':
      return write(work, operation)
    case 'read':
      return read(work, row, operation.path)
    case 'discover':
      return discover(work, row, operation.path)
    case 'delete':
      return remove(work, row, operation.path)
    case 'bootstrap-finish':
      return finish(work, row)
    default:
      return { code: responses.MethodNotAllowed, diagnostic: 'not while bootstrapping' }
  }
}
const refused = ({ code, path, refused: why }: Refusal): Outcome => ({ code, diagnostic: `${formatPath(path)}: ${why}` })

/** Bootstrap-Write (§6.1.7.5): an Object with any of its Instances, an Object Instance, or a Resource; whatever was there, whoever may write it. */
const write = (work: Work, { path, nodes, mode, streamed }: Write): Outcome => {
  if (mode !== 'replace' || streamed !== undefined || depth(path) < 1 || depth(path) > 3) return { code: responses.MethodNotAllowed }
  if (!work.it.definitions.has(path.object!)) return { code: responses.NotFound, diagnostic: `there is no Object ${path.object}` }
  const refusal = stage(work, [{ type: depth(path) === 3 ? 'update' : 'replace', path, nodes }])
  return refusal !== undefined && isRefusal(refusal) ? refused(refusal) : { code: responses.Changed }
}

/** Bootstrap-Read (§6.1.7.4): of the Server and the Access Control Object; since 1.1. */
const read = ({ it, state: { model } }: Work, { version }: Account, path: Path): Outcome => {
  const { object } = path
  if (version === '1.0' || (object !== 1 && object !== 2) || depth(path) > 2) return { code: responses.MethodNotAllowed }
  const nodes = nodesAt(model, it.definitions, path)
  return nodes === undefined ? { code: responses.NotFound } : { code: responses.Content, nodes }
}

/** Bootstrap-Discover (§6.1.7.3): which Object Instances there are, and whose accounts they belong to. */
const discover = (work: Work, { version, account }: Account, path: Path): Outcome => {
  if (version === '1.0' || depth(path) > 1) return { code: responses.MethodNotAllowed }
  const { object } = path
  if (object !== undefined && !work.it.definitions.has(object)) return { code: responses.NotFound }
  const objects = object === undefined ? [...work.it.definitions.keys()].sort((a, b) => a - b) : [object]
  const head: Listed = { path: {}, attributes: { lwm2m: version } }
  return { code: responses.Content, listed: [head, ...objects.flatMap((id) => listedObject(work, account, id))] }
}
const listedObject = (work: Work, account: number, object: number): readonly Listed[] => {
  const ver = work.it.definitions.get(object)!.version
  const instances = instancesOf(work.state.model, object)
  const head: readonly Listed[] =
    ver === '1.0' && instances.length > 0 ? [] : [{ path: { object }, attributes: ver === '1.0' ? {} : { ver } }]
  return [
    ...head,
    ...instances.map((instance): Listed => ({ path: { object, instance }, attributes: marksOf(work, account, object, instance) })),
  ]
}
/** `ssid` and `uri`; the account of the bootstrap server has none. */
const marksOf = (work: Work, account: number, object: number, instance: number): Listed['attributes'] => {
  const { model } = work.state
  if (object === 0 && !isBootstrap(model, instance))
    return { ...marked('ssid', held(work, 0, instance, 10)), ...marked('uri', held(work, 0, instance, 0)) }
  if (object === 1) return marked('ssid', held(work, 1, instance, 0))
  if (object !== 21 && object !== 23 && object !== 24) return {}
  const owner = instancesOf(model, 0).find((id) => keepAlive(work, id).some((path) => path.object === object && path.instance === instance))
  return owner === undefined || owner === account || isBootstrap(model, owner) ? {} : marked('ssid', held(work, 0, owner, 10))
}
const marked = (name: string, value: unknown): Listed['attributes'] =>
  typeof value === 'number' || typeof value === 'string' ? { [name]: value } : {}

/** Bootstrap-Delete (§6.1.7.6): everything, an Object's Instances, or one; the bootstrap server's account and /3/0 stay. */
const remove = (work: Work, { account }: Account, path: Path): Outcome => {
  if (depth(path) > 2) return { code: responses.BadRequest, diagnostic: 'only Object Instances are deleted' }
  if (depth(path) === 2 && isProtected(work, account, path)) return { code: responses.BadRequest, diagnostic: 'this one stays' }
  const refusal = stage(
    work,
    deletable(work, account, path).map((gone) => ({ type: 'delete', path: gone })),
  )
  return refusal === undefined ? { code: responses.Deleted } : refused(refusal)
}

/** Bootstrap-Finish (§6.1.7.2): what was written must make sense as a whole. A new bootstrap server takes the place of the old one. */
const finish = (work: Work, { account }: Account): Outcome => {
  const purged = successors(work, account).length === 0 ? [] : keepAlive(work, account)
  if (purged.length === 0) {
    const fault = inconsistency(work)
    return fault === undefined ? { code: responses.Changed } : { code: responses.NotAcceptable, diagnostic: fault }
  }
  const kept = purged.map((path) => instanceAt(work.state.model, path.object!, path.instance!)!)
  const key = work.state.keys.get('', account)
  const refusal = stage(
    work,
    purged.map((path) => ({ type: 'delete', path })),
  )
  const fault = refusal === undefined ? inconsistency(work) : refusal.refused
  if (fault === undefined) return { code: responses.Changed }
  for (const row of kept) work.state.model.put(String(row.object), row.instance, row)
  if (key !== undefined) work.state.keys.put('', account, key)
  return { code: responses.NotAcceptable, diagnostic: fault }
}
