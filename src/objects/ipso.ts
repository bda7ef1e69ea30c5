/** The IPSO Smart Objects, a line each: which of the reusable Resources they have (the OMA registry, Objects 3200-3350). */
import { assert } from '../core/assert.ts'
import type { ObjectDefinition, ResourceDefinition } from '../model/definition.ts'
import { reusable } from './reusable.ts'

/** By Object ID: the Resources of version 1.0 and, where there is a 1.1, what it adds. */
export const ipsoObjects = {
  3200: { name: 'Digital Input', mandatory: [5500], optional: [5501, 5502, 5503, 5504, 5505, 5750, 5751], added: [5518, 6050] },
  3201: { name: 'Digital Output', mandatory: [5550], optional: [5551, 5750], added: [5518, 6050] },
  3202: { name: 'Analog Input', mandatory: [5600], optional: [5601, 5602, 5603, 5604, 5605, 5750, 5751], added: [5518, 6042, 6049, 6050] },
  3203: { name: 'Analog Output', mandatory: [5650], optional: [5603, 5604, 5750], added: [5518, 6050] },
  3300: {
    name: 'Generic Sensor',
    mandatory: [5700],
    optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5751],
    added: [5518, 6042, 6049, 6050],
  },
  3301: { name: 'Illuminance', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701], added: [5518, 5750, 6042, 6049, 6050] },
  3302: { name: 'Presence', mandatory: [5500], optional: [5501, 5505, 5751, 5903, 5904], added: [5518, 5750, 6042, 6049, 6050] },
  3303: { name: 'Temperature', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701], added: [5518, 5750, 6042, 6049, 6050] },
  3304: { name: 'Humidity', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701], added: [5518, 5750, 6042, 6049, 6050] },
  3305: {
    name: 'Power Measurement',
    mandatory: [5800],
    optional: [5605, 5801, 5802, 5803, 5804, 5805, 5806, 5810, 5811, 5812, 5813, 5814, 5815, 5816, 5820, 5821, 5822],
    added: [5518, 5750, 6042, 6049, 6050],
  },
  3306: { name: 'Actuation', mandatory: [5850], optional: [5750, 5851, 5852, 5853], added: [5518, 6050] },
  3308: { name: 'Set Point', mandatory: [5900], optional: [5701, 5706, 5750], added: [5518, 6050] },
  3310: { name: 'Load Control', mandatory: [5823, 5824, 5825], optional: [5826, 5827, 5828], added: [5518, 5750, 6050] },
  3311: { name: 'Light Control', mandatory: [5850], optional: [5701, 5706, 5750, 5805, 5820, 5851, 5852] },
  3312: { name: 'Power Control', mandatory: [5850], optional: [5750, 5805, 5820, 5851, 5852], added: [5518, 6050] },
  3313: { name: 'Accelerometer', mandatory: [5702], optional: [5603, 5604, 5701, 5703, 5704], added: [5518, 5750, 6042, 6049, 6050] },
  3314: { name: 'Magnetometer', mandatory: [5702], optional: [5701, 5703, 5704, 5705], added: [5518, 5750, 6042, 6049, 6050] },
  3315: { name: 'Barometer', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701], added: [5518, 5750, 6042, 6049, 6050] },
  3316: { name: 'Voltage', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821], added: [5518, 6042, 6049, 6050] },
  3317: { name: 'Current', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821], added: [5518, 6042, 6049, 6050] },
  3318: {
    name: 'Frequency',
    mandatory: [5700],
    optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821],
    added: [5518, 6042, 6049, 6050],
  },
  3319: { name: 'Depth', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821], added: [5518, 6042, 6049, 6050] },
  3320: {
    name: 'Percentage',
    mandatory: [5700],
    optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821],
    added: [5518, 6042, 6049, 6050],
  },
  3321: {
    name: 'Altitude',
    mandatory: [5700],
    optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821],
    added: [5518, 6042, 6049, 6050],
  },
  3322: { name: 'Load', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821], added: [5518, 6042, 6049, 6050] },
  3323: {
    name: 'Pressure',
    mandatory: [5700],
    optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821],
    added: [5518, 6042, 6049, 6050],
  },
  3324: {
    name: 'Loudness',
    mandatory: [5700],
    optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821],
    added: [5518, 6042, 6049, 6050],
  },
  3325: {
    name: 'Concentration',
    mandatory: [5700],
    optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821],
    added: [5518, 6042, 6049, 6050],
  },
  3326: { name: 'Acidity', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821], added: [5518, 6042, 6049, 6050] },
  3327: {
    name: 'Conductivity',
    mandatory: [5700],
    optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821],
    added: [5518, 6042, 6049, 6050],
  },
  3328: { name: 'Power', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821], added: [5518, 6042, 6049, 6050] },
  3329: {
    name: 'Power Factor',
    mandatory: [5700],
    optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821],
    added: [5518, 6042, 6049, 6050],
  },
  3330: {
    name: 'Distance',
    mandatory: [5700],
    optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821],
    added: [5518, 6042, 6049, 6050],
  },
  3331: { name: 'Energy', mandatory: [5700], optional: [5701, 5750, 5822], added: [5518, 6042, 6049, 6050] },
  3332: { name: 'Direction', mandatory: [5705], optional: [5601, 5602, 5605, 5750], added: [5518, 6042, 6049, 6050] },
  3333: { name: 'Time', mandatory: [5506], optional: [5507, 5750], added: [6042, 6049] },
  3334: {
    name: 'Gyrometer',
    mandatory: [5702],
    optional: [5508, 5509, 5510, 5511, 5512, 5513, 5603, 5604, 5605, 5701, 5703, 5704, 5750],
    added: [5518, 6042, 6049, 6050],
  },
  3335: { name: 'Colour', mandatory: [5706], optional: [5701, 5750], added: [5518, 6042, 6049, 6050] },
  3336: { name: 'Location', mandatory: [5514, 5515], optional: [5516, 5517, 5518, 5705, 5750], added: [6042, 6049, 6050] },
  3337: { name: 'Positioner', mandatory: [5536], optional: [5519, 5520, 5537, 5538, 5601, 5602, 5605, 5750], added: [5518, 6050] },
  3338: { name: 'Buzzer', mandatory: [5525, 5850], optional: [5521, 5548, 5750], added: [5518, 6050] },
  3339: { name: 'Audio Clip', mandatory: [5522], optional: [5523, 5524, 5548, 5750] },
  3340: { name: 'Timer', mandatory: [5521], optional: [5501, 5523, 5525, 5526, 5534, 5538, 5543, 5544, 5750, 5850] },
  3341: { name: 'Addressable Text Display', mandatory: [5527], optional: [5528, 5529, 5530, 5531, 5545, 5546, 5548, 5750] },
  3342: { name: 'On/Off switch', mandatory: [5500], optional: [5501, 5750, 5852, 5854], added: [5518, 6050] },
  3343: { name: 'Dimmer', mandatory: [5548], optional: [5750, 5852, 5854] },
  3344: { name: 'Up/Down Control', mandatory: [5532, 5533], optional: [5541, 5542, 5750] },
  3345: { name: 'Multiple Axis Joystick', mandatory: [], optional: [5500, 5501, 5702, 5703, 5704, 5750] },
  3346: { name: 'Rate', mandatory: [5700], optional: [5601, 5602, 5603, 5604, 5605, 5701, 5750, 5821], added: [5518, 6042, 6049, 6050] },
  3347: { name: 'Push button', mandatory: [5500], optional: [5501, 5750], added: [5518, 6050] },
  3348: { name: 'Multi-state Selector', mandatory: [5547], optional: [5750], added: [5518, 6050] },
  3349: { name: 'Bitmap', mandatory: [5910], optional: [5750, 5911, 5912], added: [5518, 6050] },
  3350: { name: 'Stopwatch', mandatory: [5544], optional: [5501, 5750, 5850], added: [5518, 6042, 6049, 6050] },
} as const

