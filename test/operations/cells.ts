/** The requests of the table: every operation at every kind of place under every condition (LwM2M Core §6.3, §6.4; Transport §6.4). */
import type { Method } from '../../src/message/code.ts'
import type { Sent } from './device.ts'

export const operationNames = [
  'Read',
  'Observe',
  'Cancel Observation',
  'Discover',
  'Write (replace)',
  'Write (partial)',
  'Write-Attributes',
  'Execute',
  'Create',
  'Delete',
  'Read-Composite',
  'Observe-Composite',
  'Cancel Observation-Composite',
  'Write-Composite',
] as const
export type OperationName = (typeof operationNames)[number]

/** For a composite: what its body names. */
export const places = ['root', 'object', 'instance', 'resource', 'resource instance', 'fifth segment', 'alternate path'] as const
export type Place = (typeof places)[number]

export const conditions = [
  'plain',
  'absent',
  'not permitted',
  'access denied',
  'wrong type',
  'wrong format',
  'undecodable',
  'trailing octets',
  'unknown option',
  '/0',
  '/21',
] as const
export type Condition = (typeof conditions)[number]

/** The alternate path of the device for places that have one. */
export const root = '/lwm2m'

/** The request of a cell. */
export const requestOf = (operation: OperationName, place: Place, condition: Condition): Sent => {
  const made = composites.has(operation) ? composite(operation, place, condition) : single(operation, place, condition)
  return {
    ...made,
    ...(condition === 'access denied' ? { account: 1 } : {}),
    ...(condition === 'unknown option' ? { more: [{ number: 65_001, value: octets('?') }] } : {}),
  }
}
const octets = (text: string): Uint8Array => new TextEncoder().encode(text)

// ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Kind = 'read' | 'write' | 'execute'
const kindOf = (operation: OperationName): Kind =>
  operation.startsWith('Write (') || operation === 'Write-Composite' || operation === 'Delete'
    ? 'write'
    : operation === 'Execute'
      ? 'execute'
      : 'read'

/** The place in the data model that a cell is about, without the alternate path. */
const pathOf = (kind: Kind, place: Place, condition: Condition, operation: OperationName): string => {
  const forbidden = condition === '/0' || condition === '/21' ? condition : undefined
  const object = forbidden ?? (condition === 'absent' && place === 'object' ? '/3999' : '/3200')
  if (place === 'root') return forbidden ?? '/'
  if (place === 'object' || (operation === 'Create' && place === 'alternate path'))
    return condition === 'absent' ? '/3999' : condition === 'not permitted' ? '/3' : object
  if (place === 'instance' || (operation === 'Delete' && place === 'alternate path'))
    return condition === 'not permitted' ? '/3/0' : `${object}/${condition === 'absent' ? 9 : 0}`
  const multiple = place === 'resource instance' || place === 'fifth segment'
  if (forbidden !== undefined) return `${forbidden}/0${multiple ? '/25/0' : '/0'}${place === 'fifth segment' ? '/0' : ''}`
  const ids = multiple ? { read: 2, write: 2, execute: 4 } : { read: 0, write: 0, execute: 4 }
  const barred = multiple ? { read: 7, write: 6, execute: 2 } : { read: 5, write: 3, execute: 0 }
  const typed = !multiple && condition === 'wrong type' && kind === 'write' ? 1 : undefined
  const resource = condition === 'not permitted' ? barred[kind] : condition === 'absent' && !multiple ? 99 : (typed ?? ids[kind])
  const deep = `${object}/0/${resource}`
  if (!multiple) return deep
  return `${deep}/${condition === 'absent' ? 9 : 0}${place === 'fifth segment' ? '/0' : ''}`
}
const prefixed = (place: Place, path: string): string => (place === 'alternate path' ? `${root}${path}` : path)

// ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A value at or below the place that fits it, or by condition does not, as a record of SenML JSON. */
const recordOf = (place: Place, path: string, condition: Condition): string => {
  const ids = path
    .split('/')
    .slice(1)
    .filter((id) => id !== '')
  const below =
    ids.length >= 3 || !(ids.length in firstValue) ? '' : (firstValue[ids.length]![ids[0] ?? ''] ?? firstValue[ids.length]!['']!)
  const [object, , resource] = `${path === '/' ? '' : path}${below}`.split('/').slice(1)
  const whole = object === '3200' && (resource === '1' || resource === '2')
  const value = whole && condition !== 'wrong type' ? '"v":5' : '"vs":"x"'
  return `{"n":"${prefixed(place, path === '/' ? below : path + below)}",${value}}`
}
/** The value by which an Object or an Object Instance is written: how deep the place is, then its Object. */
const firstValue: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  0: { '': '/3200/0/1' },
  1: { '': '/7/1', 3: '/1/0', 0: '/9/0', 21: '/9/0' },
  2: { '': '/1', 3: '/0', 0: '/0', 21: '/0' },
}
const bodyOf = (records: string, condition: Condition): Uint8Array => {
  if (condition === 'undecodable') return octets('[{"n":')
  return octets(`[${records}]${condition === 'trailing octets' ? 'x' : ''}`)
}
const senmlJson = 110
const unknownFormat = 65_000

// ── operations at a path ─────────────────────────────────────────────────────────────────────────────────────────────────────

const methodsOf: Readonly<Partial<Record<OperationName, Method>>> = {
  'Write (replace)': 'PUT',
  'Write (partial)': 'POST',
  'Write-Attributes': 'PUT',
  Execute: 'POST',
  Create: 'POST',
  Delete: 'DELETE',
}
const single = (operation: OperationName, place: Place, condition: Condition): Sent => {
  const bare = pathOf(kindOf(operation), place, condition, operation)
  const path = prefixed(place, bare)
  const method = methodsOf[operation] ?? 'GET'
  const stray = condition === 'trailing octets' ? { payload: octets('x') } : {}
  switch (operation) {
    case 'Write (replace)':
    case 'Write (partial)':
    case 'Create':
      return {
        method,
        path,
        format: condition === 'wrong format' ? unknownFormat : senmlJson,
        payload: bodyOf(recordOf(place, bare, condition), condition),
      }
    case 'Execute':
      return {
        method,
        path,
        ...(condition === 'wrong format' ? { format: 60 } : {}),
        ...(condition === 'wrong type' ? { payload: octets("x='1'") } : {}),
        ...(condition === 'undecodable' ? { payload: octets("0='") } : {}),
        ...(condition === 'trailing octets' ? { payload: octets('0,') } : {}),
      }
    case 'Write-Attributes': {
      const query = condition === 'wrong type' ? 'edge=1' : condition === 'undecodable' ? 'pmin=x' : 'pmin=1'
      return { method, path, query: [query], ...(condition === 'wrong format' ? { accept: unknownFormat } : {}), ...stray }
    }
    case 'Discover':
      return { method, path, accept: 40, ...(condition === 'undecodable' ? { query: ['depth=9'] } : {}), ...stray }
    case 'Delete':
      return { method, path, ...(condition === 'undecodable' ? { query: ['x'] } : {}), ...stray }
    default:
      return {
        method,
        path,
        ...(operation === 'Observe' ? { observe: 0 } : operation === 'Cancel Observation' ? { observe: 1 } : {}),
        ...(condition === 'wrong format' ? { accept: unknownFormat } : {}),
        ...(condition === 'undecodable' ? { query: ['nonsense=x'] } : {}),
        ...(condition === 'wrong type' ? { accept: 42 } : {}),
        ...stray,
      }
  }
}

// ── composites ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

const composites: ReadonlySet<OperationName> = new Set<OperationName>([
  'Read-Composite',
  'Observe-Composite',
  'Cancel Observation-Composite',
  'Write-Composite',
])
const composite = (operation: OperationName, place: Place, condition: Condition): Sent => {
  const path = pathOf(kindOf(operation), place, condition, operation)
  const writes = operation === 'Write-Composite'
  return {
    method: writes ? 'iPATCH' : 'FETCH',
    path: place === 'alternate path' ? root : '/',
    format: condition === 'wrong format' ? unknownFormat : senmlJson,
    payload: bodyOf(writes ? namedRecord(place, path, condition) : `{"n":"${prefixed(place, path)}"}`, condition),
    ...(operation === 'Observe-Composite' ? { observe: 0 } : operation === 'Cancel Observation-Composite' ? { observe: 1 } : {}),
    ...(!writes && condition === 'wrong type' ? { accept: 0 } : {}),
  }
}
/** A record whose name is the place itself: the root, an Object and an Object Instance have no value. */
const namedRecord = (place: Place, path: string, condition: Condition): string =>
  place === 'root' || place === 'object' || place === 'instance' ? `{"n":"${path}","v":5}` : recordOf(place, path, condition)
