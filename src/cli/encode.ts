/** `lwm2m-rx encode`: values as the octets of any content format. */
import { Command, Option } from 'commander'
import { Lwm2mError } from '../core/error.ts'
import { isFault, type Format, type FormatContext, type FormatFault, type Node } from '../format/format.ts'
import { encodeLinks, parseLinks, type Link } from '../format/link.ts'
import type { Definitions } from '../model/definition.ts'
import { contains, depth, formatPath, parsePath, type Path } from '../model/path.ts'
import type { ResourceType, Value } from '../model/value.ts'
import {
  contextOf,
  definitionsWith,
  failure,
  formatNamed,
  isCbor,
  isTextual,
  listOfFormats,
  pathNamed,
  type Named,
} from './content-format.ts'
import { diagnose } from './diagnostic.ts'
import { leave } from './exit.ts'
import { isResourceType, readNodes, resourceTypes, type Given } from './nodes-json.ts'
import { readOctets, writeOctets } from './payload.ts'
import { readTyped } from './values.ts'

type Output = 'hex' | 'base64' | 'text' | 'raw' | 'diagnostic'
interface Flags {
  readonly format: Named
  readonly path?: Path
  readonly to?: Output
  readonly file?: string
  readonly delete: readonly Path[]
  readonly root?: string
  readonly objects?: string
}

/** The command. */
export const encodeCommand = (): Command =>
  new Command('encode')
    .description('Write values in a content format')
    .argument(
      '[values...]',
      'path[:type][@time]=value, paths alone, links, or JSON as `decode --json` writes it; none, or `-`: JSON from standard input',
    )
    .requiredOption('-f, --format <format>', 'content format: its name or number', formatNamed)
    .option('-p, --path <path>', 'what was asked for (default: what all values share)', pathNamed)
    .addOption(
      new Option('--to <writing>', 'how the octets are written (default: hex, text where the format is text)').choices([
        'hex',
        'base64',
        'text',
        'raw',
        'diagnostic',
      ]),
    )
    .option('-i, --file <file>', 'read JSON from a file')
    .option(
      '-d, --delete <path>',
      'a Resource Instance to delete (SenML-ETCH); may be repeated',
      (said, all: Path[]) => [...all, pathNamed(said)],
      [],
    )
    .option('--root <path>', 'alternate path for names to begin with: /lwm2m')
    .option('--objects <folder>', 'Objects from XML files')
    .addHelpText('after', examples)
    .action(encode)

const examples = `${listOfFormats}

Examples:
  lwm2m-rx encode -f tlv /3/0/9=100                                       c10964
  lwm2m-rx encode -f senml-json /3/0/0=Acme /3/0/9=100
  lwm2m-rx encode -f senml-cbor --to diagnostic /3303/0/5700@1700000000=20.5 /3303/0/5700@1700000060=21
  lwm2m-rx encode -f text /32769/0/1:opaque=0xdeadbeef                    a type that no Object knows
  lwm2m-rx encode -f senml-etch-cbor /3/0/9 /3/0/13                       what a FETCH asks for
  lwm2m-rx encode -f senml-etch-json /3/0/14=+01:00 --delete /3/0/6/1     what an iPATCH changes
  lwm2m-rx decode -f tlv -p /3/0 c10964 --json | lwm2m-rx encode -f lwm2m-cbor
  lwm2m-rx encode -f link '</1/0>' '</3/0>;ver=1.2'`

const encode = async (values: readonly string[], flags: Flags): Promise<void> => {
  try {
    const { format, to = isTextual(format) ? 'text' : 'hex' } = flags
    const bytes = format === 'link' ? linksFrom(values) : octetsFrom(await givenBy(values, flags), format, flags)
    process.stdout.write(to === 'raw' ? bytes : `${to === 'diagnostic' ? notationOf(bytes, format) : writeOctets(bytes, to)}\n`)
  } catch (error) {
    leave(error)
  }
}

