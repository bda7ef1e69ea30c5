/** Execute: POST to a Resource, its arguments as text (LwM2M Core §6.3.5, Transport §6.4.4). */
import { contentFormats } from '../format/format.ts'
import { methods } from '../message/code.ts'
import { noBytes } from '../message/message.ts'
import { options, uintOption } from '../message/option.ts'
import { depth } from '../model/path.ts'
import { bare, codeAlone, type OperationCodec } from './codec.ts'
import type { Execute, ExecuteArguments } from './operation.ts'
import { pathOptions, requestTo } from './place.ts'
import { wrong } from './shape.ts'

export const execute: OperationCodec<Execute> = {
  type: 'execute',
  recognises: ({ method, path }) => method === methods.POST && depth(path!) === 3,
  decode: ({ path, contentFormat, request, query }) => {
    if (query.length > 0) return wrong('4.00', 'an Execute has no query')
    if (contentFormat !== undefined && contentFormat !== contentFormats.text) return wrong('4.15', 'arguments are text')
    if (request.body !== undefined) return wrong('4.13', 'arguments are short')
    const parsed = parseArguments(new TextDecoder().decode(request.payload))
    return parsed === undefined
      ? wrong('4.00', "arguments are a list of digit or digit='text'")
      : { type: 'execute', path: path!, arguments: parsed }
  },
  encode: ({ path, arguments: given }) => {
    const text = formatArguments(given)
    if (parseArguments(text) === undefined)
      return wrong('4.00', 'arguments are digits with printable texts, without a quote or a backslash')
    const format = text === '' ? [] : [uintOption(options.ContentFormat, contentFormats.text)]
    return requestTo(methods.POST, [...pathOptions(path), ...format], text === '' ? noBytes : new TextEncoder().encode(text))
  },
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}

/** The arguments of a text such as `0='http://x',5`; `undefined` when it is none or a digit repeats: printable ASCII without space, `"`, `'` and `\\` (Core §6.3.5). */
export const parseArguments = (text: string): ExecuteArguments | undefined => {
  const parsed: Record<number, string | null> = {}
  const item = /(\d)(?:='([!#-&(-\[\]-~]*)')?(,|$)/y
  for (let at = 0; at < text.length; at = item.lastIndex) {
    item.lastIndex = at
    const match = item.exec(text)
    if (match === null || (match[3] === ',' && item.lastIndex === text.length)) return undefined
    const digit = Number(match[1])
    if (digit in parsed) return undefined
    parsed[digit] = match[2] ?? null
  }
  return parsed
}
/** The text of arguments. */
export const formatArguments = (given: ExecuteArguments): string =>
  Object.entries(given)
    .map(([digit, text]) => (text === null ? digit : `${digit}='${text}'`))
    .join(',')
