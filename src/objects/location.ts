/** Object 6, Location: where the device is, when it was there and how fast (LwM2M Core §E.7). */
import type { ObjectDefinition } from '../model/definition.ts'

/** Version 1.0, the only one. */
export const location = {
  id: 6,
  name: 'Location',
  version: '1.0',
  multiple: false,
  mandatory: false,
  resources: {
    0: { name: 'Latitude', operations: 'R', multiple: false, mandatory: true, type: 'float', units: 'lat' },
    1: { name: 'Longitude', operations: 'R', multiple: false, mandatory: true, type: 'float', units: 'lon' },
    2: { name: 'Altitude', operations: 'R', multiple: false, mandatory: false, type: 'float', units: 'm' },
    3: { name: 'Radius', operations: 'R', multiple: false, mandatory: false, type: 'float', units: 'm' },
    4: { name: 'Velocity', operations: 'R', multiple: false, mandatory: false, type: 'opaque' },
    5: { name: 'Timestamp', operations: 'R', multiple: false, mandatory: true, type: 'time' },
    6: { name: 'Speed', operations: 'R', multiple: false, mandatory: false, type: 'float', units: 'm/s' },
  },
} as const

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [location]
