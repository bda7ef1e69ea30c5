/** Object 23, LwM2M COSE: a key for messages that are protected as objects (LwM2M Core §E.10; RFC 9052). */
import type { ObjectDefinition } from '../model/definition.ts'

/** Version 1.0, the only one. Never seen by a server. */
export const cose = {
  id: 23,
  name: 'LwM2M COSE',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'KID', operations: '', multiple: false, mandatory: true, type: 'string' },
    1: { name: 'AEAD Algorithm', operations: '', multiple: false, mandatory: true, type: 'integer' },
    2: { name: 'Key', operations: '', multiple: false, mandatory: true, type: 'string' },
  },
} as const

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [cose]
