/** CoRE link format: what there is, and what is said about it (RFC 6690; in Register, Discover and /.well-known/core). */
import { contentFormats, fault, type FormatFault } from './format.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** The Content-Format of links; they are no values of Resources, so this is no `Format`. */
export const linkFormat: number = contentFormats.link

/** What is said about a link, in order; without a value it is a flag. */
export type LinkAttribute = readonly [name: string, value?: string]

/** One link: `</3/0>;ver=1.1`. */
export interface Link {
  /** A URI reference, as it stands between the angle brackets. */
  readonly target: string
  readonly attributes: readonly LinkAttribute[]
}

/** The value of a link's attribute: the first of that name; a flag is ''. */
export const attributeOf = ({ attributes }: Link, name: string): string | undefined => {
  const found = attributes.find(([each]) => each === name)
  return found === undefined ? undefined : (found[1] ?? '')
}

/** The links of a payload. Strict: everything must be used up, nothing may be left out. */
export const decodeLinks = (bytes: Uint8Array): readonly Link[] | FormatFault => {
  const written = decodeUtf8(bytes)
  return written === undefined ? fault('malformed', 'not UTF-8') : parseLinks(written)
}
export const encodeLinks = (links: readonly Link[]): Uint8Array => encodeUtf8(formatLinks(links))

/** The links of a text; the empty text has none. */
export const parseLinks = (written: string): readonly Link[] | FormatFault => {
  const links: Link[] = []
  let at = 0
  while (at < written.length) {
    if (links.length > 0 && written[at++] !== ',') return fault('malformed', `a comma is missing at ${at - 1}`)
    const target = match(targetPattern, written, at)
    if (target === undefined) return fault('malformed', `no link at ${at}`)
    at += target[0].length
    const attributes: LinkAttribute[] = []
    while (written[at] === ';') {
      const attribute = match(attributePattern, written, at)
      if (attribute === undefined) return fault('malformed', `no attribute at ${at}`)
      at += attribute[0].length
      attributes.push(attributeFrom(attribute))
    }
    links.push({ target: target[1]!, attributes })
  }
  return links
}

/** The text of links. */
export const formatLinks = (links: readonly Link[]): string => links.map(formatLink).join(',')

const formatLink = ({ target, attributes }: Link) => `<${target}>${attributes.map(formatAttribute).join('')}`
const formatAttribute = ([name, value]: LinkAttribute) =>
  value === undefined
    ? `;${name}`
    : !quoted.has(name) && tokenPattern.test(value)
      ? `;${name}=${value}`
      : `;${name}="${value.replace(/["\\]/g, '\\$&')}"`

/** These are quoted even where they need not be: not every parser takes them bare. */
const quoted: ReadonlySet<string> = new Set(['rt', 'if', 'rel', 'title', 'anchor'])

const targetPattern = /<([^<>"\s]*)>/y
const tokenCharacters = "[!#$%&'()*+\\-./0-9:<=>?@A-Z[\\]^_`a-z{|}~]"
const tokenPattern = new RegExp(`^${tokenCharacters}+$`)
const attributePattern = new RegExp(`;([!#$&+\\-.^_\`|~0-9A-Za-z]+\\*?)(?:=(?:"((?:[^"\\\\]|\\\\[^])*)"|(${tokenCharacters}+)))?`, 'y')

const match = (pattern: RegExp, written: string, at: number): RegExpExecArray | undefined => {
  pattern.lastIndex = at
  return pattern.exec(written) ?? undefined
}
const attributeFrom = ([, name, quotedValue, token]: RegExpExecArray): LinkAttribute => {
  const value = quotedValue?.replace(/\\([^])/g, '$1') ?? token
  return value === undefined ? [name!] : [name!, value]
}
