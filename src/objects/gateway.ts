/** Object 25, LwM2M Gateway: one device behind the gateway (LwM2M Gateway §E.1). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 2.0, of the Gateway specification: the gateway chooses the Prefix and says which Objects the device has. */
export const gateway = {
  id: 25,
  name: 'LwM2M Gateway',
  version: '2.0',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Device ID', operations: 'R', multiple: false, mandatory: true, type: 'string' },
    1: { name: 'Prefix', operations: 'R', multiple: false, mandatory: true, type: 'string' },
    3: { name: 'IoT Device Objects', operations: 'R', multiple: false, mandatory: true, type: 'corelnk' },
  },
} as const

/** Version 1.0, of the Core specification: the server chooses the Prefix; incompatible. */
const gateway1_0 = revised(gateway, '1.0', {
  without: [3],
  resources: {
    1: { name: 'Prefix', operations: 'RW', multiple: false, mandatory: true, type: 'string' },
    2: { name: 'Routing Table Entry', operations: 'R', multiple: false, mandatory: false, type: 'objlnk' },
  },
})

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [gateway1_0, gateway]
