/** Objects from the registry's XML files, checked against what its schema and the standard demand (LWM2M-v1_1.xsd; LwM2M Core §7.2, §D). */
import type { ObjectDefinition, Operations, ResourceDefinition } from '../model/definition.ts'
import type { ResourceType } from '../model/value.ts'
import { numbersOf } from './resolution.ts'
import { quoted, rangeOf } from './xml-range.ts'
import { parseXml, type Complaint, type Element } from './xml-tree.ts'

export { maxXmlLength, type Complaint } from './xml-tree.ts'

/** What a file holds. An Object with an error is not among the definitions; one with warnings is. */
export interface ObjectXml {
  readonly definitions: readonly ObjectDefinition[]
  /** By line. */
  readonly complaints: readonly Complaint[]
}

/**
 * The Objects of an XML file of the registry, and everything that is wrong with it. It never throws; entities and document types are not read.
 *
 *     const { definitions, complaints } = parseObjectXml(text)
 */
export const parseObjectXml = (text: string): ObjectXml => {
  const root = parseXml(text)
  if ('severity' in root) return { definitions: [], complaints: [root] }
  const note: Note = { error: [], warning: [] }
  if (root.name !== 'LWM2M')
    return { definitions: [], complaints: [{ severity: 'error', line: root.line, what: `the root is <${root.name}>, not <LWM2M>` }] }
  const found = root.children.filter(({ name }) => name === 'Object')
  for (const { name, line } of root.children) if (name !== 'Object') warn(note, line, `<${name}> is not known here`)
  if (found.length === 0) fail(note, root.line, 'there is no <Object>')
  const definitions = found.flatMap((element) => objectOf(element, note) ?? [])
  return { definitions, complaints: [...note.error, ...note.warning].sort((a, b) => a.line - b.line).slice(0, maxComplaints) }
}
/** As many are told. */
const maxComplaints = 1_000

/** What was said so far. */
interface Note {
  readonly error: Complaint[]
  readonly warning: Complaint[]
}
const fail = (note: Note, line: number, what: string): undefined => void note.error.push({ severity: 'error', line, what })
const warn = (note: Note, line: number, what: string): undefined => void note.warning.push({ severity: 'warning', line, what })

// ── an Object ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const objectOf = (element: Element, note: Note): ObjectDefinition | undefined => {
  const before = note.error.length
  const { line, attributes } = element
  const parts = partsOf(element, objectParts, note)
  if (attributes['ObjectType'] !== 'MODefinition') warn(note, line, 'ObjectType is not "MODefinition"')
  const id = idOf(parts['ObjectID'], parts['ObjectID']?.text, 'ObjectID', note)
  const version = versionOf(parts['ObjectVersion'], 'ObjectVersion', note)
  const enabler = versionOf(parts['LWM2MVersion'], 'LWM2MVersion', note)
  const definition = {
    id,
    name: nameOf(parts['Name'], note),
    version,
    multiple: flag(parts['MultipleInstances'], 'Multiple', 'Single', note),
    mandatory: flag(parts['Mandatory'], 'Mandatory', 'Optional', note),
    resources: resourcesOf(parts['Resources'], enabler, note),
  }
  if (parts['ObjectURN'] !== undefined) checkUrn(parts['ObjectURN'], id, version, note)
  return note.error.length === before ? (definition as ObjectDefinition) : undefined
}
/** `true`: it has to be there. What only people read is missed, but not needed. */
const objectParts: Readonly<Record<string, boolean>> = {
  Name: true,
  Description1: false,
  ObjectID: true,
  ObjectURN: false,
  LWM2MVersion: false,
  ObjectVersion: false,
  MultipleInstances: true,
  Mandatory: true,
  Resources: true,
  Description2: false,
}

const checkUrn = ({ line, text }: Element, id: number | undefined, version: string | undefined, note: Note): void => {
  const [, object, said] = /^urn:oma:lwm2m:(?:oma|ext|x):(\d{1,5})(?::([\d.]{3,11}))?$/.exec(text) ?? []
  if (object === undefined) warn(note, line, `ObjectURN is ${quoted(text)}, not urn:oma:lwm2m:{oma,ext,x}:ID[:VERSION]`)
  else if (id !== undefined && Number(object) !== id) warn(note, line, `ObjectURN names Object ${object}, not ${id}`)
  else if (version !== undefined && (said ?? '1.0') !== version)
    warn(note, line, `ObjectURN names version ${said ?? '1.0'}, not ${version}`)
}

// ── its Resources ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const resourcesOf = (
  element: Element | undefined,
  enabler: string | undefined,
  note: Note,
): Readonly<Record<number, ResourceDefinition>> => {
  const resources: Record<number, ResourceDefinition> = {}
  const names = new Map<string, number>()
  for (const item of element?.children ?? []) {
    if (item.name !== 'Item') {
      warn(note, item.line, `<${item.name}> is not known here`)
      continue
    }
    const id = idOf(item, item.attributes['ID'], 'ID', note)
    const resource = resourceOf(item, enabler, note)
    if (id === undefined) continue
    if (resources[id] !== undefined) fail(note, item.line, `Resource ${id} is there twice`)
    if (names.has(resource.name ?? ''))
      warn(note, item.line, `Resource ${id} has the name of Resource ${names.get(resource.name!)}, ${quoted(resource.name!)}`)
    names.set(resource.name ?? '', id)
    resources[id] = resource as ResourceDefinition
  }
  if (element !== undefined && element.children.length === 0) fail(note, element.line, 'there is no <Item>: an Object has Resources')
  return resources
}

