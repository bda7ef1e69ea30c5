/** What a server asks of this client, and the answer (LwM2M Core §6.3, §6.4). */
import { responses } from '../message/code.ts'
import { changeAttributes, isAttributeRefusal } from '../model/attributes.ts'
import { resourceOf } from '../model/definition.ts'
import { depth, formatPath, parsePath, type Path } from '../model/path.ts'
import { reservedForBootstrap } from '../operation/for-bootstrap.ts'
import type {
  Execute,
  ManagementOperation,
  Observe,
  ObserveComposite,
  Operation,
  Outcome,
  Version,
  WriteAttributes,
} from '../operation/operation.ts'
import type { Requested } from '../operation/word.ts'
import { isDenied, mayAs, readAs } from './access.ts'
import { readComposite } from './composite.ts'
import { executeServer } from './disable.ts'
import { discover } from './discovery.ts'
import { evaluateAt, observe } from './observations.ts'
import { isPromise } from './persist/promise.ts'
import { executedBy, exists, isForbidden, onDemandAt } from './places.ts'
import { attributesRefused } from './reporting-attributes.ts'
import { gather, invoke, type Asker } from './transactions.ts'
import { send, tell, type Work } from './work.ts'
import { performWriting } from './writing.ts'

/** A request of a server of ours is done; anybody else's is 4.01, and what only servers do 4.05. */
export const serve = (work: Work, word: Requested): void => {
  const { exchange, remote, operation, request } = word
  const account = work.state.accounts.aliased('', remote)?.row
  const asker: Asker = { account: account?.account ?? -1, remote, exchange, request, operation }
  if (isForServers(operation)) return say(work, asker, { code: responses.MethodNotAllowed, diagnostic: 'this is a client' })
  if (account === undefined) return say(work, asker, { code: responses.Unauthorized, diagnostic: 'no server of this client' })
  if ('path' in operation && isForbidden(operation.path))
    return say(work, asker, { code: responses.Unauthorized, diagnostic: 'for bootstrap alone' })
  const reserved = reservedForBootstrap(word)
  if (reserved !== undefined) return say(work, asker, reserved)
  perform(work, asker, operation)
}
const forServers: ReadonlySet<Operation['type']> = new Set<Operation['type']>([
  'register',
  'update',
  'deregister',
  'send',
  'bootstrap-request',
  'bootstrap-pack-request',
])
const isForServers = (operation: Operation): operation is Exclude<Operation, ManagementOperation> => forServers.has(operation.type)

const perform = (work: Work, asker: Asker, operation: ManagementOperation): void => {
  switch (operation.type) {
    case 'read':
    case 'cancel-observation':
      return performRead(work, asker, [operation.path])
    case 'read-composite':
    case 'cancel-observation-composite':
      return performRead(work, asker, operation.paths)
    case 'observe':
    case 'observe-composite':
      return performObserve(work, asker, operation)
    case 'discover':
      return say(work, asker, discover(work, asker.account, operation))
    case 'write':
    case 'create':
    case 'delete':
    case 'write-composite':
      return performWriting(work, asker, operation)
    case 'write-attributes':
      return say(work, asker, writeAttributes(work, asker, operation))
    case 'execute':
      return performExecute(work, asker, operation)
    case 'bootstrap-finish':
      return say(work, asker, { code: responses.MethodNotAllowed, diagnostic: 'no bootstrap is under way' })
  }
}
/** Answers, and tells the application. */
export const say = (work: Work, { account, remote, exchange, request, operation }: Asker, outcome: Outcome, last = true): void => {
  if (request === undefined) return
  if (isPromise(operation, outcome)) work.promised.push(work.effects.length)
  send(work, { type: 'respond', exchange, request, operation, outcome, last, version: versionOf(work, remote) })
  if (account >= 0)
    tell(work, {
      type: 'operation',
      account,
      operation: operation.type,
      path: 'path' in operation ? formatPath(operation.path) : '/',
      code: outcome.code,
    })
}

// ── Read and Observe ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const performRead = (work: Work, asker: Asker, paths: readonly Path[]): void => {
  const wanted = new Set(
    paths.flatMap((path) => onDemandAt(work, path)).filter((path) => mayAs(work, asker.account, 'R', parsePath(path)!)),
  )
  if (wanted.size > 0) gather(work, asker, [...wanted])
  else answerRead(work, asker)
}

/** An Observe may bring attributes of its own, which must make sense. */
const performObserve = (work: Work, asker: Asker, operation: Observe | ObserveComposite): void => {
  const refused = attributesRefused(work, asker.account, versionOf(work, asker.remote), operation)
  if (refused !== undefined) return say(work, asker, refused)
  performRead(work, asker, operation.type === 'observe' ? [operation.path] : operation.paths)
}
const versionOf = (work: Work, remote: string): Version => work.state.accounts.aliased('', remote)?.row.version ?? '1.1'

/** Answers Read and Observe, composite or not, from the model. */
export const answerRead = (work: Work, asker: Asker): void => {
  const { operation, remote, exchange, request, account } = asker
  const nodes = 'paths' in operation ? readComposite(work, account, operation.paths) : readAs(work, account, placeOf(operation))
  if ('refused' in nodes) return say(work, asker, { code: nodes.code })
  const outcome: Outcome = { code: responses.Content, nodes }
  const observes = operation.type === 'observe' || operation.type === 'observe-composite'
  if (!observes || request === undefined) return say(work, asker, outcome)
  const paths = operation.type === 'observe' ? [operation.path] : operation.paths
  // Without room for an observation the answer is that of a Read (RFC 7641 §4.1).
  const observing = observe(work, { account, remote, exchange, paths, request, operation, version: versionOf(work, remote) }, nodes)
  say(work, asker, outcome, !observing)
}
const placeOf = (operation: Operation): Path => ('path' in operation ? operation.path : {})

// ── Write-Attributes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const writeAttributes = (work: Work, { account, remote }: Asker, { path, attributes: given }: WriteAttributes): Outcome => {
  if (isDenied(work, account, 'R', path)) return { code: responses.Unauthorized, diagnostic: 'access control' }
  if (!exists(work, path)) return { code: responses.NotFound }
  const { attributes } = work.state
  const scope = String(account)
  const place = formatPath(path)
  const definition = resourceOf(work.it.definitions, path)
  const merged = changeAttributes(attributes.get(scope, place) ?? {}, given, { depth: depth(path), type: definition?.type })
  if (isAttributeRefusal(merged)) return { code: merged.code, diagnostic: `${merged.attribute}: ${merged.refused}` }
  if (Object.keys(merged).length === 0) attributes.remove(scope, place)
  else if (attributes.full && attributes.get(scope, place) === undefined)
    return { code: responses.InternalServerError, diagnostic: 'no room for more attributes' }
  else attributes.put(scope, place, merged)
  work.touched = true
  evaluateAt(work, path, [remote])
  return { code: responses.Changed }
}

// ── Execute ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const performExecute = (work: Work, asker: Asker, operation: Execute): void => {
  const { path } = operation
  if (isDenied(work, asker.account, 'E', path)) return say(work, asker, { code: responses.Unauthorized, diagnostic: 'access control' })
  if (!exists(work, path)) return say(work, asker, { code: responses.NotFound })
  if (resourceOf(work.it.definitions, path)?.operations !== 'E') return say(work, asker, { code: responses.MethodNotAllowed })
  if (path.object === 1) return executeServer(work, asker, path, operation.arguments)
  const by = executedBy(work, path)
  if (by === undefined) return say(work, asker, { code: responses.MethodNotAllowed, diagnostic: 'nothing here does it' })
  invoke(work, asker, by)
}
