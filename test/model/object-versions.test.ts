/** Which definition a peer means: its Objects by the versions that it registered. */
import { describe, expect, it } from 'vitest'
import { definitions, defineObject } from '../../src/model/definition.ts'
import { parsePath } from '../../src/model/path.ts'
import { registry } from '../../src/objects/registry.ts'
import { defaultVersion, definitionsFor, resolve, versionsOf } from '../../src/objects/resolution.ts'
import type { Version } from '../../src/operation/operation.ts'

const said = (version: Version, ...places: readonly (string | readonly [string, string])[]) => ({
  version,
  has: {
    objects: places.map((place) =>
      typeof place === 'string'
        ? { path: parsePath(place)!, attributes: {} }
        : { path: parsePath(place[0])!, attributes: { ver: place[1] } },
    ),
  },
})

describe('an Object in a version', () => {
  it.each([
    [4, '1.0', '1.0'],
    [4, '1.2', '1.2'],
    [4, '1.7', '1.3'],
    [3303, '1.1', '1.1'],
    [5, '1.10', '1.2'],
    [20, '2.0', '2.0'],
    [20, '2.9', '2.1'],
    [20, '1.5', '1.0'],
    [20, '3.0', undefined],
    [4, '2.0', undefined],
    [4, 'one', undefined],
    [4, '', undefined],
    [4711, '1.0', undefined],
  ])('/%i in %s is %s [LwM2M Core §7.2]', (object, version, found) => {
    expect(resolve(object, version)?.version).toBe(found)
  })
  it('without a version is the newest', () => {
    expect(resolve(25)?.version).toBe('2.0')
    expect(versionsOf(25).map(({ version }) => version)).toEqual(['1.0', '2.0'])
  })
  it('older than any that is known is the oldest of its major version', () => {
    const known = versionsOf(4).slice(2)
    expect(resolve(4, '1.0', known)?.version).toBe('1.2')
  })
})

describe('the definitions of a registered client', () => {
  const versionIn = (found: ReturnType<typeof definitionsFor>, object: number) => found.get(object)?.version
  it('are those that it names', () => {
    const found = definitionsFor(said('1.2', ['/25', '1.0'], '/25/0', ['/3303', '1.1'], '/3303/0', ['/5', '1.0']))
    expect([25, 3303, 5].map((object) => versionIn(found, object))).toEqual(['1.0', '1.1', '1.0'])
    expect(found.get(25)!.resources[1]!.operations).toBe('RW')
  })
  it.each<[Version, readonly string[]]>([
    ['1.0', ['1.0', '1.0', '1.0', '1.0', '1.0', '1.0']],
    ['1.1', ['1.1', '1.0', '1.1', '1.2', '1.0', '1.0']],
    ['1.2', ['1.2', '1.1', '1.2', '1.3', '1.1', '1.0']],
  ])('that names none go by LwM2M %s for core Objects, and are 1.0 otherwise [LwM2M Core §7.2]', (version, expected) => {
    const found = definitionsFor(said(version, '/1/0', '/2/0', '/3/0', '/4/0', '/5/0', '/3303/0'))
    expect([1, 2, 3, 4, 5, 3303].map((object) => versionIn(found, object))).toEqual(expected)
    expect(defaultVersion(3303, version)).toBe('1.0')
  })
  it('leave out an Object in a version that nobody knows: its values are not taken for what they are not', () => {
    const found = definitionsFor(said('1.1', ['/3303', '4.0']))
    expect(found.has(3303)).toBe(false)
    expect(found.has(3304)).toBe(true)
  })
  it("keep the application's own, whatever the client says", () => {
    const mine = defineObject({
      id: 3303,
      name: 'Mine',
      version: '1.0',
      multiple: false,
      mandatory: false,
      resources: { 1: { name: 'Word', operations: 'R', multiple: false, mandatory: true, type: 'string' } },
    })
    const own = definitions([...registry.values(), mine])
    expect(definitionsFor(said('1.1', ['/3303', '1.1']), own).get(3303)).toBe(mine)
  })
  it('are the same map where nothing differs, and never change what is given', () => {
    expect(definitionsFor(said('1.2', '/4711/0', ['/3303', '1.1']))).toBe(registry)
    const before = [...registry]
    definitionsFor(said('1.0', '/1/0', '/3/0', ['/25', '1.0']))
    expect([...registry]).toEqual(before)
  })
})
