/** Object 16, Portfolio: who the host of the device is, with proof (the OMA registry). */
import type { ObjectDefinition } from '../model/definition.ts'

/** Version 1.0, the only one. */
export const portfolio = {
  id: 16,
  name: 'Portfolio',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Identity', operations: 'RW', multiple: true, mandatory: true, type: 'string' },
    1: { name: 'GetAuthData', operations: 'E', multiple: false, mandatory: false },
    2: { name: 'AuthData', operations: 'R', multiple: true, mandatory: false, type: 'opaque' },
    3: { name: 'AuthStatus', operations: 'R', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 2 } },
  },
} as const

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [portfolio]
