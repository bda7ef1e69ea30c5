/** Object 7, Connectivity Statistics: what was sent and received while collecting (LwM2M Core §E.8). */
import type { ObjectDefinition } from '../model/definition.ts'

/** Version 1.0, the only one. */
export const connectivityStatistics = {
  id: 7,
  name: 'Connectivity Statistics',
  version: '1.0',
  multiple: false,
  mandatory: false,
  resources: {
    0: { name: 'SMS Tx Counter', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    1: { name: 'SMS Rx Counter', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    2: { name: 'Tx Data', operations: 'R', multiple: false, mandatory: false, type: 'integer', units: 'kB' },
    3: { name: 'Rx Data', operations: 'R', multiple: false, mandatory: false, type: 'integer', units: 'kB' },
    4: { name: 'Max Message Size', operations: 'R', multiple: false, mandatory: false, type: 'integer', units: 'B' },
    5: { name: 'Average Message Size', operations: 'R', multiple: false, mandatory: false, type: 'integer', units: 'B' },
    6: { name: 'Start', operations: 'E', multiple: false, mandatory: true },
    7: { name: 'Stop', operations: 'E', multiple: false, mandatory: true },
    8: { name: 'Collection Period', operations: 'RW', multiple: false, mandatory: false, type: 'integer', units: 's' },
  },
} as const

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [connectivityStatistics]
