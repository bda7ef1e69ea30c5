/** A small XML document as elements with the lines they stand on; no entities of its own, no document type (XML 1.0 §2, §4). */
import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** What is wrong, and where. An error means that nothing can be made of it; a warning, that it can, and how it was understood. */
export interface Complaint {
  readonly severity: 'error' | 'warning'
  /** From 1. */
  readonly line: number
  readonly what: string
}

/** An element with the elements and the text in it. */
export interface Element {
  readonly name: string
  readonly line: number
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  /** Without the space around it. */
  readonly text: string
}

/** The largest text that is read, in UTF-16 code units; the largest file of the registry has less than a tenth of that. */
export const maxXmlLength = 1_000_000

/** The root element, or why there is none. It never throws, whatever the text. */
export const parseXml = (given: string): Element | Complaint => {
  if (given.length > maxXmlLength) return error(1, `more than ${maxXmlLength} characters are not read`)
  const text = given.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
  const at = documentTypeAt(text)
  if (at !== undefined) return error(lineAt(text)(at), 'a document type (<!DOCTYPE>) is not read: it could define anything')
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is another package that does the same
  const valid = XMLValidator.validate(text)
  if (valid !== true) return error(valid.err.line, valid.err.msg)
  try {
    const roots = elementsIn(parser.parse(text) as readonly Raw[], lineAt(text))
    return roots.length === 1 ? roots[0]! : error(1, `one root element is expected, not ${roots.length}`)
  } catch (cause) {
    return error(1, cause instanceof Error ? cause.message : String(cause))
  }
}
const error = (line: number, what: string): Complaint => ({ severity: 'error', line, what })

const parser = new XMLParser({
  preserveOrder: true,
  captureMetaData: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: '#cdata',
  htmlEntities: true,
  maxNestedTags: 20,
})

/** Where a document type begins, outside comments and character data. */
const documentTypeAt = (text: string): number | undefined => {
  let at = 0
  for (;;) {
    at = text.indexOf('<!', at)
    if (at < 0) return undefined
    const end = text.startsWith('<!--', at) ? '-->' : text.startsWith('<![CDATA[', at) ? ']]>' : undefined
    if (end === undefined) return at
    at = text.indexOf(end, at + 4)
    if (at < 0) return undefined
  }
}

/** The line of a position; positions may only ascend. */
const lineAt = (text: string): ((at: number) => number) => {
  let [line, seen] = [1, 0]
  return (at) => {
    for (; seen < at && seen < text.length; seen++) if (text.charCodeAt(seen) === 10) line++
    return line
  }
}

type Raw = Readonly<Record<string, unknown>> & { readonly [meta]?: { readonly startIndex?: number } }
const meta: unique symbol = XMLParser.getMetaDataSymbol() as never
const elementsIn = (raw: readonly Raw[], line: (at: number) => number): readonly Element[] =>
  raw.flatMap((one) => {
    const name = Object.keys(one).find((key) => key !== ':@')
    if (name === undefined || name.startsWith('#')) return []
    const inner = one[name] as readonly Raw[]
    const stands = line(one[meta]?.startIndex ?? 0)
    return [
      {
        name,
        line: stands,
        attributes: (one[':@'] as Readonly<Record<string, string>> | undefined) ?? {},
        children: elementsIn(inner, line),
        text: textIn(inner).trim(),
      },
    ]
  })
const textIn = (raw: readonly Raw[]): string =>
  raw.map((one) => ('#text' in one ? String(one['#text']) : '#cdata' in one ? textIn(one['#cdata'] as readonly Raw[]) : '')).join('')
