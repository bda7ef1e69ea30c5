/** The Objects and Object Instances that a client registers (LwM2M Core §6.2.1). */
import type { Path } from '../model/path.ts'
import { instancesOf } from '../model/state.ts'
import type { Inventory, Listed, Version } from '../operation/operation.ts'
import type { Work } from './work.ts'

/** Never registered: Security, OSCORE and COSE hold keys. */
const secretive: ReadonlySet<number> = new Set([0, 21, 23])

/** Whether a server hears that it comes or goes. */
export const isListed = ({ object }: Path): boolean => object === undefined || !secretive.has(object)

/** An Object is listed by itself when it has no Object Instances, or a version to tell. */
export const inventory = (
  { it: { definitions, contentFormats }, state: { model } }: Pick<Work, 'it' | 'state'>,
  version: Version,
): Inventory => {
  const objects: Listed[] = []
  for (const { id, version: ver } of [...definitions.values()].sort((a, b) => a.id - b.id)) {
    if (secretive.has(id)) continue
    const instances = instancesOf(model, id)
    if (ver !== '1.0' || instances.length === 0) objects.push({ path: { object: id }, attributes: ver === '1.0' ? {} : { ver } })
    for (const instance of instances) objects.push({ path: { object: id, instance }, attributes: {} })
  }
  return { objects, ...(contentFormats === undefined || version === '1.0' ? {} : { contentFormats }) }
}
