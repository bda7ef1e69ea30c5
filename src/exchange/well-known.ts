/** What a CoAP endpoint offers, under its well-known path (RFC 7252 §7.2, RFC 6690 §4). */
import { methods, responses } from '../message/code.ts'
import { noBytes, noOptions } from '../message/message.ts'
import { options, strings, uintOption } from '../message/option.ts'
import type { Request, Response } from './exchange.ts'

/** The answer to a request for `/.well-known/core`, from links as text (RFC 6690 §2); `undefined` for any other request. A query filters (§4.1). */
export const wellKnownCore = (request: Request, links: string): Response | undefined => {
  const path = strings(request.options, options.UriPath)
  if (path.length !== 2 || path[0] !== '.well-known' || path[1] !== 'core') return undefined
  if (request.code !== methods.GET) return { code: responses.MethodNotAllowed, options: noOptions, payload: noBytes }
  const wanted = strings(request.options, options.UriQuery).reduce(
    (some, query) => some.filter((link) => isMeant(link, query)),
    linksOf(links),
  )
  return { code: responses.Content, options: [uintOption(options.ContentFormat, linkFormat)], payload: text.encode(wanted.join(',')) }
}
const linkFormat = 40
const text = new TextEncoder()

/** The links, apart: a comma within `<…>` or `"…"` divides nothing. */
const linksOf = (links: string): readonly string[] => links.match(/(?:<[^>]*>|"(?:[^"\\]|\\.)*"|[^,<"])+/g) ?? []

/** `name=value`; the value may end in `*`, and one of a list in quotes is enough (RFC 6690 §4.1). */
const isMeant = (link: string, query: string): boolean => {
  const equals = query.indexOf('=')
  if (equals < 0) return true
  const name = query.slice(0, equals)
  const wanted = query.slice(equals + 1)
  return valuesOf(link, name).some((value) => (wanted.endsWith('*') ? value.startsWith(wanted.slice(0, -1)) : value === wanted))
}
const valuesOf = (link: string, name: string): readonly string[] => {
  if (name === 'href') return [/<([^>]*)>/.exec(link)?.[1] ?? '']
  const attributes = link.slice(link.indexOf('>') + 1).matchAll(/;\s*([^;=\s]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^;"]*)))?/g)
  return [...attributes]
    .filter(([, key]) => key === name)
    .flatMap(([, , quoted, plain]) => (quoted === undefined ? [plain ?? ''] : quoted.split(' ')))
}
