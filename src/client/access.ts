/** What a server of this client may do, by access control (LwM2M Core §8.2). */
import { isInForce, may, type Right } from '../model/access.ts'
import type { Keeper } from '../model/change.ts'
import type { Node } from '../model/node.ts'
import { formatPath, type Path } from '../model/path.ts'
import { instanceAt, read, type ReadRefusal } from '../model/state.ts'
import { shortServerIdOf } from './account.ts'
import { isForbidden } from './places.ts'
import type { Work } from './work.ts'

type Known = Pick<Work, 'it' | 'state'>

/** Whether an account's server has the right to an Object Instance; with `C`, to create one in the Object. */
export const mayAs = (work: Known, account: number, right: Right, path: Path): boolean =>
  may(work.state.model, work.it.definitions, shortServerIdOf(work, account), right, path)

/** Whether an Object Instance is there to which the server has no such right: 4.01. One that is not there is told from it: 4.04. */
export const isDenied = (work: Known, account: number, right: Right, path: Path): boolean =>
  path.instance !== undefined &&
  instanceAt(work.state.model, path.object!, path.instance) !== undefined &&
  !mayAs(work, account, right, path)

/** What an account's server reads at a path. Of a larger place, the Object Instances that it may read; Security and the like never (§8.2.3). */
export const readAs = (work: Known, account: number, path: Path): readonly Node[] | ReadRefusal => {
  const { model } = work.state
  if (isForbidden(path) || isDenied(work, account, 'R', path)) return denied
  const nodes = read(model, work.it.definitions, path)
  if ('refused' in nodes || path.instance !== undefined) return nodes
  if (path.object !== undefined && !isInForce(model, work.it.definitions)) return nodes
  const seen = new Map<string, boolean>()
  return nodes.filter((node) => {
    const place = formatPath({ object: node.path.object, instance: node.path.instance })
    const known = seen.get(place) ?? (!isForbidden(node.path) && mayAs(work, account, 'R', node.path))
    seen.set(place, known)
    return known
  })
}
const denied: ReadRefusal = { refused: 'denied', code: '4.01' }

/** Whose Object Instances new ones are: the server's that creates them, or as the application's rules say. */
export const keeperOf = (work: Known, account?: number): Keeper => ({
  creator: account === undefined ? undefined : shortServerIdOf(work, account),
  rules: work.it.access,
})
