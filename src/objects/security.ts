/** Object 0, LwM2M Security: the keys to one server (LwM2M Core §E.1). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.2: TLS tuning, MQTT, COSE and Reliable Data Service. Never seen by a server: its operations are bootstrap's. */
export const security = {
  id: 0,
  name: 'LwM2M Security',
  version: '1.2',
  multiple: true,
  mandatory: true,
  resources: {
    0: { name: 'LwM2M Server URI', operations: '', multiple: false, mandatory: true, type: 'string', range: { min: 0, max: 255 } },
    1: { name: 'Bootstrap-Server', operations: '', multiple: false, mandatory: true, type: 'boolean' },
    2: { name: 'Security Mode', operations: '', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 4 } },
    3: { name: 'Public Key or Identity', operations: '', multiple: false, mandatory: true, type: 'opaque' },
    4: { name: 'Server Public Key', operations: '', multiple: false, mandatory: true, type: 'opaque' },
    5: { name: 'Secret Key', operations: '', multiple: false, mandatory: true, type: 'opaque' },
    6: { name: 'SMS Security Mode', operations: '', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 255 } },
    7: { name: 'SMS Binding Key Parameters', operations: '', multiple: false, mandatory: false, type: 'opaque', range: { oneOf: [6] } },
    8: {
      name: 'SMS Binding Secret Key(s)',
      operations: '',
      multiple: false,
      mandatory: false,
      type: 'opaque',
      range: { oneOf: [16, 32, 48] },
    },
    9: { name: 'LwM2M Server SMS Number', operations: '', multiple: false, mandatory: false, type: 'string' },
    10: { name: 'Short Server ID', operations: '', multiple: false, mandatory: false, type: 'integer', range: { min: 1, max: 65534 } },
    11: { name: 'Client Hold Off Time', operations: '', multiple: false, mandatory: false, type: 'integer', units: 's', range: { min: 0 } },
    12: {
      name: 'Bootstrap-Server Account Timeout',
      operations: '',
      multiple: false,
      mandatory: false,
      type: 'integer',
      units: 's',
      range: { min: 0 },
    },
    13: { name: 'Matching Type', operations: '', multiple: false, mandatory: false, type: 'unsigned', range: { min: 0, max: 3 } },
    14: { name: 'SNI', operations: '', multiple: false, mandatory: false, type: 'string' },
    15: { name: 'Certificate Usage', operations: '', multiple: false, mandatory: false, type: 'unsigned', range: { min: 0, max: 3 } },
    16: { name: 'DTLS/TLS Ciphersuite', operations: '', multiple: true, mandatory: false, type: 'unsigned' },
    17: { name: 'OSCORE Security Mode', operations: '', multiple: false, mandatory: false, type: 'objlnk' },
    18: {
      name: 'Groups To Use by Client',
      operations: '',
      multiple: true,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 65535 },
    },
    19: {
      name: 'Signature Algorithms Supported by Server',
      operations: '',
      multiple: true,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 65535 },
    },
    20: {
      name: 'Signature Algorithms To Use by Client',
      operations: '',
      multiple: true,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 65535 },
    },
    21: {
      name: 'Signature Algorithm Certs Supported by Server',
      operations: '',
      multiple: true,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 65535 },
    },
    22: {
      name: 'TLS 1.3 Features To Use by Client',
      operations: '',
      multiple: false,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 65535 },
    },
    23: {
      name: 'TLS Extensions Supported by Server',
      operations: '',
      multiple: false,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 65535 },
    },
    24: {
      name: 'TLS Extensions To Use by Client',
      operations: '',
      multiple: false,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 65535 },
    },
    25: {
      name: 'Secondary LwM2M Server URI',
      operations: '',
      multiple: true,
      mandatory: false,
      type: 'string',
      range: { min: 0, max: 255 },
    },
    26: { name: 'MQTT Server', operations: '', multiple: false, mandatory: false, type: 'objlnk' },
    27: { name: 'LwM2M COSE Security', operations: '', multiple: true, mandatory: false, type: 'objlnk' },
    28: { name: 'RDS Destination Port', operations: '', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 15 } },
    29: { name: 'RDS Source Port', operations: '', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 15 } },
    30: { name: 'RDS Application ID', operations: '', multiple: false, mandatory: false, type: 'string' },
  },
} as const

/** Version 1.1: matching of certificates, SNI, ciphersuites and OSCORE. */
const security1_1 = revised(security, '1.1', { without: [18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30] })
/** Version 1.0. */
const security1_0 = revised(security1_1, '1.0', { without: [13, 14, 15, 16, 17] })

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [security1_0, security1_1, security]
