/** Places with their attributes as CoRE links: `</3>;ver=1.1,</3/0>` (LwM2M Core §6.2.1, §6.3.2; RFC 6690). */
import { attributeOf, decodeLinks, formatLinks, type Link } from '../format/link.ts'
import { formatPath, parsePath } from '../model/path.ts'
import type { Inventory, Listed, Version } from './operation.ts'

const text = new TextEncoder()
const linksText = (links: readonly Link[], version: Version): Uint8Array => {
  const written = formatLinks(links)
  // The examples of 1.0 quote the version, those of 1.1 do not.
  return text.encode(version === '1.0' ? written.replace(/;ver=([\w.]+)/g, ';ver="$1"') : written)
}
const attributesOf = (attributes: Listed['attributes']): Link['attributes'] =>
  Object.entries(attributes).map(([name, value]) => (value === '' ? [name] : [name, String(value)]))

/** What a client says it has (LwM2M Core §6.2.1). */
export const encodeInventory = ({ root, contentFormats, objects }: Inventory, version: Version): Uint8Array => {
  const base = root === undefined || root === '/' ? '' : root
  const formats: Link['attributes'] = contentFormats === undefined ? [] : [['ct', contentFormats.join(' ')]]
  const head: readonly Link[] =
    root === undefined && contentFormats === undefined ? [] : [{ target: root ?? '/', attributes: [['rt', 'oma.lwm2m'], ...formats] }]
  return linksText(
    [...head, ...objects.map(({ path, attributes }) => ({ target: base + formatPath(path), attributes: attributesOf(attributes) }))],
    version,
  )
}

/** The same read back; `undefined` when it is none. Links to other than Objects and Object Instances are passed over. */
export const decodeInventory = (bytes: Uint8Array): Inventory | undefined => {
  const links = decodeLinks(bytes)
  if ('fault' in links) return undefined
  const head = links.find((link) => attributeOf(link, 'rt')?.split(' ').includes('oma.lwm2m') === true)
  const base = head === undefined ? '' : head.target.replace(/\/$/, '')
  const ct = head === undefined ? undefined : attributeOf(head, 'ct')
  return {
    ...(base === '' ? {} : { root: base }),
    ...(ct === undefined ? {} : { contentFormats: ct.split(' ').map(Number).filter(Number.isInteger) }),
    objects: listedOf(links, base).filter(({ path }) => path.object !== undefined && path.resource === undefined),
  }
}

/** What Discover answers (LwM2M Core §6.3.2). */
export const encodeListed = (listed: readonly Listed[], version: Version): Uint8Array =>
  linksText(
    listed.map(({ path, attributes }) => ({ target: formatPath(path), attributes: attributesOf(attributes) })),
    version,
  )
/** The same read back; `undefined` when it is none. Some clients repeat their alternate path in each link. */
export const decodeListed = (bytes: Uint8Array, root = ''): readonly Listed[] | undefined => {
  const links = decodeLinks(bytes)
  if ('fault' in links) return undefined
  const rooted = root !== '' && links.some(({ target }) => target.startsWith(`${root}/`))
  return listedOf(links, rooted ? root : '')
}

const listedOf = (links: readonly Link[], base: string): readonly Listed[] =>
  links.flatMap(({ target, attributes }) => {
    const path = target.startsWith(`${base}/`) ? parsePath(target.slice(base.length)) : undefined
    return path === undefined
      ? []
      : [{ path, attributes: Object.fromEntries(attributes.map(([name, value]) => [name, valued(name, value)])) }]
  })
/** Numbers as numbers, but for versions: 1.10 is not 1.1. */
const valued = (name: string, value: string | undefined): string | number =>
  value === undefined ? '' : name !== 'ver' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value
