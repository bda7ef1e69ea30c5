/** Object 2, LwM2M Access Control: who may do what with an Object Instance (LwM2M Core §E.3). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.1, which bounds the rights. */
export const accessControl = {
  id: 2,
  name: 'LwM2M Access Control',
  version: '1.1',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Object ID', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 1, max: 65534 } },
    1: { name: 'Object Instance ID', operations: 'R', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 65535 } },
    2: { name: 'ACL', operations: 'RW', multiple: true, mandatory: false, type: 'integer', range: { min: 0, max: 31 } },
    3: { name: 'Access Control Owner', operations: 'RW', multiple: false, mandatory: true, type: 'integer', range: { min: 0, max: 65535 } },
  },
} as const

/** Version 1.0: a right is any 16 bits. */
const accessControl1_0 = revised(accessControl, '1.0', {
  resources: { 2: { name: 'ACL', operations: 'RW', multiple: true, mandatory: false, type: 'integer', range: { min: 0, max: 65535 } } },
})

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [accessControl1_0, accessControl]
