/** A file of bootstrap configurations as a store: JSON, checked as a whole, read again when it has changed (LwM2M Core 1.2.2 §6.1.2). */
import { readFile, stat } from 'node:fs/promises'
import { Lwm2mError } from '../core/error.ts'
import type { PathString } from '../model/path.ts'
import type { Value } from '../model/value.ts'
import type {
  AccessControl,
  BootstrapConfiguration,
  BootstrapStore,
  Given,
  GivenTree,
  ServerAccount,
} from '../server/bootstrap/configuration.ts'
import { configurationFault } from '../server/bootstrap/plan.ts'
import { octetsOf, secretOf } from './credentials.ts'
import { promised } from './promised.ts'

/** The store. `*` in the file is for endpoints that are not in it. A file that cannot be read or meant is an `invalid` error that names the place, never a value. */
export const fileBootstrap = (path: string): BootstrapStore & { readonly check: () => Promise<readonly string[]> } => {
  let known: ReadonlyMap<string, BootstrapConfiguration> = new Map()
  let version = ''
  const current = async () => {
    const { mtimeMs, size, ino } = await stat(path).catch(() => unreadable(path))
    const now = `${mtimeMs} ${size} ${ino}`
    if (now !== version) {
      known = bootstrapConfigurations(await readFile(path, 'utf8').catch(() => unreadable(path)), path)
      version = now
    }
    return known
  }
  return {
    configurationOf: (name) => promised(() => current().then((all) => all.get(name) ?? all.get('*'))),
    check: () => current().then((all) => [...all.keys()]),
  }
}
const unreadable = (path: string): never => {
  throw new Lwm2mError('invalid', `${path} cannot be read`)
}

/** The configurations of a text, by endpoint client name. */
export const bootstrapConfigurations = (text: string, path = 'the configuration'): ReadonlyMap<string, BootstrapConfiguration> => {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    // What the parser says quotes the file, and there are keys in it.
    throw new Lwm2mError('invalid', `${path} is no JSON`)
  }
  const all = Object.entries(record(said, path, 'an object with an entry for each endpoint'))
  return new Map(
    all.map(([name, entry]) => {
      const where = `${path}, ${JSON.stringify(name)}`
      const configuration = configurationOf(entry, where)
      const fault = configurationFault(configuration)
      if (fault !== undefined) throw new Lwm2mError('invalid', `${where}: ${fault}`)
      return [name, configuration]
    }),
  )
}

// ── what stands where ────────────────────────────────────────────────────────────────────────────────────────────────────────

type Entry = Readonly<Record<string, unknown>>
type Read<Result> = (value: unknown, where: string) => Result

const configurationOf: Read<BootstrapConfiguration> = (value, where) => {
  const entry = known(value, where, ['servers', 'accessControls', 'writes', 'deletes', 'pack'])
  return {
    servers: list(serverOf)(entry['servers'], `${where}, servers`),
    ...optional(entry, 'accessControls', list(accessOf), where),
    ...optional(entry, 'writes', list(writeOf), where),
    ...optional(entry, 'deletes', list(string as Read<PathString>), where),
    ...optional(entry, 'pack', boolean, where),
  }
}
const serverOf: Read<ServerAccount> = (value, where) => {
  const names = ['uri', 'shortServerId', 'identity', 'key', 'lifetimeSeconds', 'binding', 'instance', 'security', 'server']
  const entry = known(value, where, names)
  if ('identity' in entry !== 'key' in entry) throw new Lwm2mError('invalid', `${where}: identity and key go together`)
  const psk =
    'key' in entry
      ? {
          psk: {
            identity: octetsOf(string(entry['identity'], `${where}, identity`), `${where}, identity`),
            key: secretOf(string(entry['key'], `${where}, key`), `${where}, key`),
          },
        }
      : {}
  return {
    uri: string(entry['uri'], `${where}, uri`),
    shortServerId: number(entry['shortServerId'], `${where}, shortServerId`),
    ...psk,
    ...optional(entry, 'lifetimeSeconds', number, where),
    ...optional(entry, 'binding', string, where),
    ...optional(entry, 'instance', number, where),
    ...optional(entry, 'security', tree as Read<Readonly<Record<number, Given>>>, where),
    ...optional(entry, 'server', tree as Read<Readonly<Record<number, Value>>>, where),
  }
}
const accessOf: Read<AccessControl> = (value, where) => {
  const entry = known(value, where, ['object', 'instance', 'owner', 'rights'])
  const rights = record(entry['rights'], `${where}, rights`, 'an object of numbers by Short Server ID')
  return {
    object: number(entry['object'], `${where}, object`),
    instance: number(entry['instance'], `${where}, instance`),
    owner: number(entry['owner'], `${where}, owner`),
    rights: Object.fromEntries(Object.entries(rights).map(([id, bits]) => [id, number(bits, `${where}, rights, ${id}`)])),
  }
}
const writeOf = (value: unknown, where: string): NonNullable<BootstrapConfiguration['writes']>[number] => {
  const entry = known(value, where, ['path', 'content'])
  return { path: string(entry['path'], `${where}, path`) as PathString, content: given(entry['content'], `${where}, content`) }
}
/** A value, or values by ID. `hex:` goes before octets. */
const given: Read<Given | GivenTree> = (value, where) => {
  if (typeof value === 'string') return value.startsWith('hex:') ? octetsOf(value, where) : value
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return tree(value, where)
}
const tree: Read<GivenTree> = (value, where) =>
  Object.fromEntries(
    Object.entries(record(value, where, 'a value, or an object of values by ID')).map(([id, inner]) => {
      if (!/^\d{1,5}$/.test(id)) throw new Lwm2mError('invalid', `${where}: ${JSON.stringify(id)} is no ID`)
      return [id, given(inner, `${where}, ${id}`)]
    }),
  )

// ── kinds ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const record = (value: unknown, where: string, what: string): Entry => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Lwm2mError('invalid', `${where}: ${what} is needed`)
  return value as Entry
}
/** With no other names than these: a word that is misspelt is said, not passed over. */
const known = (value: unknown, where: string, names: readonly string[]): Entry => {
  const entry = record(value, where, 'an object')
  const stranger = Object.keys(entry).find((name) => !names.includes(name))
  if (stranger !== undefined)
    throw new Lwm2mError('invalid', `${where}: ${JSON.stringify(stranger)} is not known`, { hint: names.join(', ') })
  return entry
}
const kind =
  <Result>(type: 'string' | 'number' | 'boolean', what: string): Read<Result> =>
  (value, where) => {
    if (typeof value !== type)
      throw new Lwm2mError('invalid', `${where}: ${value === undefined ? `${what} is missing` : `this is not ${what}`}`)
    return value as Result
  }
const string: Read<string> = kind('string', 'a text')
const number: Read<number> = kind('number', 'a number')
const boolean: Read<boolean> = kind('boolean', 'true or false')
const list =
  <Result>(read: Read<Result>): Read<readonly Result[]> =>
  (value, where) => {
    if (!Array.isArray(value)) throw new Lwm2mError('invalid', `${where}: a list is ${value === undefined ? 'missing' : 'needed'}`)
    return value.map((each: unknown, at) => read(each, `${where}[${at}]`))
  }
const optional = <Name extends string, Result>(
  entry: Entry,
  name: Name,
  read: Read<Result>,
  where: string,
): { readonly [Key in Name]?: Result } =>
  (name in entry ? { [name]: read(entry[name], `${where}, ${name}`) } : {}) as { readonly [Key in Name]?: Result }
