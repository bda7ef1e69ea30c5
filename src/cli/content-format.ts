/** A content format as a person names it, and the Objects that its values belong to. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { Lwm2mError } from '../core/error.ts'
import { contentFormats, type Format, type FormatContext, type FormatFault } from '../format/format.ts'
import { formatOf, formats } from '../format/formats.ts'
import { definitions, isMultiple, typeOf, type Definitions } from '../model/definition.ts'
import { formatPath, parsePath, type Path } from '../model/path.ts'
import type { ResourceType } from '../model/value.ts'
import { allVersions, registry } from '../objects/registry.ts'
import { parseObjectXml } from '../objects/xml.ts'
import { plain } from './escape.ts'
import { isResourceType, resourceTypes } from './nodes-json.ts'

/** Links are no values, and so no `Format`. */
export type Named = Format | 'link'

/** By name or number. */
export const formatNamed = (said: string): Named => {
  if (said === 'link' || said === String(contentFormats.link)) return 'link'
  const format = formats.find(({ name }) => name === said.toLowerCase()) ?? (/^\d+$/.test(said) ? formatOf(Number(said)) : undefined)
  if (format === undefined) throw new InvalidArgumentError(`formats are ${known.join(', ')}.`)
  return format
}
const known: readonly string[] = [
  ...formats.map(({ name, contentFormat }) => `${name} (${contentFormat})`),
  `link (${contentFormats.link})`,
]

/** For the help of a command. */
export const listOfFormats: string = `\nFormats: ${known.join(', ')};\n1541-1544 for what devices of LwM2M 1.0 call text, TLV, JSON and opaque.`

/** Whether its octets are text. */
export const isTextual = (format: Named): boolean => format === 'link' || format.name === 'text' || format.name.includes('json')
/** Whether its octets are CBOR. */
export const isCbor = (format: Named): boolean => format !== 'link' && format.name.includes('cbor')

/** For commander: a path. */
export const pathNamed = (said: string): Path => {
  const path = parsePath(said.startsWith('/') ? said : `/${said}`)
  if (path === undefined) throw new InvalidArgumentError('a path is /3, /3/0, /3/0/9 or /3/0/11/0.')
  return path
}
/** For commander: a resource type. */
export const typeNamed = (said: string): ResourceType => {
  if (!isResourceType(said)) throw new InvalidArgumentError(`types are ${resourceTypes.join(', ')}.`)
  return said
}

/** The Objects of the engine, and those of a folder of XML files before them. Error: `invalid`. */
export const definitionsWith = (folder: string | undefined): Definitions =>
  folder === undefined ? registry : definitions([...allVersions, ...xmlObjects(folder)])

const xmlObjects = (folder: string) => {
  try {
    const files = readdirSync(folder).filter((name) => /\.xml$/i.test(name))
    return files.flatMap((name) => parseObjectXml(readFileSync(join(folder, name), 'utf8')).definitions)
  } catch (error) {
    throw new Lwm2mError('invalid', `cannot read ${folder}: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`)
  }
}

/** What a format needs to know; types that were said win over those of the Objects, and `fallback` is for what nobody knows. */
export const contextOf = (
  path: Path,
  objects: Definitions,
  {
    root,
    said,
    fallback,
  }: {
    readonly root?: string | undefined
    readonly said?: ReadonlyMap<string, ResourceType>
    readonly fallback?: ResourceType | undefined
  },
): FormatContext => ({
  path,
  typeOf: (place) => said?.get(formatPath(place)) ?? typeOf(objects)(place) ?? fallback,
  isMultiple: isMultiple(objects),
  ...(root === undefined ? {} : { root }),
})

/** A fault as the error that ends the command. */
export const failure = ({ fault, detail }: FormatFault, format: Named, does: 'decode' | 'encode'): Lwm2mError => {
  const name = format === 'link' ? 'link' : format.name
  const words = plain(does === 'decode' ? `not ${name}: ${detail}` : `${name} cannot say that: ${detail}`)
  const code = fault === 'unsupported' ? 'unsupported' : does === 'decode' ? 'malformed' : 'invalid'
  return new Lwm2mError(code, words, fault === 'path' ? { hint: '--path says what was asked for: /3, /3/0, /3/0/9 …' } : {})
}
