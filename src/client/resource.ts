/** The ways to feed a Resource, told apart. */
import type { Observable } from 'rxjs'
import type { Value, Values } from '../model/value.ts'
import type { ExecuteFunction, ReadOnDemand, Resource, Writable } from '../operation/object.ts'

/** What a Resource brings: at most one of value and stream, and functions. */
export interface Feed {
  readonly value?: Value | Values
  readonly value$?: Observable<Value | Values>
  readonly read?: ReadOnDemand['read']
  readonly write?: Writable['write']
  readonly execute?: ExecuteFunction
}

export const feedOf = (resource: Resource): Feed => {
  if (typeof resource === 'function') return { execute: resource }
  if (isStream(resource)) return { value$: resource }
  if (isWith<ReadOnDemand>(resource, 'read')) return { read: resource.read }
  if (!isWith<Writable>(resource, 'write')) return { value: resource }
  const { write, value } = resource
  if (value === undefined) return { write }
  return isStream(value) ? { write, value$: value } : { write, value }
}

const isStream = (resource: unknown): resource is Observable<Value | Values> =>
  typeof resource === 'object' && resource !== null && 'subscribe' in resource && typeof resource.subscribe === 'function'
const isWith = <Kind>(resource: unknown, name: string): resource is Kind =>
  typeof resource === 'object' && resource !== null && name in resource && typeof (resource as Record<string, unknown>)[name] === 'function'
