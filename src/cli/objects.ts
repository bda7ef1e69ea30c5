/** `lwm2m-rx objects [list|show|lint|generate]`: the Objects that come with the engine, and those in XML files (the OMA registry). */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { Lwm2mError } from '../core/error.ts'
import type { ObjectDefinition } from '../model/definition.ts'
import { parsePath } from '../model/path.ts'
import { objects } from '../objects/registry.ts'
import { resolve, versionsOf } from '../objects/resolution.ts'
import { sourcesOf } from '../objects/source.ts'
import { maxXmlLength, parseObjectXml, type Complaint } from '../objects/xml.ts'
import { exitCodes, leave } from './exit.ts'
import { headOf, linesOf, rowsOf } from './object-table.ts'

/** The command with its sub-commands; alone it lists. */
export const objectsCommand = (): Command => {
  const command = new Command('objects')
    .description('List, show, check and generate object definitions')
    .argument('[word]', 'only Objects whose name or ID has it')
    .option('--json', 'one JSON object a line')
    .action(attempt(list))
    .addHelpText('after', examples)
  command
    .command('list')
    .description('List the Objects that come with the engine')
    .argument('[word]', 'only Objects whose name or ID has it')
    .option('--json', 'one JSON object a line')
    .action(attempt((word: string | undefined, _: unknown, self: Command) => list(word, self.optsWithGlobals())))
  command
    .command('show')
    .description("Show an Object's Resources")
    .argument('<object>', 'its ID or name, or a path in it: 3, Device, /3/0/9; or an XML file')
    .option('-v, --version <version>', 'this version of it, or the nearest that is compatible; default: the newest')
    .option('--json', 'the definition as JSON')
    .action(attempt((object: string, _: unknown, self: Command) => show(object, self.optsWithGlobals())))
  command
    .command('lint')
    .description('Check XML files: FILE:LINE: what is wrong; exit code 1 if anything is')
    .argument('<file...>', 'XML files, or folders of them')
    .option('--strict', 'a warning is an error too')
    .option('--json', 'one JSON object a line')
    .action(attempt((files: readonly string[], _: unknown, self: Command) => lint(files, self.optsWithGlobals())))
  command
    .command('generate')
    .description('Write TypeScript, or one JSON file, from a folder of XML files')
    .argument('<folder>', 'where the XML files are')
    .requiredOption('-o, --out <folder>', 'where to write')
    .option('--json', 'one objects.json instead of TypeScript')
    .option('--skip', 'leave out Objects that have errors; otherwise nothing is written')
    .option('--force', 'write over files that are there')
    .action(attempt((folder: string, _: unknown, self: Command) => generate(folder, self.optsWithGlobals())))
  return command
}
const examples = `
Examples:
  lwm2m-rx objects                              all of them, with their versions
  lwm2m-rx objects temp                         those with "temp" in their names
  lwm2m-rx objects show 3                       the Resources of the Device
  lwm2m-rx objects show /5/0/3                  one Resource
  lwm2m-rx objects show 25 --version 1.0        another version
  lwm2m-rx objects show my-object.xml           one of your own
  lwm2m-rx objects lint my-object.xml           what is wrong with it
  lwm2m-rx objects generate xml --out src/objects`

interface Flags {
  readonly json?: boolean
  readonly version?: string
  readonly strict?: boolean
  readonly out?: string
  readonly force?: boolean
  readonly skip?: boolean
}
const attempt =
  <Given extends readonly unknown[]>(act: (...given: Given) => void) =>
  (...given: Given): void => {
    try {
      act(...given)
    } catch (error) {
      leave(error)
    }
  }
const print = (lines: readonly string[]): void => void process.stdout.write(lines.map((line) => `${line}\n`).join(''))

const list = (word: string | undefined, { json }: Flags): void => {
  const found = objects.filter(({ id, name }) => word === undefined || `${id} ${name}`.toLowerCase().includes(word.toLowerCase()))
  if (found.length === 0) throw new Lwm2mError('invalid', `no Object has ${word} in its name`, { hint: 'lwm2m-rx objects lists them all' })
  const all = found.map((one) => ({ ...one, versions: versionsOf(one.id).map(({ version }) => version) }))
  if (json === true) print(all.map(({ id, name, versions }) => JSON.stringify({ id, name, versions })))
  else print(rowsOf(all))
}

