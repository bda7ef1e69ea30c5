/** Places with their attributes as CoRE links: `</3>;ver=1.1,</3/0>` (LwM2M Core §6.2.1, §6.3.2; RFC 6690). */
import { formatPath, parsePath } from '../model/path.ts'
import type { Inventory, Listed, Version } from './operation.ts'

/** One link of a list. */
export interface Link {
  readonly target: string
  /** In order; a name without a value has `true`. */
  readonly attributes: Readonly<Record<string, string | number | true>>
}

/** The links of a text; `undefined` when it is none (RFC 6690 §2). */
export const parseLinks = (text: string): readonly Link[] | undefined => {
  const links: Link[] = []
  if (text === '') return links
  const link = /\s*<([^<>]*)>/y
  const attribute = /\s*;\s*([^\s=;,"<>]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/y
  const separator = /\s*(,|$)/y
  for (let at = 0; ; ) {
    link.lastIndex = at
    const target = link.exec(text)?.[1]
    if (target === undefined) return undefined
    at = link.lastIndex
    const attributes: Record<string, string | number | true> = Object.create(null) as Record<string, string | number | true>
    for (;;) {
      attribute.lastIndex = at
      const match = attribute.exec(text)
      if (match === null) break
      at = attribute.lastIndex
      attributes[match[1]!] = match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? true
    }
    links.push({ target, attributes: { ...attributes } })
    separator.lastIndex = at
    const end = separator.exec(text)
    if (end === null) return undefined
    if (end[1] !== ',') return links
    at = separator.lastIndex
  }
}

/** The text of links. Names of which the standards quote the value are quoted, and so is what could not stand bare. */
export const formatLinks = (links: readonly Link[], version: Version = '1.1'): string =>
  links.map(({ target, attributes }) => `<${target}>${Object.entries(attributes).map(([name, value]) => `;${attributeText(name, value, version)}`).join('')}`).join(',')

const attributeText = (name: string, value: string | number | true, version: Version): string => {
  if (value === true) return name
  const text = String(value)
  const quoted = name === 'rt' || name === 'uri' || (name === 'ver' && version === '1.0') || !/^[\w.+-]+$/.test(text)
  return quoted ? `${name}="${text.replace(/["\\]/g, '\\$&')}"` : `${name}=${text}`
}

/** What a client says it has (LwM2M Core §6.2.1). */
export const formatInventory = ({ root, contentFormats, objects }: Inventory, version: Version): string => {
  const base = root === undefined || root === '/' ? '' : root
  const head: Link[] =
    root === undefined && contentFormats === undefined
      ? []
      : [{ target: root ?? '/', attributes: { rt: 'oma.lwm2m', ...(contentFormats === undefined ? {} : { ct: contentFormats.join(' ') }) } }]
  return formatLinks([...head, ...objects.map(({ path, attributes }) => ({ target: base + formatPath(path), attributes }))], version)
}

/** The same read back; `undefined` when it is none. Links to other than Objects and Object Instances are passed over. */
export const parseInventory = (text: string): Inventory | undefined => {
  const links = parseLinks(text)
  if (links === undefined) return undefined
  const head = links.find(({ attributes }) => typeof attributes['rt'] === 'string' && attributes['rt'].split(' ').includes('oma.lwm2m'))
  const base = head === undefined || head.target === '/' ? '' : head.target.replace(/\/$/, '')
  const objects: Listed[] = []
  for (const { target, attributes } of links) {
    if (!target.startsWith(`${base}/`)) continue
    const path = parsePath(target.slice(base.length))
    if (path?.object !== undefined && path.resource === undefined) objects.push({ path, attributes: valued(attributes) })
  }
  const ct = head?.attributes['ct']
  return {
    ...(base === '' ? {} : { root: base }),
    ...(ct === undefined ? {} : { contentFormats: String(ct).split(' ').map(Number).filter(Number.isInteger) }),
    objects,
  }
}

/** What Discover answers (LwM2M Core §6.3.2). */
export const formatListed = (listed: readonly Listed[], version: Version): string =>
  formatLinks(
    listed.map(({ path, attributes }) => ({ target: formatPath(path), attributes })),
    version,
  )
/** The same read back; `undefined` when it is none. */
export const parseListed = (text: string): readonly Listed[] | undefined =>
  parseLinks(text)?.flatMap(({ target, attributes }) => {
    const path = parsePath(target)
    return path === undefined ? [] : [{ path, attributes: valued(attributes) }]
  })

/** Numbers as numbers, but for versions: 1.10 is not 1.1. */
const valued = (attributes: Link['attributes']): Listed['attributes'] =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, value === true ? '' : name !== 'ver' && /^-?\d+(\.\d+)?$/.test(String(value)) ? Number(value) : value]),
  )
