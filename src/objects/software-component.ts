/** Object 14, LwM2M Software Component: a part of a package of Object 9 (the OMA registry). */
import type { ObjectDefinition } from '../model/definition.ts'

/** Version 1.0, the only one. */
export const softwareComponent = {
  id: 14,
  name: 'LwM2M Software Component',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Component Identity', operations: 'R', multiple: false, mandatory: false, type: 'string', range: { min: 0, max: 255 } },
    1: { name: 'Component Pack', operations: 'R', multiple: false, mandatory: false, type: 'opaque' },
    2: { name: 'Component Version', operations: 'R', multiple: false, mandatory: false, type: 'string', range: { min: 0, max: 255 } },
    3: { name: 'Activate', operations: 'E', multiple: false, mandatory: false },
    4: { name: 'Deactivate', operations: 'E', multiple: false, mandatory: false },
    5: { name: 'Activation State', operations: 'R', multiple: false, mandatory: false, type: 'boolean' },
  },
} as const

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [softwareComponent]
