/** `lwm2m-rx decode`: octets of any content format as a tree, as JSON, or in diagnostic notation. */
import { Command, Option } from 'commander'
import { Lwm2mError } from '../core/error.ts'
import { isFault, type Format, type FormatContext, type FormatFault, type Patch } from '../format/format.ts'
import { writeObject, writeString } from '../format/json-write.ts'
import { decodeLinks, type Link } from '../format/link.ts'
import { formatPath, type Path } from '../model/path.ts'
import type { ResourceType } from '../model/value.ts'
import {
  contextOf,
  definitionsWith,
  failure,
  formatNamed,
  isCbor,
  isTextual,
  listOfFormats,
  pathNamed,
  typeNamed,
  type Named,
} from './content-format.ts'
import { diagnose } from './diagnostic.ts'
import { plain } from './escape.ts'
import { leave } from './exit.ts'
import { lines, writeNodes } from './nodes-json.ts'
import { readOctets, type Writing } from './payload.ts'
import { treeOf } from './tree.ts'

interface Flags {
  readonly format: Named
  readonly path: Path
  readonly from?: Writing
  readonly file?: string
  readonly json?: boolean
  readonly diagnostic?: boolean
  readonly paths?: boolean
  readonly type?: ResourceType
  readonly root?: string
  readonly objects?: string
}

/** The command. */
export const decodeCommand = (): Command =>
  new Command('decode')
    .description('Show what octets of a content format say')
    .argument('[octets...]', 'the octets; without, or with `-`: standard input')
    .requiredOption('-f, --format <format>', 'content format: its name or number', formatNamed)
    .option('-p, --path <path>', 'what was asked for; text, opaque, CBOR and TLV do not say it themselves', pathNamed, {})
    .addOption(
      new Option(
        '--from <writing>',
        'how the octets are written (default: hex in an argument, text where the format is text, raw in a file)',
      ).choices(['hex', 'base64', 'text', 'raw']),
    )
    .option('-i, --file <file>', 'read the octets from a file')
    .option('--json', 'JSON instead of a tree')
    .option('--diagnostic', 'CBOR in diagnostic notation (RFC 8949 §8), whatever it means')
    .option('--paths', 'the places that Read-Composite and Observe-Composite ask for')
    .option('-t, --type <type>', 'type of Resources that no Object knows', typeNamed)
    .option('--root <path>', 'alternate path that names begin with: /lwm2m')
    .option('--objects <folder>', 'Objects from XML files')
    .addHelpText('after', examples)
    .action(decode)

const examples = `${listOfFormats}

Examples:
  lwm2m-rx decode -f tlv -p /3/0 c10964                                   a battery level of 100
  lwm2m-rx decode -f 110 '[{"bn":"/3/0/","n":"0","vs":"Acme"}]'           SenML JSON
  lwm2m-rx decode -f senml-cbor 82a3212f00... --json                      as JSON, to be changed and encoded again
  lwm2m-rx decode -f senml-cbor --diagnostic --file payload.bin           the CBOR itself
  lwm2m-rx decode -f senml-etch-json --paths '[{"n":"/3/0/9"}]'           what a FETCH asks for
  lwm2m-rx decode -f link '</1/0>,</3/0>;ver=1.2'                         links of Register and Discover`

const decode = async (words: readonly string[], flags: Flags): Promise<void> => {
  try {
    const { format, file } = flags
    const octets = file !== undefined || words.length === 0 || words[0] === '-' ? undefined : words.join(' ')
    const from = flags.from ?? (octets === undefined ? 'raw' : isTextual(format) ? 'text' : 'hex')
    process.stdout.write(`${said(await readOctets(octets, file, from), flags)}\n`)
  } catch (error) {
    leave(error)
  }
}

const said = (bytes: Uint8Array, flags: Flags): string => {
  const { format, path, root, objects, type, json } = flags
  if (flags.diagnostic === true) return diagnosed(bytes, format)
  if (format === 'link') return saidLinks(decodeLinks(bytes), json)
  const known = definitionsWith(objects)
  const context = contextOf(path, known, { root, fallback: type })
  if (flags.paths === true) return saidPaths(bytes, format, context, json)
  const patch = patchFrom(bytes, format, context)
  if (isFault(patch)) throw failure(patch, format, 'decode')
  if (json === true) return writeNodes(patch, context.typeOf)
  const gone = patch.deleted.map((place) => `${formatPath(place)}: deleted`)
  const all = [...treeOf(patch.nodes, known), ...gone]
  return all.length === 0 ? '(nothing)' : all.join('\n')
}

/** Only SenML-ETCH deletes; elsewhere a patch is its values. */
const patchFrom = (bytes: Uint8Array, format: Format, context: FormatContext): Patch | FormatFault => {
  if (format.decodePatch !== undefined) return format.decodePatch(bytes, context)
  const nodes = format.decode(bytes, context)
  return isFault(nodes) ? nodes : { nodes, deleted: [] }
}

const diagnosed = (bytes: Uint8Array, format: Named): string => {
  if (!isCbor(format)) throw new Lwm2mError('invalid', 'only CBOR has a diagnostic notation', { hint: 'without --diagnostic it is a tree' })
  const notation = diagnose(bytes)
  if (typeof notation === 'string') return notation
  throw new Lwm2mError('malformed', `not CBOR: ${notation.flaw}, at octet ${notation.offsetBytes}`)
}

const saidPaths = (bytes: Uint8Array, format: Format, context: FormatContext, json: boolean | undefined): string => {
  if (format.decodePaths === undefined) throw new Lwm2mError('unsupported', `${format.name} cannot name places alone`)
  const paths = format.decodePaths(bytes, context)
  if (isFault(paths)) throw failure(paths, format, 'decode')
  const all = paths.map((place) => formatPath(place))
  return json === true ? lines(all.map(writeString)) : all.join('\n')
}

const saidLinks = (links: readonly Link[] | FormatFault, json: boolean | undefined): string => {
  if (isFault(links)) throw failure(links, 'link', 'decode')
  return json === true ? lines(links.map(linkJson)) : links.map(linkLine).join('\n')
}
const linkLine = ({ target, attributes }: Link): string =>
  [plain(target), ...attributes.map(([name, value]) => plain(value === undefined ? name : `${name}=${value}`))].join('  ')
const linkJson = ({ target, attributes }: Link): string => {
  const pairs = attributes.map(([name, value]) => [name, value === undefined ? 'true' : writeString(value)] as const)
  return writeObject([
    ['target', writeString(target)],
    ['attributes', writeObject(pairs)],
  ])
}