const resourceOf = (item: Element, enabler: string | undefined, note: Note): Partial<ResourceDefinition> => {
  const parts = partsOf(item, itemParts, note)
  const operations = oneOf(parts['Operations'], operationNames, note)
  const typeText = oneOf(parts['Type'], typeNames, note)
  const type = typeText === undefined ? undefined : types[typeText]
  const multiple = flag(parts['MultipleInstances'], 'Multiple', 'Single', note)
  if (operations === 'E' && type !== undefined)
    fail(note, parts['Type']!.line, `what is executed holds nothing: Type is empty, not ${typeText}`)
  if (operations === 'E' && multiple === true) fail(note, parts['MultipleInstances']!.line, 'what is executed is Single')
  if (operations !== undefined && operations !== 'E' && typeText === '') fail(note, parts['Type']!.line, 'what holds a value has a Type')
  if (enabler === '1.0' && (type === 'unsigned' || type === 'corelnk'))
    warn(note, parts['Type']!.line, `${typeText} came with LwM2M 1.1, not ${enabler}`)
  const range = type === undefined ? undefined : boundsOf(parts['RangeEnumeration'], type, note)
  const units = parts['Units']?.text ?? ''
  return {
    ...defined('name', nameOf(parts['Name'], note)),
    ...defined('operations', operations),
    ...defined('multiple', multiple),
    ...defined('mandatory', flag(parts['Mandatory'], 'Mandatory', 'Optional', note)),
    ...(operations === 'E' ? {} : { ...defined('type', type), ...(units === '' ? {} : { units }), ...defined('range', range) }),
  }
}
const itemParts: Readonly<Record<string, boolean>> = {
  Name: true,
  Operations: true,
  MultipleInstances: true,
  Mandatory: true,
  Type: true,
  RangeEnumeration: false,
  Units: false,
  Description: false,
}
const operationNames: readonly Operations[] = ['R', 'W', 'RW', 'E', '']
const types: Readonly<Record<string, ResourceType | undefined>> = {
  String: 'string',
  Integer: 'integer',
  'Unsigned Integer': 'unsigned',
  Float: 'float',
  Boolean: 'boolean',
  Opaque: 'opaque',
  Time: 'time',
  Objlnk: 'objlnk',
  Corelnk: 'corelnk',
  '': undefined,
}
const typeNames: readonly string[] = Object.keys(types)

const boundsOf = (element: Element | undefined, type: ResourceType, note: Note): ResourceDefinition['range'] => {
  if (element === undefined) return undefined
  const { bounds, error, warning } = rangeOf(element.text, type)
  if (error !== undefined) fail(note, element.line, error)
  if (warning !== undefined) warn(note, element.line, warning)
  return bounds
}

// ── what both are made of ────────────────────────────────────────────────────────────────────────────────────────────────────

/** The parts of an element by name, each once. */
const partsOf = (element: Element, known: Readonly<Record<string, boolean>>, note: Note): Readonly<Record<string, Element | undefined>> => {
  const parts = new Map<string, Element>()
  for (const child of element.children) {
    if (!Object.hasOwn(known, child.name)) warn(note, child.line, `<${child.name}> is not known here`)
    else if (parts.has(child.name)) fail(note, child.line, `<${child.name}> is there twice`)
    else parts.set(child.name, child)
  }
  for (const [name, isNeeded] of Object.entries(known))
    if (!parts.has(name)) {
      if (isNeeded) fail(note, element.line, `<${element.name}> has no <${name}>`)
      else if (!name.endsWith('Version')) warn(note, element.line, `<${element.name}> has no <${name}>`)
    }
  return Object.fromEntries(parts)
}
const nameOf = (element: Element | undefined, note: Note): string | undefined => {
  if (element === undefined) return undefined
  const name = element.text.replace(/\s+/g, ' ')
  return name === '' ? fail(note, element.line, 'Name is empty') : name
}
/** 65535 is no ID: it means none (LwM2M Core §7.1). */
const idOf = (at: Element | undefined, text: string | undefined, what: string, note: Note): number | undefined => {
  if (at === undefined) return undefined
  if (text === undefined) return fail(note, at.line, `${what} is missing`)
  return /^\d{1,5}$/.test(text) && Number(text) < 65535 ? Number(text) : fail(note, at.line, `${what} is ${quoted(text)}, not 0 to 65534`)
}
const versionOf = (element: Element | undefined, what: string, note: Note): string | undefined => {
  if (element === undefined || element.text === '') return '1.0'
  return numbersOf(element.text) === undefined ? fail(note, element.line, `${what} is ${quoted(element.text)}, not like 1.0`) : element.text
}
const oneOf = <Name extends string>(element: Element | undefined, names: readonly Name[], note: Note): Name | undefined => {
  if (element === undefined) return undefined
  const found = names.find((name) => name === element.text)
  const all = names.map((name) => (name === '' ? 'nothing' : name)).join(', ')
  return found ?? fail(note, element.line, `${element.name} is ${quoted(element.text)}, not one of ${all}`)
}
const flag = (element: Element | undefined, yes: string, no: string, note: Note): boolean | undefined => {
  const said = oneOf(element, [yes, no], note)
  return said === undefined ? undefined : said === yes
}
const defined = <Name extends string, Value>(name: Name, value: Value | undefined): { readonly [name in Name]?: Value } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [name in Name]?: Value }
