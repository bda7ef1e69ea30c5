/** What a server asks of this client, and the answer (LwM2M Core §6.3, §6.4). */
import { responses } from '../message/code.ts'
import { isRefusal, plan, type Change } from '../model/change.ts'
import { changeAttributes, isAttributeRefusal } from '../model/attributes.ts'
import { resourceOf } from '../model/definition.ts'
import { depth, formatPath, type Path, type PathString } from '../model/path.ts'
import { read } from '../model/state.ts'
import { createdAt } from '../operation/create.ts'
import { reservedForBootstrap } from '../operation/for-bootstrap.ts'
import type {
  Create,
  Delete,
  Execute,
  ManagementOperation,
  Operation,
  Outcome,
  Requested,
  Write,
  WriteAttributes,
} from '../operation/operation.ts'
import { commit } from './commit.ts'
import { discover } from './discovery.ts'
import { evaluateAt, observe } from './observations.ts'
import { consultedBy, executedBy, exists, isForbidden, onDemandAt } from './places.ts'
import { deregister, move } from './registration.ts'
import { remoteOf } from './state.ts'
import { consult, gather, invoke, proposalOf, type Asker } from './transactions.ts'
import { numberAt, send, tell, type Work } from './work.ts'

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
    case 'observe':
    case 'cancel-observation':
      return performRead(work, asker, operation.path)
    case 'discover':
      return say(work, asker, discover(work, asker.account, operation))
    case 'write':
      return performWrite(work, asker, operation)
    case 'write-attributes':
      return say(work, asker, writeAttributes(work, asker, operation))
    case 'execute':
      return performExecute(work, asker, operation)
    case 'create':
      return performCreate(work, asker, operation)
    case 'delete':
      return performDelete(work, asker, operation)
    case 'read-composite':
    case 'write-composite':
    case 'observe-composite':
    case 'cancel-observation-composite':
    case 'bootstrap-finish':
      return say(work, asker, { code: responses.MethodNotAllowed, diagnostic: 'not here yet' })
  }
}

