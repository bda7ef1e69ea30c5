/** Object 21, LwM2M OSCORE: an OSCORE security context (LwM2M Core §E.9; RFC 8613). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 2.0, whose secrets and IDs are octets. Never seen by a server. */
export const oscore = {
  id: 21,
  name: 'LwM2M OSCORE',
  version: '2.0',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'OSCORE Master Secret', operations: '', multiple: false, mandatory: true, type: 'opaque' },
    1: { name: 'OSCORE Sender ID', operations: '', multiple: false, mandatory: true, type: 'opaque' },
    2: { name: 'OSCORE Recipient ID', operations: '', multiple: false, mandatory: true, type: 'opaque' },
    3: { name: 'OSCORE AEAD Algorithm', operations: '', multiple: false, mandatory: false, type: 'integer' },
    4: { name: 'OSCORE HMAC Algorithm', operations: '', multiple: false, mandatory: false, type: 'integer' },
    5: { name: 'OSCORE Master Salt', operations: '', multiple: false, mandatory: false, type: 'opaque' },
    6: { name: 'OSCORE ID Context', operations: '', multiple: false, mandatory: false, type: 'opaque' },
  },
} as const

/** Version 1.1: ID Context; texts, which 2.0 is incompatible with. */
const oscore1_1 = revised(oscore, '1.1', {
  resources: {
    0: { name: 'OSCORE Master Secret', operations: '', multiple: false, mandatory: true, type: 'string' },
    1: { name: 'OSCORE Sender ID', operations: '', multiple: false, mandatory: true, type: 'string' },
    2: { name: 'OSCORE Recipient ID', operations: '', multiple: false, mandatory: true, type: 'string' },
    5: { name: 'OSCORE Master Salt', operations: '', multiple: false, mandatory: false, type: 'string' },
    6: { name: 'OSCORE ID Context', operations: '', multiple: false, mandatory: false, type: 'string' },
  },
})
/** Version 1.0. */
const oscore1_0 = revised(oscore1_1, '1.0', { without: [6] })

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [oscore1_0, oscore1_1, oscore]
