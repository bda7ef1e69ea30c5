/** Object 4, Connectivity Monitoring: the network and how well it is heard (LwM2M Core §E.5). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.3, which adds the Coverage Enhancement Level. */
export const connectivityMonitoring = {
  id: 4,
  name: 'Connectivity Monitoring',
  version: '1.3',
  multiple: false,
  mandatory: false,
  resources: {
    0: { name: 'Network Bearer', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 50 } },
    1: { name: 'Available Network Bearer', operations: 'R', multiple: true, mandatory: true, type: 'integer', range: { min: 0, max: 50 } },
    2: { name: 'Radio Signal Strength', operations: 'R', multiple: false, mandatory: true, type: 'integer', units: 'dBm' },
    3: { name: 'Link Quality', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    4: { name: 'IP Addresses', operations: 'R', multiple: true, mandatory: true, type: 'string' },
    5: { name: 'Router IP Addresses', operations: 'R', multiple: true, mandatory: false, type: 'string' },
    6: {
      name: 'Link Utilization',
      operations: 'R',
      multiple: false,
      mandatory: false,
      type: 'integer',
      units: '/100',
      range: { min: 0, max: 100 },
    },
    7: { name: 'APN', operations: 'R', multiple: true, mandatory: false, type: 'string' },
    8: { name: 'Cell ID', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    9: { name: 'SMNC', operations: 'R', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 999 } },
    10: { name: 'SMCC', operations: 'R', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 999 } },
    11: { name: 'SignalSNR', operations: 'R', multiple: false, mandatory: false, type: 'integer', units: 'dB' },
    12: { name: 'LAC', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    13: {
      name: 'Coverage Enhancement Level',
      operations: 'R',
      multiple: false,
      mandatory: false,
      type: 'integer',
      range: { min: 0, max: 4 },
    },
  },
} as const

/** Version 1.2: LAC. */
const connectivityMonitoring1_2 = revised(connectivityMonitoring, '1.2', { without: [13] })
/** Version 1.1: SignalSNR. */
const connectivityMonitoring1_1 = revised(connectivityMonitoring1_2, '1.1', { without: [12] })
/** Version 1.0. */
const connectivityMonitoring1_0 = revised(connectivityMonitoring1_1, '1.0', { without: [11] })

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [
  connectivityMonitoring1_0,
  connectivityMonitoring1_1,
  connectivityMonitoring1_2,
  connectivityMonitoring,
]
