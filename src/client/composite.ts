/** Several places at once: Read-Composite takes what it can get, Write-Composite is done as a whole or not at all (LwM2M Core §6.3.8, §6.3.9). */
import { responses } from '../message/code.ts'
import type { Change } from '../model/change.ts'
import { resourceOf } from '../model/definition.ts'
import type { Node } from '../model/node.ts'
import { depth, formatPath, type Path, type PathString } from '../model/path.ts'
import { instanceAt, type ReadRefusal } from '../model/state.ts'
import type { Outcome, WriteComposite } from '../operation/operation.ts'
import { isDenied, readAs } from './access.ts'
import { exists, isForbidden } from './places.ts'
import type { Work } from './work.ts'

/**
 * The values at some paths, each once, in ascending order. What is not there, cannot be read or may not be read is passed over; where nothing is
 * left because the server may read nothing of it: 4.01 (§8.2.2).
 */
export const readComposite = (work: Pick<Work, 'it' | 'state'>, account: number, paths: readonly Path[]): readonly Node[] | ReadRefusal => {
  const found = new Map<PathString, Node>()
  const refusals: ReadRefusal[] = []
  for (const path of paths) {
    const nodes = readAs(work, account, path)
    if ('refused' in nodes) refusals.push(nodes)
    else for (const node of nodes) found.set(formatPath(node.path), node)
  }
  const denied = refusals.length === paths.length ? refusals.find(({ refused }) => refused === 'denied') : undefined
  return denied ?? [...found.values()].sort((a, b) => order(a.path, b.path))
}
const order = (a: Path, b: Path): number =>
  a.object! - b.object! || a.instance! - b.instance! || a.resource! - b.resource! || (a.resourceInstance ?? -1) - (b.resourceInstance ?? -1)

/** A Write-Composite as changes, one for each Object Instance and one for each Resource Instance that goes; or what is wrong with it. */
export const compositeChanges = (
  work: Work,
  account: number,
  { nodes, deleted = [] }: Pick<WriteComposite, 'nodes' | 'deleted'>,
): readonly Change[] | Outcome => {
  const vague = nodes.find(({ path }) => depth(path) < 3)?.path ?? deleted.find((path) => depth(path) < 4)
  if (vague !== undefined) return { code: responses.BadRequest, diagnostic: `${formatPath(vague)} is no place for a value` }
  for (const path of [...nodes.map((node) => node.path), ...deleted]) {
    const code = wrongTarget(work, account, path)
    if (code !== undefined) return { code, diagnostic: formatPath(path) }
  }
  const gone = deleted.filter((path) => exists(work, path)).map((path): Change => ({ type: 'delete', path }))
  return [...byInstance(nodes), ...gone]
}
/** Nothing comes to be but Resource Instances; every Object Instance must be the server's to write. */
const wrongTarget = (work: Work, account: number, path: Path): Outcome['code'] | undefined => {
  if (isForbidden(path)) return responses.Unauthorized
  if (instanceAt(work.state.model, path.object!, path.instance!) === undefined) return responses.NotFound
  if (isDenied(work, account, 'W', path)) return responses.Unauthorized
  return resourceOf(work.it.definitions, path) === undefined ? responses.NotFound : undefined
}
const byInstance = (nodes: readonly Node[]): readonly Change[] => {
  const groups = new Map<PathString, { readonly path: Path; readonly nodes: Node[] }>()
  for (const node of nodes) {
    const path = { object: node.path.object, instance: node.path.instance }
    const group = groups.get(formatPath(path)) ?? { path, nodes: [] as Node[] }
    group.nodes.push(node)
    groups.set(formatPath(path), group)
  }
  return [...groups.values()].map((group): Change => ({ type: 'update', ...group }))
}
