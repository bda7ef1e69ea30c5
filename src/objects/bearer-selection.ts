/** Object 13, LwM2M Bearer Selection: which network to take (the OMA registry). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.1, which bounds signal levels. */
export const bearerSelection = {
  id: 13,
  name: 'LwM2M Bearer Selection',
  version: '1.1',
  multiple: false,
  mandatory: false,
  resources: {
    0: {
      name: 'Preferred Communications Bearer',
      operations: 'RW',
      multiple: true,
      mandatory: false,
      type: 'integer',
      range: { min: 0, max: 100 },
    },
    1: {
      name: 'Acceptable RSSI (GSM)',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'integer',
      range: { min: -110, max: -48 },
    },
    2: {
      name: 'Acceptable RSCP (UMTS)',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'integer',
      range: { min: -120, max: -25 },
    },
    3: {
      name: 'Acceptable RSRP (LTE)',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'integer',
      range: { min: -140, max: -44 },
    },
    4: { name: 'Acceptable RSSI (1xEV-DO)', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    5: { name: 'Cell lock list', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    6: { name: 'Operator list', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    7: { name: 'Operator list mode', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    8: { name: 'List of available PLMNs', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    9: { name: 'Vendor specific extensions', operations: 'R', multiple: false, mandatory: false, type: 'objlnk' },
    10: {
      name: 'Acceptable RSRP (NB-IoT)',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'integer',
      range: { min: -158, max: -44 },
    },
    11: { name: 'Higher Priority PLMN Search Timer', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    12: { name: 'Attach without PDN connection', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
  },
} as const

/** Version 1.0. */
const bearerSelection1_0 = revised(bearerSelection, '1.0', {
  resources: {
    0: {
      name: 'Preferred Communications Bearer',
      operations: 'RW',
      multiple: true,
      mandatory: false,
      type: 'integer',
      range: { min: 0, max: 255 },
    },
    1: { name: 'Acceptable RSSI (GSM)', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    2: { name: 'Acceptable RSCP (UMTS)', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    3: { name: 'Acceptable RSRP (LTE)', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    10: { name: 'Acceptable RSRP (NB-IoT)', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
  },
})

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [bearerSelection1_0, bearerSelection]
