/** Values to octets and back in the content format that was asked for, or preferred (LwM2M Core §7.4, Transport §6.4.4). */
import { contentFormats, isFault, type Format, type FormatContext, type FormatFault, type Node } from '../format/format.ts'
import { defaultFormat } from '../format/formats.ts'
import type { Response } from '../exchange/exchange.ts'
import { responses, type Code } from '../message/code.ts'
import { options, uint, uintOption } from '../message/option.ts'
import { isMultiple, typeOf } from '../model/definition.ts'
import { depth, formatPath, type Path } from '../model/path.ts'
import type { OperationContext } from './context.ts'
import type { Outcome, Version } from './operation.ts'
import { isWrong, wrong, type Wrong } from './shape.ts'

/** What formats need to know of the path and the types below it. */
export const formatContext = ({ definitions, root }: OperationContext, path: Path): FormatContext => ({
  path,
  typeOf: typeOf(definitions),
  isMultiple: isMultiple(definitions),
  ...(root === undefined ? {} : { root }),
})

/** The answer to a fault: 4.00, or `unsupported` where the format cannot say it. */
export const wrongFor = ({ fault, detail }: FormatFault, unsupported: Code): Wrong =>
  wrong(fault === 'unsupported' ? unsupported : responses.BadRequest, detail)

/** The values of a payload; 4.15 for a format that is not ours, 4.00 for octets that are not of it. Those of no Object Instance are of `instance`. */
export const decodeNodes = (
  payload: Uint8Array,
  contentFormat: number | undefined,
  path: Path,
  context: OperationContext,
  instance?: number,
): readonly Node[] | Wrong => {
  if (contentFormat === undefined) return wrong(responses.UnsupportedContentFormat, 'a Content-Format is needed')
  const format = context.formats.get(contentFormat)
  if (format === undefined) return wrong(responses.UnsupportedContentFormat, `content format ${contentFormat} is not spoken here`)
  const nodes = format.decode(payload, { ...formatContext(context, path), ...(instance === undefined ? {} : { instance }) })
  return isFault(nodes) ? wrongFor(nodes, responses.UnsupportedContentFormat) : nodes
}

// ── which format ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Formats whose names begin at the root: what composites and Send travel in. */
export const carriesAll = (contentFormat: number): boolean => wide.has(contentFormat)
const wide: ReadonlySet<number> = new Set([contentFormats.senmlJson, contentFormats.senmlCbor, contentFormats.lwm2mCbor])
/** Formats whose values may have times of their own. */
export const carriesTimes = (contentFormat: number): boolean => timed.has(contentFormat)
const timed: ReadonlySet<number> = new Set([contentFormats.senmlJson, contentFormats.senmlCbor, contentFormats.json])

/** Why an answer for this path cannot be in the format that is wanted: 4.06. It is known before anything is done. */
export const isAcceptable = (accept: number | undefined, path: Path, context: OperationContext): Wrong | undefined => {
  if (accept === undefined) return undefined
  const wanted = context.formats.get(accept)
  if (wanted === undefined) return wrong(responses.NotAcceptable, `content format ${accept} is not spoken here`)
  if (depth(path) === 0) return carriesAll(accept) ? undefined : wrong(responses.NotAcceptable, `${wanted.name} has no names from the root`)
  if (!wanted.structured && !isSingle(path, context)) return wrong(responses.NotAcceptable, `${wanted.name} carries one value only`)
  const type = typeOf(context.definitions)(path)
  return accept === contentFormats.opaque && type !== undefined && type !== 'opaque'
    ? wrong(responses.NotAcceptable, `${formatPath(path)} is no octets`)
    : undefined
}