/** Answers, and tells the application. */
export const say = (work: Work, { account, remote, exchange, request, operation }: Asker, outcome: Outcome, last = true): void => {
  const version = work.state.accounts.aliased('', remote)?.row.version ?? '1.1'
  if (request === undefined) return
  send(work, { type: 'respond', exchange, request, operation, outcome, last, version })
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

const performRead = (work: Work, asker: Asker, path: Path): void => {
  const wanted = onDemandAt(work, path)
  if (wanted.length > 0) gather(work, asker, wanted)
  else answerRead(work, asker)
}

/** Answers Read and Observe from the model. */
export const answerRead = (work: Work, asker: Asker): void => {
  const { operation, remote, exchange, request, account } = asker
  const path = 'path' in operation ? operation.path : {}
  const nodes = read(work.state.model, work.it.definitions, path)
  if ('refused' in nodes) return say(work, asker, { code: nodes.code })
  const outcome: Outcome = { code: responses.Content, nodes }
  if (operation.type !== 'observe' || request === undefined) return say(work, asker, outcome)
  const version = work.state.accounts.aliased('', remote)?.row.version ?? '1.1'
  // Without room for an observation the answer is that of a Read (RFC 7641 §4.1).
  const observing = observe(work, { account, remote, exchange, path, request, operation, version }, nodes)
  say(work, asker, outcome, !observing)
}

// ── Write, Create and Delete ─────────────────────────────────────────────────────────────────────────────────────────────────

const performWrite = (work: Work, asker: Asker, operation: Write): void => {
  const { path, mode, nodes, streamed } = operation
  const changes: readonly Change[] = [{ type: mode === 'replace' ? 'replace' : 'update', path, nodes }]
  if (streamed !== undefined) {
    const wrong = notStreamable(work, path)
    return wrong === undefined ? proposeOrAnswer(work, asker, changes, [], path) : say(work, asker, wrong)
  }
  propose(work, asker, changes, path)
}
/** What is streamed is for one opaque Resource that can be written. */
const notStreamable = (work: Work, path: Path): Outcome | undefined => {
  if (!exists(work, path)) return { code: responses.NotFound }
  return resourceOf(work.it.definitions, path)?.operations.includes('W') === true ? undefined : { code: responses.MethodNotAllowed }
}

const performCreate = (work: Work, asker: Asker, { path, instance, nodes }: Create): void => {
  const object = path.object!
  if (!work.it.definitions.has(object)) return say(work, asker, { code: responses.NotFound })
  if (object === 1) return say(work, asker, { code: responses.MethodNotAllowed, diagnostic: 'for bootstrap alone' })
  const placed = nodes.map((node) => ({ ...node, path: { ...node.path, instance: instance ?? undefined } }))
  const change: Change = { type: 'create', object, nodes: placed, ...(instance === undefined ? {} : { instance }) }
  propose(work, asker, [numbered(work, change)], { object })
}
/** The number is given before anybody is asked, so that all speak of the same. */
const numbered = ({ state: { model } }: Work, change: Extract<Change, { type: 'create' }>): Change => {
  const { object, instance = lowestFree((id) => model.get(String(object), id) !== undefined) } = change
  return { ...change, instance, nodes: change.nodes.map((node) => ({ ...node, path: { ...node.path, object, instance } })) }
}
const lowestFree = (isTaken: (id: number) => boolean): number => {
  let id = 0
  while (isTaken(id)) id++
  return id
}

const performDelete = (work: Work, asker: Asker, { path }: Delete): void =>
  path.object === 1 && path.resource === undefined
    ? say(work, asker, { code: responses.MethodNotAllowed, diagnostic: 'for bootstrap alone' })
    : propose(work, asker, [{ type: 'delete', path }], path)

/** Checked first; then whoever has a say is asked, or it is done at once. */
const propose = (work: Work, asker: Asker, changes: readonly Change[], path: Path): void => {
  const planned = plan(work.state.model, work.it.definitions, changes, 'server')
  if (isRefusal(planned)) return say(work, asker, { code: planned.code, diagnostic: `${formatPath(planned.path)}: ${planned.refused}` })
  proposeOrAnswer(work, asker, changes, [...planned.written, ...planned.deleted, ...planned.created], path)
}
const proposeOrAnswer = (work: Work, asker: Asker, changes: readonly Change[], touched: readonly Path[], path: Path): void => {
  const consulted = consultedBy(work, path.object!, touched)
  if (consulted.length === 0 && !isBusy(work, holdOf(path))) return answerWrite(work, asker, changes)
  consult(work, asker, changes, consulted, holdOf(path))
}
/** Writers of one Object Instance take turns; so do those who create in one Object. */
const holdOf = ({ object, instance }: Path): PathString => formatPath(instance === undefined ? { object } : { object, instance })
const isBusy = ({ state: { transactions } }: Work, holds: PathString) => [...transactions.in('')].some(({ row }) => row.holds === holds)

/** Commits what was agreed on, as the model is now, and answers. */
export const answerWrite = (work: Work, asker: Asker, changes: readonly Change[]): void => {
  const { account, operation } = asker
  if (operation.type === 'write' && operation.streamed !== undefined) return accepted(work, asker, changes)
  const planned = plan(work.state.model, work.it.definitions, changes, 'server')
  if (isRefusal(planned)) return say(work, asker, { code: planned.code, diagnostic: `${formatPath(planned.path)}: ${planned.refused}` })
  commit(work, planned)
  for (const change of changes) {
    tell(work, { type: 'written', proposal: proposalOf(account, change, operation) })
    if (change.type === 'replace')
      evaluateAt(
        work,
        change.path,
        work.it.accounts.map((_, id) => remoteOf(id)),
      )
  }
  accepted(work, asker, changes)
}
const accepted = (work: Work, asker: Asker, [change]: readonly Change[]): void => {
  if (change?.type === 'create') return say(work, asker, { code: responses.Created, location: createdAt(change.object, change.instance!) })
  say(work, asker, { code: change?.type === 'delete' ? responses.Deleted : responses.Changed })
}

// ── Write-Attributes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const writeAttributes = (work: Work, { account, remote }: Asker, { path, attributes: given }: WriteAttributes): Outcome => {
  if (!exists(work, path)) return { code: responses.NotFound }
  const { attributes } = work.state
  const scope = String(account)
  const place = formatPath(path)
  const definition = resourceOf(work.it.definitions, path)
  const several = definition?.multiple ?? false
  const merged = changeAttributes(attributes.get(scope, place) ?? {}, given, { depth: depth(path), type: definition?.type, several })
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
  if (!exists(work, path)) return say(work, asker, { code: responses.NotFound })
  if (resourceOf(work.it.definitions, path)?.operations !== 'E') return say(work, asker, { code: responses.MethodNotAllowed })
  if (path.object === 1) return executeServer(work, asker, path)
  const by = executedBy(work, path)
  if (by === undefined) return say(work, asker, { code: responses.MethodNotAllowed, diagnostic: 'nothing here does it' })
  invoke(work, asker, by)
}

/** Disable (4) and Registration Update Trigger (8) of the Server Object (LwM2M Core §E.2). */
const executeServer = (work: Work, asker: Asker, { instance, resource }: Path): void => {
  const row = work.state.accounts.get('', instance!)
  if (row === undefined || (resource !== 8 && resource !== 4)) return say(work, asker, { code: responses.MethodNotAllowed })
  say(work, asker, { code: responses.Changed })
  if (resource === 8)
    return row.phase === 'registered' || row.phase === 'updating'
      ? move(work, { ...row, updateWanted: true, reason: 'triggered' })
      : undefined
  if (row.phase === 'registered') deregister(work, row, 'disabled', numberAt(work, 1, instance!, 5) ?? 86_400)
}
