/** What is typed at the prompt after a word: an endpoint, paths, values as their definitions type them, attributes, a content format. */
import { Lwm2mError } from '../core/error.ts'
import { formatOf, formats } from '../format/formats.ts'
import { isAttributeRefusal, parseAttributes, type AttributeChange } from '../model/attributes.ts'
import { typeOf } from '../model/definition.ts'
import { depth, parsePath, type Path, type PathString } from '../model/path.ts'
import type { Value } from '../model/value.ts'
import { registry } from '../objects/registry.ts'
import type { Server } from '../server.ts'
import type { CompositeContent, Content, ContentTree, ReadOptions, RegisteredClient } from '../server/client/client.ts'
import type { FlightRecorder } from './firmware/flight.ts'
import { readTyped } from './values.ts'

/** What was typed, and who can do it. */
export interface Asked {
  readonly server: Server
  /** After the first word. */
  readonly words: readonly string[]
  /** For what comes later than the answer. */
  readonly say: (line: string) => void
  /** Of updates: listens while there are any. */
  readonly recorder?: FlightRecorder | undefined
}
/** What most words begin with: `ENDPOINT … [as FORMAT]`. */
export interface Common {
  readonly device: RegisteredClient
  readonly name: string
  /** Without the endpoint and `as FORMAT`. */
  readonly words: readonly string[]
  readonly format: number | undefined
}
/** Takes it apart. Error: `invalid`. */
export const commonOf = ({ server, words: [name, ...rest] }: Asked): Common => {
  if (name === undefined) throw new Lwm2mError('invalid', 'which endpoint?', { hint: '`list` names those that are registered' })
  const as = rest.lastIndexOf('as')
  const format = as >= 0 && as === rest.length - 2 ? formatNumber(rest[as + 1]!) : undefined
  return { device: server.client(name), name, words: format === undefined ? rest : rest.slice(0, as), format }
}
const formatNumber = (said: string): number => {
  const found = formats.find(({ name }) => name === said.toLowerCase()) ?? (/^\d+$/.test(said) ? formatOf(Number(said)) : undefined)
  if (found === undefined) throw new Lwm2mError('invalid', `no content format is ${said}`, { hint: formatNames().join(', ') })
  return found.contentFormat
}
/** The names of content formats. */
export const formatNames = (): readonly string[] => formats.map(({ name }) => name)
/** As an option of what writes. */
export const formatOption = (format: number | undefined): { readonly format?: number } => (format === undefined ? {} : { format })

/** A path, or an `invalid` error. */
export const at = (path: string | undefined): PathString => {
  if (path?.startsWith('/') !== true) throw new Lwm2mError('invalid', 'a path is needed, such as /3/0/0')
  return path as PathString
}
/** `ENDPOINT PATH [PATH …] [as FORMAT]`, the format as the one that is wanted. */
export const placesOf = (
  asked: Asked,
): Omit<Common, 'words' | 'format'> & { readonly paths: readonly PathString[]; readonly format: ReadOptions } => {
  const { words, format, ...common } = commonOf(asked)
  const paths = words.map(at)
  if (paths.length === 0) throw new Lwm2mError('invalid', 'a path is needed, such as /3/0/0')
  return { ...common, paths, format: format === undefined ? {} : { accept: format } }
}
/** `pmin=10 gt=` */
export const attributesIn = (words: readonly string[]): AttributeChange => {
  const change = parseAttributes(words)
  if (isAttributeRefusal(change)) throw new Lwm2mError('invalid', `${change.attribute}: ${change.refused}`)
  return change
}

/** A value for a place, as its definition types it. */
const valueFor = (path: Path, written: string): Value => {
  const type = typeOf(registry)(path)
  const value = readTyped(type, written.replace(/^(["'])(.*)\1$/s, '$2'))
  if (value === undefined) throw new Lwm2mError('invalid', `${written} is no ${type}`)
  return value
}
/** `9=100 11/0=0` below a path. */
const treeOf = (below: PathString, words: readonly string[]): ContentTree => {
  const tree: Record<number, Value | Record<number, Value>> = {}
  for (const word of words) {
    const [, resource, instance, written] = /^(\d+)(?:\/(\d+))?=(.*)$/s.exec(word) ?? []
    const path = resource === undefined ? undefined : parsePath(`${below}/${resource}${instance === undefined ? '' : `/${instance}`}`)
    if (path === undefined) throw new Lwm2mError('invalid', `${word} is no ID=VALUE`, { hint: '0=Acme, or 11/0=5 for a Resource Instance' })
    const value = valueFor(path, written!)
    if (instance === undefined) tree[Number(resource)] = value
    else tree[Number(resource)] = { ...(tree[Number(resource)] as Record<number, Value> | undefined), [Number(instance)]: value }
  }
  return tree
}

/** What is to be written at a path: `9=100 11/0=0` in an Object Instance, `0=a 7=b` in a Resource with several Instances, or one value. */
export const contentAt = (path: PathString, values: readonly string[]): Content => {
  if (values.length === 0) throw new Lwm2mError('invalid', 'a value is needed')
  const place = parsePath(path) ?? {}
  if (depth(place) === 2) return treeOf(path, values)
  return depth(place) === 3 && isInstances(values) ? instancesOf(path, values) : valueFor(place, values.join(' '))
}
/** The Resources of a new Object Instance, `/OBJECT` or `/OBJECT/INSTANCE`. */
export const instanceAt = (path: PathString, values: readonly string[]): ContentTree =>
  treeOf(depth(parsePath(path) ?? {}) === 1 ? `${path}/0` : path, values)
const isInstances = (values: readonly string[]) => values.every((value) => /^\d+=/.test(value))
const instancesOf = (path: PathString, values: readonly string[]): ContentTree =>
  Object.fromEntries(
    values.map((value) => [Number(value.slice(0, value.indexOf('='))), valueFor(parsePath(path)!, value.slice(value.indexOf('=') + 1))]),
  )
/** `PATH=VALUE PATH=null` */
export const compositeOf = (words: readonly string[]): CompositeContent =>
  Object.fromEntries(
    words.map((word) => {
      const cut = word.indexOf('=')
      const path = at(word.slice(0, cut < 0 ? undefined : cut))
      const written = word.slice(cut + 1)
      return [path, written === 'null' ? null : valueFor(parsePath(path) ?? {}, written)]
    }),
  )
