/** What a factory gives a device: the Object Instances of a file, SenML JSON (LwM2M Core 1.2.2 §6.1.3.1). */
import { readFileSync } from 'node:fs'
import { Lwm2mError } from '../core/error.ts'
import { isFault } from '../format/format.ts'
import { senmlJson } from '../format/senml-json.ts'
import { isMultiple, typeOf } from '../model/definition.ts'
import type { Node } from '../model/node.ts'
import { registry } from '../objects/registry.ts'

/** The values of the file. Throws `invalid` when it cannot be read or meant; nothing of it is in the error, for there are keys in it. */
export const provisionedBy = (path: string): readonly Node[] => {
  let octets: Uint8Array
  try {
    octets = readFileSync(path)
  } catch {
    throw new Lwm2mError('invalid', `${path} cannot be read`)
  }
  const nodes = senmlJson.decode(octets, { path: {}, typeOf: typeOf(registry), isMultiple: isMultiple(registry) })
  if (isFault(nodes)) throw new Lwm2mError('invalid', `${path} is no SenML JSON of Objects 0 and 1 (${nodes.fault})`)
  return nodes
}
