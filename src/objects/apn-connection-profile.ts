/** Object 11, LwM2M APN Connection Profile: one access point and its connections (the OMA registry). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.1: rate control for exception data, RAT types, Reliable Data Service. */
export const apnConnectionProfile = {
  id: 11,
  name: 'LwM2M APN Connection Profile',
  version: '1.1',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Profile name', operations: 'RW', multiple: false, mandatory: true, type: 'string' },
    1: { name: 'APN', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    2: { name: 'Auto select APN by device', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    3: { name: 'Enable status', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    4: { name: 'Authentication Type', operations: 'RW', multiple: false, mandatory: true, type: 'integer' },
    5: { name: 'User Name', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    6: { name: 'Secret', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    7: { name: 'Reconnect Schedule', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    8: { name: 'Validity (MCC, MNC)', operations: 'RW', multiple: true, mandatory: false, type: 'string' },
    9: { name: 'Connection establishment time', operations: 'R', multiple: true, mandatory: false, type: 'time' },
    10: { name: 'Connection establishment result', operations: 'R', multiple: true, mandatory: false, type: 'integer' },
    11: {
      name: 'Connection establishment reject cause',
      operations: 'R',
      multiple: true,
      mandatory: false,
      type: 'integer',
      range: { min: 0, max: 111 },
    },
    12: { name: 'Connection end time', operations: 'R', multiple: true, mandatory: false, type: 'time' },
    13: { name: 'TotalBytesSent', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    14: { name: 'TotalBytesReceived', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    15: { name: 'IP address', operations: 'RW', multiple: true, mandatory: false, type: 'string' },
    16: { name: 'Prefix length', operations: 'RW', multiple: true, mandatory: false, type: 'string' },
    17: { name: 'Subnet mask', operations: 'RW', multiple: true, mandatory: false, type: 'string' },
    18: { name: 'Gateway', operations: 'RW', multiple: true, mandatory: false, type: 'string' },
    19: { name: 'Primary DNS address', operations: 'RW', multiple: true, mandatory: false, type: 'string' },
    20: { name: 'Secondary DNS address', operations: 'RW', multiple: true, mandatory: false, type: 'string' },
    21: { name: 'QCI', operations: 'R', multiple: false, mandatory: false, type: 'integer', range: { min: 1, max: 9 } },
    22: { name: 'Vendor specific extensions', operations: 'R', multiple: false, mandatory: false, type: 'objlnk' },
    23: { name: 'TotalPacketsSent', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    24: { name: 'PDN Type', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    25: { name: 'APN Rate Control', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    26: { name: 'Serving PLMN Rate control', operations: 'RW', multiple: false, mandatory: false, type: 'unsigned' },
    27: { name: 'Uplink Time Unit', operations: 'RW', multiple: false, mandatory: false, type: 'unsigned', range: { min: 0, max: 4 } },
    28: { name: 'APN Rate Control for Exception Data', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    29: {
      name: 'APN Exception Data Uplink Time Unit',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 4 },
    },
    30: { name: 'Supported RAT Types', operations: 'RW', multiple: true, mandatory: false, type: 'unsigned' },
    31: { name: 'RDS Application ID', operations: 'RW', multiple: true, mandatory: false, type: 'string' },
    32: { name: 'RDS Destination Port', operations: 'RW', multiple: true, mandatory: false, type: 'integer', range: { min: 0, max: 15 } },
    33: { name: 'RDS Source Port', operations: 'RW', multiple: true, mandatory: false, type: 'integer', range: { min: 0, max: 15 } },
  },
} as const

/** Version 1.0. */
const apnConnectionProfile1_0 = revised(apnConnectionProfile, '1.0', { without: [26, 27, 28, 29, 30, 31, 32, 33] })

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [apnConnectionProfile1_0, apnConnectionProfile]
