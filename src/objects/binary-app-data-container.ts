/** Object 19, BinaryAppDataContainer: octets of an application, either way (the OMA registry). */
import type { ObjectDefinition } from '../model/definition.ts'

/** Version 1.0, the only one. */
export const binaryAppDataContainer = {
  id: 19,
  name: 'BinaryAppDataContainer',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Data', operations: 'RW', multiple: true, mandatory: true, type: 'opaque' },
    1: { name: 'Data Priority', operations: 'RW', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 255 } },
    2: { name: 'Data Creation Time', operations: 'RW', multiple: false, mandatory: false, type: 'time' },
    3: { name: 'Data Description', operations: 'RW', multiple: false, mandatory: false, type: 'string', range: { max: 32 } },
    4: { name: 'Data Format', operations: 'RW', multiple: false, mandatory: false, type: 'string', range: { max: 32 } },
    5: { name: 'App ID', operations: 'RW', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 65535 } },
  },
} as const

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [binaryAppDataContainer]
