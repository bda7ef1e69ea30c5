/** Which definition a peer means: its Objects by the versions that it registered (LwM2M Core §6.2.1, §7.2). */
import type { Definitions, ObjectDefinition } from '../model/definition.ts'
import type { Listed, Version } from '../operation/operation.ts'
import { allVersions, registry } from './registry.ts'

/** Every version of an Object that comes with the engine, ascending. */
export const versionsOf = (object: number): readonly ObjectDefinition[] => byId.get(object) ?? []
const byId: ReadonlyMap<number, readonly ObjectDefinition[]> = new Map(
  allVersions.map(({ id }) => [id, allVersions.filter((other) => other.id === id)]),
)

/**
 * The definition of an Object in a version: that one; or else the newest of the same major version that is not newer; or else its oldest. Another major
 * version is another thing: `undefined`. Without a version: the newest.
 */
export const resolve = (
  object: number,
  version?: string,
  among: readonly ObjectDefinition[] = versionsOf(object),
): ObjectDefinition | undefined => {
  if (version === undefined) return among.at(-1)
  const wanted = numbersOf(version)
  if (wanted === undefined) return undefined
  const compatible = among.filter(({ version }) => numbersOf(version)?.major === wanted.major)
  return compatible.filter(({ version }) => numbersOf(version)!.minor <= wanted.minor).at(-1) ?? compatible[0]
}

/** `1.10` is major 1, minor 10; `undefined` when it is no version. */
export const numbersOf = (version: string): { readonly major: number; readonly minor: number } | undefined => {
  const [, major, minor] = /^(\d{1,5})\.(\d{1,5})$/.exec(version) ?? []
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) }
}

/** The version that an Object has when Register names none: that of the enabler for the core Objects, 1.0 for others (LwM2M Core §7.2.2, §E). */
export const defaultVersion = (object: number, enabler: Version): string => enablers[enabler][object] ?? '1.0'
const enablers: Readonly<Record<Version, Readonly<Record<number, string>>>> = {
  '1.0': {},
  '1.1': { 0: '1.1', 1: '1.1', 3: '1.1', 4: '1.2' },
  '1.2': { 0: '1.2', 1: '1.2', 2: '1.1', 3: '1.2', 4: '1.3', 5: '1.1', 21: '2.0' },
}

/** What a registered client says: its Objects, with their versions, and the enabler's. */
export interface Registered {
  readonly version: Version
  readonly has: { readonly objects: readonly Pick<Listed, 'path' | 'attributes'>[] }
}
/**
 * The definitions that a registered client goes by. A definition of the application's own stays as it is; an Object that comes with the engine is taken in
 * the version registered, and one whose version nobody knows is left out, so that nothing is taken for what it is not.
 */
export const definitionsFor = ({ version, has }: Registered, known: Definitions = registry): Definitions => {
  const others = new Map<number, ObjectDefinition | undefined>()
  for (const [object, said] of versionsIn(has.objects)) {
    const given = known.get(object)
    if (given === undefined || !versionsOf(object).includes(given)) continue
    const meant = resolve(object, said ?? defaultVersion(object, version))
    if (meant !== given) others.set(object, meant)
  }
  if (others.size === 0) return known
  const found = new Map(known)
  for (const [object, meant] of others)
    if (meant === undefined) found.delete(object)
    else found.set(object, meant)
  return found
}
const versionsIn = (objects: Registered['has']['objects']): ReadonlyMap<number, string | undefined> => {
  const versions = new Map<number, string | undefined>()
  for (const { path, attributes } of objects) {
    const said = attributes['ver']
    if (path.object !== undefined && (said !== undefined || !versions.has(path.object)))
      versions.set(path.object, said === undefined ? undefined : String(said))
  }
  return versions
}
