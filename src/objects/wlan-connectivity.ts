/** Object 12, WLAN Connectivity: one wireless interface (the OMA registry). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.1, which says lengths plainly. */
export const wlanConnectivity = {
  id: 12,
  name: 'WLAN Connectivity',
  version: '1.1',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Interface name', operations: 'RW', multiple: false, mandatory: true, type: 'string' },
    1: { name: 'Enable', operations: 'RW', multiple: false, mandatory: true, type: 'boolean' },
    2: { name: 'Radio Enabled', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    3: { name: 'Status', operations: 'R', multiple: false, mandatory: true, type: 'integer' },
    4: { name: 'BSSID', operations: 'R', multiple: false, mandatory: true, type: 'string', range: { oneOf: [12] } },
    5: { name: 'SSID', operations: 'RW', multiple: false, mandatory: true, type: 'string', range: { min: 1, max: 32 } },
    6: { name: 'Broadcast SSID', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    7: { name: 'Beacon Enabled', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    8: { name: 'Mode', operations: 'RW', multiple: false, mandatory: true, type: 'integer' },
    9: { name: 'Channel', operations: 'RW', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 255 } },
    10: { name: 'Auto Channel', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    11: { name: 'Supported Channels', operations: 'RW', multiple: true, mandatory: false, type: 'integer' },
    12: { name: 'Channels In Use', operations: 'RW', multiple: true, mandatory: false, type: 'integer' },
    13: { name: 'Regulatory Domain', operations: 'RW', multiple: false, mandatory: false, type: 'string', range: { oneOf: [3] } },
    14: { name: 'Standard', operations: 'RW', multiple: false, mandatory: true, type: 'integer' },
    15: { name: 'Authentication Mode', operations: 'RW', multiple: false, mandatory: true, type: 'integer' },
    16: { name: 'Encryption Mode', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    17: { name: 'WPA Pre Shared Key', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { oneOf: [64] } },
    18: { name: 'WPA Key Phrase', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { min: 1, max: 64 } },
    19: { name: 'WEP Encryption Type', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    20: { name: 'WEP Key Index', operations: 'RW', multiple: false, mandatory: false, type: 'integer', range: { min: 1, max: 4 } },
    21: { name: 'WEP Key Phrase', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { min: 1, max: 64 } },
    22: { name: 'WEP Key 1', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { oneOf: [10, 26] } },
    23: { name: 'WEP Key 2', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { oneOf: [10, 26] } },
    24: { name: 'WEP Key 3', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { oneOf: [10, 26] } },
    25: { name: 'WEP Key 4', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { oneOf: [10, 26] } },
    26: { name: 'RADIUS Server', operations: 'RW', multiple: false, mandatory: false, type: 'string', range: { min: 1, max: 256 } },
    27: { name: 'RADIUS Server Port', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    28: { name: 'RADIUS Secret', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { min: 1, max: 256 } },
    29: { name: 'WMM Supported', operations: 'R', multiple: false, mandatory: false, type: 'boolean' },
    30: { name: 'WMM Enabled', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    31: { name: 'MAC Control Enabled', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    32: { name: 'MAC Address List', operations: 'RW', multiple: true, mandatory: false, type: 'string', range: { oneOf: [12] } },
    33: { name: 'Total Bytes Sent', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    34: { name: 'Total Bytes Received', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    35: { name: 'Total Packets Sent', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    36: { name: 'Total Packets Received', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    37: { name: 'Transmit Errors', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    38: { name: 'Receive Errors', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    39: { name: 'Unicast Packets Sent', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    40: { name: 'Unicast Packets Received', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    41: { name: 'Multicast Packets Sent', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    42: { name: 'Multicast Packets Received', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    43: { name: 'Broadcast Packets Sent', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    44: { name: 'Broadcast Packets Received', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    45: { name: 'Discard Packets Sent', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    46: { name: 'Discard Packets Received', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    47: { name: 'Unknown Packets Received', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    48: { name: 'Vendor specific extensions', operations: 'R', multiple: false, mandatory: false, type: 'objlnk' },
  },
} as const

/** Version 1.0: other lengths of WEP keys. */
const wlanConnectivity1_0 = revised(wlanConnectivity, '1.0', {
  resources: {
    22: { name: 'WEP Key 1', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { oneOf: [0, 26] } },
    23: { name: 'WEP Key 2', operations: 'W', multiple: false, mandatory: false, type: 'string', range: { oneOf: [0, 26] } },
  },
})

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [wlanConnectivity1_0, wlanConnectivity]
