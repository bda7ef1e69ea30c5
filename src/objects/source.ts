/** Definitions as TypeScript that can be compiled: what a generator writes from a folder of XML files. */
import type { ObjectDefinition, ResourceDefinition } from '../model/definition.ts'
import type { Bounds } from '../model/value.ts'

/** One generated file. */
export interface SourceFile {
  /** `humidity.ts`, or `humidity-1.1.ts` where there are several versions. */
  readonly file: string
  /** The name of what it exports. */
  readonly name: string
  readonly text: string
}

/** A file for each definition, and `index.ts` with all of them; several with one name are told apart by version, then by Object ID. */
export const sourcesOf = (definitions: readonly ObjectDefinition[]): readonly SourceFile[] => {
  const files = definitions.map((definition) => sourceOf(definition, wordsFor(definition, definitions)))
  return [...files, { file: 'index.ts', name: 'objects', text: indexOf(files) }]
}

const sourceOf = (definition: ObjectDefinition, words: readonly string[]): SourceFile => {
  const name = camel(words)
  const { id, version, multiple, mandatory } = definition
  const lines = [
    `/** Object ${id}, ${plain(definition.name)}, version ${version}. Generated: change the XML, not this. */`,
    `export const ${name} = {`,
    `  id: ${id},`,
    `  name: ${literal(definition.name)},`,
    `  version: ${literal(version)},`,
    `  multiple: ${multiple},`,
    `  mandatory: ${mandatory},`,
    '  resources: {',
    ...Object.entries(definition.resources).map(([resource, one]) => `    ${Number(resource)}: { ${fieldsOf(one).join(', ')} },`),
    '  },',
    '} as const',
  ]
  return { file: `${words.join('-')}.ts`, name, text: `${lines.join('\n')}\n` }
}
const fieldsOf = ({ name, operations, multiple, mandatory, type, units, range }: ResourceDefinition): readonly string[] => [
  `name: ${literal(name)}`,
  `operations: ${literal(operations)}`,
  `multiple: ${multiple}`,
  `mandatory: ${mandatory}`,
  ...(type === undefined ? [] : [`type: ${literal(type)}`]),
  ...(units === undefined ? [] : [`units: ${literal(units)}`]),
  ...(range === undefined ? [] : [`range: { ${boundsIn(range).join(', ')} }`]),
]
const boundsIn = ({ min, max, oneOf }: Bounds): readonly string[] => [
  ...(min === undefined ? [] : [`min: ${min}`]),
  ...(max === undefined ? [] : [`max: ${max}`]),
  ...(oneOf === undefined ? [] : [`oneOf: [${oneOf.join(', ')}]`]),
]

const indexOf = (files: readonly SourceFile[]): string =>
  [
    '/** Generated: every definition of this folder. */',
    `import type { ObjectDefinition } from 'lwm2m-rx/objects'`,
    ...files.map(({ name, file }) => `import { ${name} } from './${file.replace(/\.ts$/, '.js')}'`),
    '',
    `export { ${files.map(({ name }) => name).join(', ')} }`,
    `export const objects: readonly ObjectDefinition[] = [${files.map(({ name }) => name).join(', ')}]`,
    '',
  ].join('\n')

const wordsFor = (definition: ObjectDefinition, among: readonly ObjectDefinition[]): readonly string[] => {
  const words = wordsOf(definition)
  const alike = among.filter((other) => wordsOf(other).join() === words.join())
  const other = alike.some(({ id }) => id !== definition.id) ? [...words, String(definition.id)] : words
  return alike.some(({ id, version }) => id === definition.id && version !== definition.version) ? [...other, definition.version] : other
}
/** The words of a name that an identifier can be made of; `object 3303` where there are none. */
const wordsOf = ({ id, name }: ObjectDefinition): readonly string[] => {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return words.length === 0 || /^\d/.test(words[0]!) ? ['object', String(id)] : words
}
const camel = (words: readonly string[]): string => {
  const [first = '', ...rest] = words
  const name = [first, ...rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1))].join('').replaceAll('.', '_')
  return reserved.has(name) ? `${name}Object` : name
}
const reserved: ReadonlySet<string> = new Set(
  'objects break case catch class const continue debugger default delete else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield await async of eval arguments'.split(
    ' ',
  ),
)
/** Text in single quotes that means the same whatever it is. */
const literal = (text: string): string =>
  `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("'", "\\'")
    .replace(/[\u2028\u2029]/g, ' ')}'`
/** Text that ends no comment. */
const plain = (text: string): string => text.replace(/\*\/|[\r\n\u2028\u2029]/g, ' ')
