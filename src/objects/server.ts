/** Object 1, LwM2M Server: how to behave towards one server (LwM2M Core §E.2). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.2, which opens 13-20 to servers and adds 24-27. */
export const server = {
  id: 1,
  name: 'LwM2M Server',
  version: '1.2',
  multiple: true,
  mandatory: true,
  resources: {
    0: { name: 'Short Server ID', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 1, max: 65534 } },
    1: { name: 'Lifetime', operations: 'RW', multiple: false, mandatory: true, type: 'integer', units: 's', range: { min: 0 } },
    2: {
      name: 'Default Minimum Period',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'integer',
      units: 's',
      range: { min: 0 },
    },
    3: {
      name: 'Default Maximum Period',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'integer',
      units: 's',
      range: { min: 0 },
    },
    4: { name: 'Disable', operations: 'E', multiple: false, mandatory: false },
    5: { name: 'Disable Timeout', operations: 'RW', multiple: false, mandatory: false, type: 'integer', units: 's', range: { min: 0 } },
    6: { name: 'Notification Storing When Disabled or Offline', operations: 'RW', multiple: false, mandatory: true, type: 'boolean' },
    7: { name: 'Binding', operations: 'RW', multiple: false, mandatory: true, type: 'string' },
    8: { name: 'Registration Update Trigger', operations: 'E', multiple: false, mandatory: true },
    9: { name: 'Bootstrap-Request Trigger', operations: 'E', multiple: false, mandatory: false },
    10: { name: 'APN Link', operations: 'RW', multiple: false, mandatory: false, type: 'objlnk' },
    11: { name: 'TLS-DTLS Alert Code', operations: 'R', multiple: false, mandatory: false, type: 'unsigned', range: { min: 0, max: 255 } },
    12: { name: 'Last Bootstrapped', operations: 'R', multiple: false, mandatory: false, type: 'time' },
    13: { name: 'Registration Priority Order', operations: 'R', multiple: false, mandatory: false, type: 'unsigned' },
    14: { name: 'Initial Registration Delay Timer', operations: 'RW', multiple: false, mandatory: false, type: 'unsigned', units: 's' },
    15: { name: 'Registration Failure Block', operations: 'R', multiple: false, mandatory: false, type: 'boolean' },
    16: { name: 'Bootstrap on Registration Failure', operations: 'R', multiple: false, mandatory: false, type: 'boolean' },
    17: { name: 'Communication Retry Count', operations: 'RW', multiple: false, mandatory: false, type: 'unsigned' },
    18: { name: 'Communication Retry Timer', operations: 'RW', multiple: false, mandatory: false, type: 'unsigned', units: 's' },
    19: { name: 'Communication Sequence Delay Timer', operations: 'RW', multiple: false, mandatory: false, type: 'unsigned', units: 's' },
    20: { name: 'Communication Sequence Retry Count', operations: 'RW', multiple: false, mandatory: false, type: 'unsigned' },
    21: { name: 'Trigger', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    22: { name: 'Preferred Transport', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    23: { name: 'Mute Send', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    24: { name: 'Alternate APN Links', operations: 'RW', multiple: true, mandatory: false, type: 'objlnk' },
    25: { name: 'Supported Server Versions', operations: 'RW', multiple: true, mandatory: false, type: 'string' },
    26: {
      name: 'Default Notification Mode',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'integer',
      range: { min: 0, max: 1 },
    },
    27: {
      name: 'Profile ID Hash Algorithm',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 255 },
    },
  },
} as const

/** Version 1.1: retries and Mute Send; 13-20 are bootstrap's alone. */
const server1_1 = revised(server, '1.1', {
  without: [24, 25, 26, 27],
  resources: {
    13: { name: 'Registration Priority Order', operations: '', multiple: false, mandatory: false, type: 'unsigned' },
    14: { name: 'Initial Registration Delay Timer', operations: '', multiple: false, mandatory: false, type: 'unsigned', units: 's' },
    15: { name: 'Registration Failure Block', operations: '', multiple: false, mandatory: false, type: 'boolean' },
    16: { name: 'Bootstrap on Registration Failure', operations: '', multiple: false, mandatory: false, type: 'boolean' },
    17: { name: 'Communication Retry Count', operations: '', multiple: false, mandatory: false, type: 'unsigned' },
    18: { name: 'Communication Retry Timer', operations: '', multiple: false, mandatory: false, type: 'unsigned', units: 's' },
    19: { name: 'Communication Sequence Delay Timer', operations: '', multiple: false, mandatory: false, type: 'unsigned', units: 's' },
    20: { name: 'Communication Sequence Retry Count', operations: '', multiple: false, mandatory: false, type: 'unsigned' },
  },
})
/** Version 1.0. */
const server1_0 = revised(server1_1, '1.0', {
  without: [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
  resources: {
    0: { name: 'Short Server ID', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 1, max: 65535 } },
  },
})

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [server1_0, server1_1, server]