const octetsFrom = (given: Given, format: Format, flags: Flags): Uint8Array => {
  const path = flags.path ?? sharedBy([...given.nodes.map((node) => node.path), ...given.deleted, ...given.paths])
  const context = contextOf(path, definitionsWith(flags.objects), { root: flags.root, said: given.types })
  const bytes = encodeGiven({ ...given, nodes: grouped(given.nodes) }, format, context)
  if (isFault(bytes)) throw failure(bytes, format, 'encode')
  return bytes
}
const encodeGiven = (given: Given, format: Format, context: FormatContext): Uint8Array | FormatFault => {
  const { nodes, deleted, paths } = given
  if (paths.length > 0) {
    if (nodes.length + deleted.length > 0) throw new Lwm2mError('invalid', `${formatPath(paths[0]!)} has no value, though others have`)
    if (format.encodePaths === undefined) throw new Lwm2mError('unsupported', `${format.name} cannot name places alone: give them values`)
    return format.encodePaths(paths, { ...context, path: {} })
  }
  if (deleted.length === 0) return format.encode(nodes, context)
  if (format.encodePatch === undefined) throw new Lwm2mError('unsupported', `${format.name} deletes nothing`)
  return format.encodePatch({ nodes, deleted }, context)
}

/** Formats take what belongs together in one run; times keep their order. */
const grouped = (nodes: readonly Node[]): readonly Node[] =>
  [...nodes].sort(({ path: a }, { path: b }) => order(a) - order(b) || byInstance(a, b))
const order = ({ object = 0, instance = 0 }: Path) => object * 65536 + instance
const byInstance = (a: Path, b: Path) => (a.resource ?? 0) - (b.resource ?? 0) || (a.resourceInstance ?? 0) - (b.resourceInstance ?? 0)

/** The deepest place that holds all of them. */
const sharedBy = ([first, ...others]: readonly Path[]): Path => {
  let shared = first ?? {}
  for (const place of others) while (!contains(shared, place)) shared = parsePath(formatPath(shared).replace(/\/\d+$/, '')) ?? {}
  return shared
}

const notationOf = (bytes: Uint8Array, format: Named): string => {
  const notation = isCbor(format) ? diagnose(bytes) : undefined
  if (typeof notation === 'string') return notation
  throw new Lwm2mError('invalid', 'only CBOR has a diagnostic notation')
}

// ── what is given ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const givenBy = async (values: readonly string[], { file, objects, delete: gone }: Flags): Promise<Given> => {
  const known = definitionsWith(objects)
  const { typeOf } = contextOf({}, known, {})
  const [first] = values
  const fromInput = first === '-' || (first === undefined && gone.length === 0)
  if (file !== undefined || fromInput) return added(readNodes(await readOctets(undefined, file, 'raw'), typeOf), gone)
  if (/^\s*[[{]/.test(first ?? '')) return added(readNodes(new TextEncoder().encode(values.join(' ')), typeOf), gone)
  return added(readPairs(values, known), gone)
}
const added = (given: Given, gone: readonly Path[]): Given => ({ ...given, deleted: [...given.deleted, ...gone] })

const readPairs = (pairs: readonly string[], known: Definitions): Given => {
  const nodes: Node[] = []
  const paths: Path[] = []
  const types = new Map<string, ResourceType>()
  for (const pair of pairs) {
    const [, place = '', type, time, value] = /^([^=:@]*)(?::([^=@]*))?(?:@(-?[\d.]+))?(?:=([^]*))?$/.exec(pair) ?? []
    const path = pathOf(place, pair)
    if (type !== undefined && !isResourceType(type)) throw new Lwm2mError('invalid', `${pair}: types are ${resourceTypes.join(', ')}`)
    if (type !== undefined) types.set(formatPath(path), type)
    if (value === undefined) paths.push(path)
    else {
      const typed = typedValue(value, type ?? contextOf({}, known, {}).typeOf(path), pair)
      nodes.push(time === undefined ? { path, value: typed } : { path, value: typed, time: Number(time) })
    }
  }
  return { nodes, deleted: [], paths, types }
}
const pathOf = (place: string, pair: string): Path => {
  const path = place.startsWith('/') ? parsePath(place) : undefined
  if (path === undefined || (depth(path) < 3 && pair.includes('=')))
    throw new Lwm2mError('invalid', `${JSON.stringify(pair)} is no path=value`, {
      hint: 'a value stands in a Resource or its Instance: /3/0/9=100',
    })
  return path
}
const typedValue = (written: string, type: ResourceType | undefined, pair: string): Value => {
  const value = readTyped(type, written)
  if (value === undefined) throw new Lwm2mError('invalid', `${pair} is no ${type}`)
  return value
}

/** Each argument is a link, or several with commas between; a path alone is the link to it. */
const linksFrom = (values: readonly string[]): Uint8Array => {
  const links = values.flatMap((value): readonly Link[] => {
    const read = value.startsWith('/') ? [{ target: value, attributes: [] }] : parseLinks(value)
    if (isFault(read)) throw failure(read, 'link', 'encode')
    return read
  })
  return encodeLinks(links)
}
