/** Object 15, DevCapMgmt: one capability of the device, enabled or not (the OMA registry). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 2.0: opDisable is executed once. */
export const deviceCapabilityManagement = {
  id: 15,
  name: 'DevCapMgmt',
  version: '2.0',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Property', operations: 'R', multiple: false, mandatory: true, type: 'string' },
    1: { name: 'Group', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 15 } },
    2: { name: 'Description', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    3: { name: 'Attached', operations: 'R', multiple: false, mandatory: false, type: 'boolean' },
    4: { name: 'Enabled', operations: 'R', multiple: false, mandatory: true, type: 'boolean' },
    5: { name: 'opEnable', operations: 'E', multiple: false, mandatory: true },
    6: { name: 'opDisable', operations: 'E', multiple: false, mandatory: true },
    7: { name: 'NotifyEn', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
  },
} as const

/** Version 1.0, in which opDisable is said to be multiple: nothing can execute that, so here it is not. */
const deviceCapabilityManagement1_0 = revised(deviceCapabilityManagement, '1.0', {})

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [deviceCapabilityManagement1_0, deviceCapabilityManagement]
