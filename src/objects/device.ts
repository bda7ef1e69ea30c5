/** Object 3, Device: what the device is and how it fares (LwM2M Core §E.4). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.1, the one of LwM2M 1.1: what a client offers when it is not told otherwise. */
export const device = {
  id: 3,
  name: 'Device',
  version: '1.1',
  multiple: false,
  mandatory: true,
  resources: {
    0: { name: 'Manufacturer', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    1: { name: 'Model Number', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    2: { name: 'Serial Number', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    3: { name: 'Firmware Version', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    4: { name: 'Reboot', operations: 'E', multiple: false, mandatory: true },
    5: { name: 'Factory Reset', operations: 'E', multiple: false, mandatory: false },
    6: { name: 'Available Power Sources', operations: 'R', multiple: true, mandatory: false, type: 'integer', range: { min: 0, max: 7 } },
    7: { name: 'Power Source Voltage', operations: 'R', multiple: true, mandatory: false, type: 'integer', units: 'mV' },
    8: { name: 'Power Source Current', operations: 'R', multiple: true, mandatory: false, type: 'integer', units: 'mA' },
    9: {
      name: 'Battery Level',
      operations: 'R',
      multiple: false,
      mandatory: false,
      type: 'integer',
      units: '/100',
      range: { min: 0, max: 100 },
    },
    10: { name: 'Memory Free', operations: 'R', multiple: false, mandatory: false, type: 'integer', units: 'kB' },
    11: { name: 'Error Code', operations: 'R', multiple: true, mandatory: true, type: 'integer', range: { min: 0, max: 8 } },
    12: { name: 'Reset Error Code', operations: 'E', multiple: false, mandatory: false },
    13: { name: 'Current Time', operations: 'RW', multiple: false, mandatory: false, type: 'time' },
    14: { name: 'UTC Offset', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    15: { name: 'Timezone', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    16: { name: 'Supported Binding and Modes', operations: 'R', multiple: false, mandatory: true, type: 'string' },
    17: { name: 'Device Type', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    18: { name: 'Hardware Version', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    19: { name: 'Software Version', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    20: { name: 'Battery Status', operations: 'R', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 6 } },
    21: { name: 'Memory Total', operations: 'R', multiple: false, mandatory: false, type: 'integer', units: 'kB' },
    22: { name: 'ExtDevInfo', operations: 'R', multiple: true, mandatory: false, type: 'objlnk' },
  },
} as const

/** Version 1.0: the same Resources. */
const device1_0 = revised(device, '1.0', {})
/** Version 1.2: error codes up to 32, and an argument to Factory Reset. */
const device1_2 = revised(device, '1.2', {
  resources: { 11: { name: 'Error Code', operations: 'R', multiple: true, mandatory: true, type: 'integer', range: { min: 0, max: 32 } } },
})

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [device1_0, device, device1_2]
