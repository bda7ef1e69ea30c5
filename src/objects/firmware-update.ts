/** Object 5, Firmware Update: a new image, pushed or pulled, verified and installed (LwM2M Core §E.6). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.1, which adds Cancel, Severity, Last State Change Time and Maximum Defer Period, and the results 10 and 11. */
export const firmwareUpdate = {
  id: 5,
  name: 'Firmware Update',
  version: '1.1',
  multiple: false,
  mandatory: false,
  resources: {
    0: { name: 'Package', operations: 'W', multiple: false, mandatory: true, type: 'opaque' },
    1: { name: 'Package URI', operations: 'RW', multiple: false, mandatory: true, type: 'string', range: { min: 0, max: 255 } },
    2: { name: 'Update', operations: 'E', multiple: false, mandatory: true },
    3: { name: 'State', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 3 } },
    5: { name: 'Update Result', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 11 } },
    6: { name: 'PkgName', operations: 'R', multiple: false, mandatory: false, type: 'string', range: { min: 0, max: 255 } },
    7: { name: 'PkgVersion', operations: 'R', multiple: false, mandatory: false, type: 'string', range: { min: 0, max: 255 } },
    8: {
      name: 'Firmware Update Protocol Support',
      operations: 'R',
      multiple: true,
      mandatory: false,
      type: 'integer',
      range: { min: 0, max: 5 },
    },
    9: {
      name: 'Firmware Update Delivery Method',
      operations: 'R',
      multiple: false,
      mandatory: true,
      type: 'integer',
      range: { min: 0, max: 2 },
    },
    10: { name: 'Cancel', operations: 'E', multiple: false, mandatory: false },
    11: { name: 'Severity', operations: 'RW', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 2 } },
    12: { name: 'Last State Change Time', operations: 'R', multiple: false, mandatory: false, type: 'time' },
    13: { name: 'Maximum Defer Period', operations: 'RW', multiple: false, mandatory: false, type: 'unsigned', units: 's' },
  },
} as const

/** Version 1.0. */
const firmwareUpdate1_0 = revised(firmwareUpdate, '1.0', {
  without: [10, 11, 12, 13],
  resources: {
    5: { name: 'Update Result', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 9 } },
  },
})
/** Version 1.2: Automatic Upgrade at Download. */
const firmwareUpdate1_2 = revised(firmwareUpdate, '1.2', {
  resources: { 14: { name: 'Automatic Upgrade at Download', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' } },
})

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [firmwareUpdate1_0, firmwareUpdate, firmwareUpdate1_2]