type Lines = typeof ipsoObjects
type Reusable = typeof reusable
/** The IDs of the IPSO Objects that come with the engine. */
export type IpsoId = keyof Lines
type First<Id extends IpsoId> = Lines[Id]['mandatory' | 'optional'][number]
type Added<Id extends IpsoId> = Lines[Id] extends { readonly added: readonly (infer Resource extends keyof Reusable)[] } ? Resource : never
/** An IPSO Object as a type: each Resource with the type of its value. */
export interface IpsoDefinition<Id extends IpsoId, Version extends string> extends ObjectDefinition {
  readonly id: Id
  readonly name: Lines[Id]['name']
  readonly version: Version
  readonly multiple: true
  readonly resources: {
    readonly [Resource in Version extends '1.0' ? First<Id> : First<Id> | Added<Id>]: Reusable[Resource] & { readonly mandatory: boolean }
  }
}

/**
 * An IPSO Object: `instances(ipso(3304), { 0: { 5700: humidity$, 5701: '%RH' } })`. Version 1.0 need not be said in Register and every server knows
 * it; 1.1, where there is one, adds a time stamp, data quality and the like.
 */
export const ipso = <const Id extends IpsoId, const Version extends '1.0' | '1.1' = '1.0'>(
  id: Id,
  version?: Version,
): IpsoDefinition<Id, Version> => {
  const line: Line = ipsoObjects[id]
  assert(version !== '1.1' || line.added !== undefined, `${line.name} has no version 1.1`)
  return built(id, line, version ?? '1.0') as IpsoDefinition<Id, Version>
}

interface Line {
  readonly name: string
  readonly mandatory: readonly (keyof Reusable)[]
  readonly optional: readonly (keyof Reusable)[]
  readonly added?: readonly (keyof Reusable)[]
}
const built = (id: number, { name, mandatory, optional, added = [] }: Line, version: string): ObjectDefinition => {
  const resources: Record<number, ResourceDefinition> = {}
  for (const resource of [...optional, ...(version === '1.0' ? [] : added)])
    resources[resource] = { ...reusable[resource], mandatory: false }
  for (const resource of mandatory) resources[resource] = { ...reusable[resource], mandatory: true }
  return { id, name, version, multiple: true, mandatory: false, resources }
}

/** Location with numbers in place of texts, which makes it incompatible with what was before. */
const location2: ObjectDefinition = built(
  3336,
  { name: 'Location', mandatory: [6051, 6052], optional: [5517, 5518, 5705, 5750, 6042, 6049, 6050, 6053] },
  '2.0',
)

/** Every version of every IPSO Object, by ID, then ascending. */
export const versions: readonly ObjectDefinition[] = Object.entries<Line>(ipsoObjects).flatMap(([id, line]) => [
  built(Number(id), line, '1.0'),
  ...(line.added === undefined ? [] : [built(Number(id), line, '1.1')]),
  ...(Number(id) === location2.id ? [location2] : []),
])
