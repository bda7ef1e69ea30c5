/** The Objects that come with the engine: a new one is a new file and a line here. */
import { definitions, type Definitions, type ObjectDefinition } from '../model/definition.ts'
import { device } from './device.ts'
import { firmwareUpdate } from './firmware-update.ts'
import { security } from './security.ts'
import { server } from './server.ts'
import { temperature } from './temperature.ts'

/** By ascending Object ID. */
export const objects: readonly ObjectDefinition[] = [security, server, device, firmwareUpdate, temperature]

/** The same, to look types up in. */
export const registry: Definitions = definitions(objects)
