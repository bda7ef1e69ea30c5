/** Object 9, LwM2M Software Management: a package, installed and activated (the OMA registry). */
import type { ObjectDefinition } from '../model/definition.ts'

/** Version 1.0, the only one. */
export const softwareManagement = {
  id: 9,
  name: 'LwM2M Software Management',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'PkgName', operations: 'R', multiple: false, mandatory: true, type: 'string', range: { min: 0, max: 255 } },
    1: { name: 'PkgVersion', operations: 'R', multiple: false, mandatory: true, type: 'string', range: { min: 0, max: 255 } },
    2: { name: 'Package', operations: 'W', multiple: false, mandatory: false, type: 'opaque' },
    3: { name: 'Package URI', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { min: 0, max: 255 } },
    4: { name: 'Install', operations: 'E', multiple: false, mandatory: true },
    5: { name: 'Checkpoint', operations: 'R', multiple: false, mandatory: false, type: 'objlnk' },
    6: { name: 'Uninstall', operations: 'E', multiple: false, mandatory: true },
    7: { name: 'Update State', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 4 } },
    8: { name: 'Update Supported Objects', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    9: { name: 'Update Result', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 200 } },
    10: { name: 'Activate', operations: 'E', multiple: false, mandatory: true },
    11: { name: 'Deactivate', operations: 'E', multiple: false, mandatory: true },
    12: { name: 'Activation State', operations: 'R', multiple: false, mandatory: true, type: 'boolean' },
    13: { name: 'Package Settings', operations: 'RW', multiple: false, mandatory: false, type: 'objlnk' },
    14: { name: 'User Name', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { min: 0, max: 255 } },
    15: { name: 'Password', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { min: 0, max: 255 } },
    16: { name: 'Status Reason', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    17: { name: 'Software Component Link', operations: 'R', multiple: true, mandatory: false, type: 'objlnk' },
    18: {
      name: 'Software Component tree length',
      operations: 'R',
      multiple: false,
      mandatory: false,
      type: 'integer',
      range: { min: 0, max: 255 },
    },
  },
} as const

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [softwareManagement]