/** The format that values at a path are answered in; 4.06 when they cannot be. */
export const chooseFormat = (
  accept: number | undefined,
  path: Path,
  nodes: readonly Node[],
  version: Version,
  context: OperationContext,
  observed = false,
): Format | Wrong => {
  const unacceptable = isAcceptable(accept, path, context)
  if (unacceptable !== undefined) return unacceptable
  const single = nodes.length === 1 && isSingle(path, context)
  const number = accept ?? (observed ? observedFormat(path, single, version) : preferred(path, single, version))
  return context.formats.get(number) ?? wrong(responses.NotAcceptable, 'no content format fits')
}
const preferred = (path: Path, single: boolean, version: Version): number =>
  depth(path) === 0 ? contentFormats.senmlCbor : defaultFormat(single, version)
/** All notifications of an observation have the format of the first (RFC 7641 §4.2): from 1.1 on one that can say times, so that history can follow. */
const observedFormat = (path: Path, single: boolean, version: Version): number =>
  version === '1.0' ? preferred(path, single, version) : contentFormats.senmlCbor
/** Whether a path holds one value and no more. */
const isSingle = (path: Path, { definitions }: OperationContext): boolean =>
  depth(path) === 4 || (depth(path) === 3 && isMultiple(definitions)(path) !== true)

// ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Values as octets; a value that the format cannot say is 4.06, one that does not fit its type 5.00. */
export const encodeNodes = (nodes: readonly Node[], format: Format, path: Path, context: OperationContext): Uint8Array | Wrong => {
  const bytes = format.encode(nodes, formatContext(context, path))
  return isFault(bytes)
    ? wrong(bytes.fault === 'unsupported' ? responses.NotAcceptable : responses.InternalServerError, bytes.detail)
    : bytes
}

/** The answer to Read, and (`observed`) to Observe and Notify. A format without times says the newest value of each place. */
export const encodeContent = (
  outcome: Outcome,
  path: Path,
  accept: number | undefined,
  version: Version,
  context: OperationContext,
  observed = false,
): Response | Wrong => {
  const all = outcome.nodes ?? []
  const last = newest(all)
  const format = chooseFormat(accept, path, last, version, context, observed)
  if (isWrong(format)) return format
  const payload = encodeNodes(carriesTimes(format.contentFormat) ? inTime(all) : last, format, path, context)
  return isWrong(payload) ? payload : { code: outcome.code, options: [uintOption(options.ContentFormat, format.contentFormat)], payload }
}

/** The last value of each place, in the places' order, without its time. */
export const newest = (nodes: readonly Node[]): readonly Node[] => {
  if (nodes.every(({ time }) => time === undefined)) return nodes
  const last = new Map<string, Node>()
  for (const node of nodes) {
    const known = last.get(formatPath(node.path))
    if (known === undefined || (node.time ?? Infinity) >= (known.time ?? Infinity)) last.set(formatPath(node.path), node)
  }
  return [...last.values()].map(({ path, value }) => ({ path, value }))
}

/** Values in the order of their times, those without any last (RFC 8428 §4.6): times that are alike stand together. */
export const inTime = (nodes: readonly Node[]): readonly Node[] =>
  nodes.every(({ time }) => time === undefined) ? nodes : [...nodes].sort((a, b) => ageOf(a) - ageOf(b))
/** Relative times (below 2^28) follow the absolute ones; no time is now. */
const ageOf = ({ time = 0 }: Node): number => (time < 2 ** 28 ? Number.MAX_SAFE_INTEGER / 2 + time : time)

/** What came back from Read and Observe. */
export const decodeContent = (response: Response, path: Path, context: OperationContext): Outcome => {
  const { code, payload } = response
  if (code !== responses.Content || response.body !== undefined) return { code }
  const contentFormat = uint(response.options, options.ContentFormat) ?? contentFormats.text
  const format = context.formats.get(contentFormat)
  if (format === undefined) return { code, fault: { fault: 'unsupported', detail: `content format ${contentFormat} is not spoken here` } }
  const nodes = format.decode(payload, formatContext(context, path))
  return isFault(nodes) ? { code, fault: nodes } : { code, nodes }
}
