/** A store in memory. */
import { defer, EMPTY, of, throwError, type Observable } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import type { Sink, Source, Storage } from '../core/ports.ts'

/** What a store holds, for a look from outside and to start another from. */
export interface Stored {
  readonly values: Map<string, Uint8Array>
  readonly bodies: Map<string, Uint8Array>
  /** Of its database. */
  readonly entries?: Map<string, Uint8Array>
}

/** Holds at most `limitBytes` in all; beyond it a write fails with `too-large` and changes nothing. */
export const memory = (stored: Stored = { values: new Map(), bodies: new Map() }, limitBytes: number = Infinity): Storage => {
  const { values, bodies } = stored
  const held = () => sum(values) + sum(bodies)
  const put = (where: Map<string, Uint8Array>, name: string, bytes: Uint8Array): Observable<never> => {
    if (limitBytes !== Infinity && held() - (where.get(name)?.length ?? 0) + bytes.length > limitBytes)
      return throwError(() => new Lwm2mError('too-large', 'the store is full'))
    where.set(name, bytes)
    return EMPTY
  }
  return {
    read: (name) => defer(() => of(values.get(name)?.slice())),
    write: (name, bytes) => defer(() => put(values, name, bytes.slice())),
    remove: (name) =>
      defer(() => {
        values.delete(name)
        bodies.delete(name)
        return EMPTY
      }),
    sink: (name) => memorySink(bodies, name, (bytes) => put(bodies, name, bytes)),
    source: (name) => defer(() => of(sourceOf(bodies.get(name)))),
  }
}

/** Octets as a source. */
export const bytesSource = (bytes: Uint8Array, etag?: Uint8Array): Source => ({
  size: bytes.length,
  etag,
  read: (offset, count) => defer(() => of(bytes.slice(offset, offset + count))),
})

const sourceOf = (bytes: Uint8Array | undefined): Source | undefined => (bytes === undefined ? undefined : bytesSource(bytes))

/** The octets are copied into a buffer that doubles, so that a body of n octets costs n. */
const memorySink = (bodies: Map<string, Uint8Array>, name: string, put: (bytes: Uint8Array) => Observable<never>): Sink => {
  let open = false
  let buffer = new Uint8Array(0)
  const settle = (): Observable<never> => {
    open = false
    return EMPTY
  }
  return {
    open: (offset) =>
      defer(() => {
        const body = bodies.get(name) ?? new Uint8Array(0)
        if (body.length < offset)
          return throwError(() => new Lwm2mError('sink', `cannot go on at ${offset}: ${body.length} octets are stored`))
        open = true
        buffer = body.slice(0, offset)
        return put(buffer)
      }),
    write: (bytes, offset) =>
      defer(() => {
        if (!open) return throwError(() => new Lwm2mError('sink', 'not open'))
        const size = Math.max(bodies.get(name)?.length ?? 0, offset + bytes.length)
        if (size > buffer.length) buffer = grown(buffer, size)
        buffer.set(bytes, offset)
        return put(buffer.subarray(0, size))
      }),
    close: () => defer(settle),
    abandon: () => defer(settle),
  }
}

const grown = (buffer: Uint8Array, size: number): Uint8Array<ArrayBuffer> => {
  const larger = new Uint8Array(Math.max(size, 2 * buffer.length))
  larger.set(buffer)
  return larger
}
const sum = (map: ReadonlyMap<string, Uint8Array>): number => {
  let total = 0
  for (const bytes of map.values()) total += bytes.length
  return total
}
