/** CoAP as a person reads it: codes with names, options with values, payloads as text where they are. */
import type { Code } from '../message/code.ts'
import { methods, responses } from '../message/code.ts'
import type { Message } from '../message/message.ts'
import { definitionOf, uintOf, type Option } from '../message/option.ts'

const names = new Map<string, string>([
  ...Object.entries(methods).map(([name, code]): [string, string] => [code, name]),
  ...Object.entries(responses).map(([name, code]): [string, string] => [code, name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ')]),
])

/** `2.05 Content`. */
export const showCode = (code: Code): string =>
  names.has(code) ? (code.startsWith('0') ? names.get(code)! : `${code} ${names.get(code)!}`) : code

/** The value as its format says: a number, a text, or octets in hex; Block options as num/more/size. */
export const showOption = ({ number, value }: Option): string => {
  const definition = definitionOf(number)
  const name = definition?.name ?? String(number)
  if (number === 23 || number === 27) {
    const block = uintOf(value)
    return `${name}:${Math.floor(block / 16)}/${(block >> 3) & 1}/${16 << (block & 7)}`
  }
  switch (definition?.format) {
    case 'uint':
      return `${name}:${uintOf(value)}`
    case 'string':
      return `${name}:${Buffer.from(value).toString()}`
    case 'empty':
      return name
    default:
      return `${name}:0x${Buffer.from(value).toString('hex')}`
  }
}

/** One line for one message. */
export const showMessage = ({ type, messageId, code, token, options, payload }: Message): string =>
  [
    type,
    code === '0.00' ? 'Empty' : showCode(code),
    `MID:${messageId}`,
    ...(token === '' ? [] : [`T:${token}`]),
    ...options.map(showOption),
    ...(payload.length === 0 ? [] : [`${payload.length} B`]),
  ].join(' ')

/** The payload as text, if it is UTF-8 without control characters. */
export const asText = (payload: Uint8Array): string | undefined => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload)

    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

/** For `--json`: text where it is, else base64. */
export const asJson = (payload: Uint8Array): { readonly text: string } | { readonly base64: string } => {
  const text = asText(payload)
  return text === undefined ? { base64: Buffer.from(payload).toString('base64') } : { text }
}
