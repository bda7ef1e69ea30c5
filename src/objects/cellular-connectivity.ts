/** Object 10, LwM2M Cellular Connectivity: settings of the cellular modem (the OMA registry). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.1: power saving modes; the Serving PLMN Rate control has moved to Object 11. */
export const cellularConnectivity = {
  id: 10,
  name: 'LwM2M Cellular Connectivity',
  version: '1.1',
  multiple: false,
  mandatory: false,
  resources: {
    0: { name: 'SMSC address', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    1: {
      name: 'Disable radio period',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'integer',
      range: { min: 0, max: 65535 },
    },
    2: { name: 'Module activation code', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    3: { name: 'Vendor specific extensions', operations: 'R', multiple: false, mandatory: false, type: 'objlnk' },
    4: { name: 'PSM Timer', operations: 'RW', multiple: false, mandatory: false, type: 'integer', units: 's' },
    5: { name: 'Active Timer', operations: 'RW', multiple: false, mandatory: false, type: 'integer', units: 's' },
    7: {
      name: 'eDRX parameters for Iu mode',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'opaque',
      range: { min: 0, max: 255 },
    },
    8: {
      name: 'eDRX parameters for WB-S1 mode',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'opaque',
      range: { min: 0, max: 255 },
    },
    9: {
      name: 'eDRX parameters for NB-S1 mode',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'opaque',
      range: { min: 0, max: 255 },
    },
    10: {
      name: 'eDRX parameters for A/Gb mode',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'opaque',
      range: { min: 0, max: 255 },
    },
    11: { name: 'Activated Profile Names', operations: 'R', multiple: true, mandatory: true, type: 'objlnk' },
    12: {
      name: 'Supported Power Saving Modes',
      operations: 'R',
      multiple: false,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 255 },
    },
    13: {
      name: 'Active Power Saving Modes',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 255 },
    },
    14: {
      name: 'Release Assistance Indication Usage',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'unsigned',
      range: { min: 0, max: 255 },
    },
  },
} as const

/** Version 1.0. */
const cellularConnectivity1_0 = revised(cellularConnectivity, '1.0', {
  without: [12, 13, 14],
  resources: {
    6: { name: 'Serving PLMN Rate control', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    7: {
      name: 'eDRX parameters for Iu mode',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'opaque',
      range: { min: 1, max: 1 },
    },
    8: {
      name: 'eDRX parameters for WB-S1 mode',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'opaque',
      range: { min: 1, max: 1 },
    },
    9: {
      name: 'eDRX parameters for NB-S1 mode',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'opaque',
      range: { min: 1, max: 1 },
    },
    10: {
      name: 'eDRX parameters for A/Gb mode',
      operations: 'RW',
      multiple: false,
      mandatory: false,
      type: 'opaque',
      range: { min: 1, max: 1 },
    },
  },
})

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [cellularConnectivity1_0, cellularConnectivity]
