/** What LwM2M knows and this engine does not do yet: known by its name, answered with 4.05 (LwM2M Transport §6.4). */
import { methods } from '../message/code.ts'
import { contentFormats } from '../format/format.ts'
import { depth } from '../model/path.ts'
import type { NotHereName } from './operation.ts'
import { wrong, type Shape, type Wrong } from './shape.ts'

/** The answer to such a request; `undefined` when it is another. */
export const notHere = (shape: Shape): Wrong | undefined => {
  const name = notHereName(shape)
  return name === undefined ? undefined : wrong('4.05', `${name} is not here yet`)
}

/** Its name. */
export const notHereName = ({ method, segments, path, accept }: Shape): NotHereName | undefined => {
  const first = segments.length === 1 ? segments[0] : undefined
  if (first === 'dp' && method === methods.POST) return 'send'
  if (method === methods.FETCH) return 'read-composite'
  if (method === methods.iPATCH) return 'write-composite'
  if (path === undefined || depth(path) > 0) return undefined
  if (method === methods.DELETE) return 'bootstrap-delete'
  return method === methods.GET && accept === contentFormats.link ? 'bootstrap-discover' : undefined
}
