/** Where something is in the data model (LwM2M Core §7.1): /Object/Instance/Resource/Resource Instance. */

/** IDs are 0-65534. Deeper parts are present only if the shallower ones are. The root has none. */
export interface Path {
  readonly object?: number | undefined
  readonly instance?: number | undefined
  readonly resource?: number | undefined
  readonly resourceInstance?: number | undefined
}

/** `/`, `/3`, `/3/0`, `/3/0/11`, `/3/0/11/0`. */
export type PathString = '/' | `/${string}`

/** How deep a path goes: 0 is the root, 1 an Object, 2 an Object Instance, 3 a Resource, 4 a Resource Instance. */
export const depth = ({ object, instance, resource, resourceInstance }: Path): number =>
  object === undefined ? 0 : instance === undefined ? 1 : resource === undefined ? 2 : resourceInstance === undefined ? 3 : 4

export const formatPath = ({ object, instance, resource, resourceInstance }: Path): PathString => {
  if (object === undefined) return '/'
  if (instance === undefined) return `/${object}`
  if (resource === undefined) return `/${object}/${instance}`
  return resourceInstance === undefined ? `/${object}/${instance}/${resource}` : `/${object}/${instance}/${resource}/${resourceInstance}`
}

/** The path of a text; `undefined` when it is none (leading zeros, 65535, more than four parts). */
export const parsePath = (text: string): Path | undefined => {
  if (text === '/' || text === '') return {}
  if (!text.startsWith('/')) return undefined
  return pathOf(text.slice(1).split('/'))
}

/** The path of Uri-Path segments. */
export const pathOf = (segments: readonly string[]): Path | undefined => {
  if (segments.length > 4) return undefined
  const ids: number[] = []
  for (const segment of segments) {
    if (!/^(0|[1-9]\d{0,4})$/.test(segment)) return undefined
    const id = Number(segment)
    if (id > 65534) return undefined
    ids.push(id)
  }
  const [object, instance, resource, resourceInstance] = ids
  return { object, instance, resource, resourceInstance }
}

/** Whether `inner` is `outer` or lies below it. */
export const contains = (outer: Path, inner: Path): boolean =>
  (outer.object === undefined || outer.object === inner.object) &&
  (outer.instance === undefined || outer.instance === inner.instance) &&
  (outer.resource === undefined || outer.resource === inner.resource) &&
  (outer.resourceInstance === undefined || outer.resourceInstance === inner.resourceInstance)
