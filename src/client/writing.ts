/** What a server changes: Write, Create, Delete and Write-Composite as one transaction over any number of Objects (LwM2M Core §6.3). */
import { responses } from '../message/code.ts'
import { isRefusal, plan, type Change } from '../model/change.ts'
import type { Right } from '../model/access.ts'
import { resourceOf } from '../model/definition.ts'
import { formatPath, type Path, type PathString } from '../model/path.ts'
import { controlObject } from '../model/state.ts'
import { createdAt } from '../operation/create.ts'
import type { Create, Delete, Operation, Outcome, Write, WriteComposite } from '../operation/operation.ts'
import { isDenied, keeperOf, mayAs } from './access.ts'
import { commit } from './commit.ts'
import { compositeChanges } from './composite.ts'
import { evaluateAt } from './observations.ts'
import { consultedBy, exists } from './places.ts'
import { say } from './serving.ts'
import { remoteOf } from './state.ts'
import { consult, enqueue, isBusy, proposalOf, type Asker } from './transactions.ts'
import { tell, type Work } from './work.ts'

/** An operation that changes the data model. */
export type Writing = Write | Create | Delete | WriteComposite
export const isWriting = (operation: Operation): operation is Writing =>
  operation.type === 'write' || operation.type === 'create' || operation.type === 'delete' || operation.type === 'write-composite'

/** Checks it as a whole; then whoever has a say is asked, or it is done at once. Writers of one Object Instance take turns: `inTurn` says that ours has come. */
export const performWriting = (work: Work, asker: Asker, operation: Writing, inTurn = false): void => {
  const changes = changesOf(work, asker, operation)
  if ('code' in changes) return say(work, asker, changes)
  const wrong = streamed(operation) ? undefined : refusalOf(work, asker, changes)
  if (wrong !== undefined) return say(work, asker, wrong)
  const holds = holdsOf(changes)
  if (!inTurn && isBusy(work, holds)) return enqueue(work, asker, holds)
  const questions = changes.flatMap((change) => consultedBy(work, change).map((path) => ({ path, change })))
  if (questions.length === 0) return answerWrite(work, asker, changes)
  consult(work, asker, changes, questions, holds)
}
const streamed = (operation: Writing): boolean => operation.type === 'write' && operation.streamed !== undefined

/** Commits what was agreed on, as the model and the rights are now, and answers. */
export const answerWrite = (work: Work, asker: Asker, changes: readonly Change[]): void => {
  const { account, operation } = asker
  if (operation.type === 'write' && operation.streamed !== undefined) return accepted(work, asker, changes)
  if (changes.some((change) => isForeign(work, asker, change))) return say(work, asker, unauthorized)
  const planned = plan(work.state.model, work.it.definitions, changes, 'server', keeperOf(work, account))
  if (isRefusal(planned)) return say(work, asker, { code: planned.code, diagnostic: `${formatPath(planned.path)}: ${planned.refused}` })
  commit(work, planned, 'server')
  const everybody = [...work.state.accounts.in('')].map(({ row }) => remoteOf(row.account))
  for (const change of changes) {
    tell(work, { type: 'written', proposal: proposalOf(account, change, operation) })
    if (change.type === 'replace') evaluateAt(work, change.path, everybody)
  }
  accepted(work, asker, changes)
}
const accepted = (work: Work, asker: Asker, [change]: readonly Change[]): void => {
  if (change?.type === 'create') return say(work, asker, { code: responses.Created, location: createdAt(change.object, change.instance!) })
  say(work, asker, { code: asker.operation.type === 'delete' ? responses.Deleted : responses.Changed })
}

const refusalOf = (work: Work, { account }: Asker, changes: readonly Change[]): Outcome | undefined => {
  const planned = plan(work.state.model, work.it.definitions, changes, 'server', keeperOf(work, account))
  return isRefusal(planned) ? { code: planned.code, diagnostic: `${formatPath(planned.path)}: ${planned.refused}` } : undefined
}

/** What is held while the application decides: the Object Instances written or deleted; in what is created, the Object. */
const holdsOf = (changes: readonly Change[]): readonly PathString[] => [
  ...new Set(
    changes.map((change) =>
      formatPath(change.type === 'create' ? { object: change.object } : { object: change.path.object, instance: change.path.instance }),
    ),
  ),
]

// ── each operation as changes ────────────────────────────────────────────────────────────────────────────────────────────────

const changesOf = (work: Work, { account }: Asker, operation: Writing): readonly Change[] | Outcome => {
  switch (operation.type) {
    case 'write':
      return writeChanges(work, account, operation)
    case 'create':
      return createChanges(work, account, operation)
    case 'delete':
      return deleteChanges(work, account, operation)
    case 'write-composite':
      return compositeChanges(work, account, operation)
  }
}

const unauthorized: Outcome = { code: responses.Unauthorized, diagnostic: 'access control' }
const forBootstrap: Outcome = { code: responses.MethodNotAllowed, diagnostic: 'for bootstrap alone' }

const writeChanges = (work: Work, account: number, { path, mode, nodes, streamed }: Write): readonly Change[] | Outcome => {
  if (isDenied(work, account, 'W', path)) return unauthorized
  const wrong = streamed === undefined ? undefined : notStreamable(work, path)
  return wrong ?? [{ type: mode === 'replace' ? 'replace' : 'update', path, nodes }]
}
/** What is streamed is for one opaque Resource that can be written. */
const notStreamable = (work: Work, path: Path): Outcome | undefined => {
  if (!exists(work, path)) return { code: responses.NotFound }
  return resourceOf(work.it.definitions, path)?.operations.includes('W') === true ? undefined : { code: responses.MethodNotAllowed }
}

const createChanges = (work: Work, account: number, { path, instance, nodes }: Create): readonly Change[] | Outcome => {
  const object = path.object!
  if (!work.it.definitions.has(object)) return { code: responses.NotFound }
  if (object === 1) return forBootstrap
  if (!mayAs(work, account, 'C', { object })) return unauthorized
  if (object === controlObject) return forBootstrap
  return [numbered(work, object, instance, nodes)]
}
/** The number is given before anybody is asked, so that all speak of the same. */
const numbered = ({ state: { model } }: Work, object: number, wanted: number | undefined, nodes: Create['nodes']): Change => {
  const instance = wanted ?? lowestFree((id) => model.get(String(object), id) !== undefined)
  return { type: 'create', object, instance, nodes: nodes.map((node) => ({ ...node, path: { ...node.path, object, instance } })) }
}
const lowestFree = (isTaken: (id: number) => boolean): number => {
  let id = 0
  while (isTaken(id)) id++
  return id
}

const deleteChanges = (work: Work, account: number, { path }: Delete): readonly Change[] | Outcome => {
  const whole = path.resource === undefined
  if (path.object === 1 && whole) return forBootstrap
  if (isDenied(work, account, rightToDelete(path), path)) return unauthorized
  return path.object === controlObject && whole ? forBootstrap : [{ type: 'delete', path }]
}
/** A Resource Instance of Object 2 is its owner's to take away, as it is to write. */
const rightToDelete = ({ object, resource }: Path): Right => (object === controlObject && resource !== undefined ? 'W' : 'D')

/** Rights may have changed while the application decided. */
const isForeign = (work: Work, { account, operation }: Asker, change: Change): boolean =>
  change.type === 'create'
    ? !mayAs(work, account, 'C', { object: change.object })
    : isDenied(work, account, operation.type === 'delete' ? rightToDelete(change.path) : 'W', change.path)