const show = (said: string, { version, json }: Flags): void => {
  const { definition, resource } = meant(said, version)
  if (resource !== undefined && definition.resources[resource] === undefined)
    throw new Lwm2mError('invalid', `${definition.name} ${definition.version} has no Resource ${resource}`)
  const only = resource === undefined ? definition : { ...definition, resources: { [resource]: definition.resources[resource]! } }
  if (json === true) print([JSON.stringify(only, undefined, 2)])
  else print([...headOf(only, versionsOf(only.id)), '', ...linesOf(only)])
}
/** What `3`, `Device`, `/3/0/9` and `my.xml` mean. */
const meant = (
  said: string,
  version: string | undefined,
): { readonly definition: ObjectDefinition; readonly resource?: number | undefined } => {
  if (/\.xml$/i.test(said)) {
    const { definitions, complaints } = parseObjectXml(textOf(said))
    const definition = resolve(definitions[0]?.id ?? 0, version, definitions)
    if (definition !== undefined) return { definition }
    const first = complaints.find(({ severity }) => severity === 'error')
    throw new Lwm2mError('invalid', first === undefined ? `${said} has no version ${version}` : `${said}:${first.line}: ${first.what}`, {
      hint: `lwm2m-rx objects lint ${said} says more`,
    })
  }
  const path = /^[\d/]+$/.test(said) ? parsePath(said.startsWith('/') ? said : `/${said}`) : undefined
  const id = path?.object ?? objects.find(({ name }) => name.toLowerCase() === said.toLowerCase())?.id
  const definition = id === undefined ? undefined : resolve(id, version)
  if (definition !== undefined) return { definition, resource: path?.resource }
  const known = id === undefined ? [] : versionsOf(id).map(({ version }) => version)
  throw new Lwm2mError('invalid', known.length === 0 ? `there is no Object ${said}` : `Object ${id} has no version ${version}`, {
    hint: known.length === 0 ? 'lwm2m-rx objects lists them all' : `there are ${known.join(', ')}`,
  })
}

interface Linted extends Complaint {
  readonly file: string
}
const lint = (given: readonly string[], { strict, json }: Flags): void => {
  const files = given.flatMap(xmlIn)
  const read = files.map((file) => ({ file, ...parseObjectXml(textOf(file)) }))
  const all = read.flatMap(({ file, complaints }): readonly Linted[] => complaints.map((complaint) => ({ file, ...complaint })))
  const errors = all.filter(({ severity }) => severity === 'error').length
  if (json === true) print(all.map((complaint) => JSON.stringify(complaint)))
  else {
    print(all.map(({ file, line, severity, what }) => `${file}:${line}: ${severity}: ${what}`))
    const count = read.reduce((sum, { definitions }) => sum + definitions.length, 0)
    print([`${said(files.length, 'file')}, ${said(count, 'Object')}, ${said(errors, 'error')}, ${said(all.length - errors, 'warning')}`])
  }
  if (errors > 0 || (strict === true && all.length > 0)) process.exitCode = exitCodes.failed
}
const said = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

const generate = (folder: string, { out, json, force, skip }: Flags): void => {
  const read = xmlIn(folder).map((file) => ({ file, ...parseObjectXml(textOf(file)) }))
  const bad = read.flatMap(({ file, complaints }) =>
    complaints.filter(({ severity }) => severity === 'error').map(({ line, what }) => `${file}:${line}: error: ${what}`),
  )
  if (bad.length > 0) {
    process.stderr.write(`${bad.join('\n')}\n`)
    if (skip !== true) throw new Lwm2mError('invalid', 'nothing is written until this is mended', { hint: '--skip leaves it out' })
  }
  const definitions = distinct(read.flatMap(({ definitions }) => definitions))
  const files = json === true ? [{ file: 'objects.json', text: `${JSON.stringify(definitions, undefined, 2)}\n` }] : sourcesOf(definitions)
  const there = files.filter(({ file }) => existsSync(join(out!, file)))
  if (there.length > 0 && force !== true)
    throw new Lwm2mError('invalid', `${join(out!, there[0]!.file)} is there`, { hint: '--force writes over it' })
  mkdirSync(out!, { recursive: true })
  for (const { file, text } of files) writeFileSync(join(out!, file), text)
  print([`${said(definitions.length, 'Object')} in ${said(files.length, 'file')} of ${out}`])
}
/** By ID, then version, each once. */
const distinct = (definitions: readonly ObjectDefinition[]): readonly ObjectDefinition[] => {
  const found = new Map(definitions.map((one) => [`${one.id} ${one.version}`, one]))
  return [...found.values()].sort((a, b) => a.id - b.id || a.version.localeCompare(b.version, 'en', { numeric: true }))
}

// ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const xmlIn = (path: string): readonly string[] => {
  const isFolder = tried(path, () => statSync(path).isDirectory())
  if (!isFolder) return [path]
  const files = tried(path, () => readdirSync(path).filter((name) => /\.xml$/i.test(name))).sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  )
  if (files.length === 0) throw new Lwm2mError('invalid', `${path} has no XML files`)
  return files.map((name) => join(path, name))
}
const textOf = (file: string): string => {
  // Four octets a character at most: what is longer is refused by its length, unread.
  if (tried(file, () => statSync(file).size) > 4 * maxXmlLength) throw new Lwm2mError('invalid', `${file} is too long to be an Object`)
  return tried(file, () => readFileSync(file, 'utf8'))
}
const tried = <Result>(path: string, act: () => Result): Result => {
  try {
    return act()
  } catch (error) {
    throw new Lwm2mError('invalid', `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`)
  }
}
