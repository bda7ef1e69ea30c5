/** How an application says who may do what, and what a client makes of it (LwM2M Core §8.1.2). */
import { EMPTY } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { AccessOptions } from '../../src/client/access-options.ts'
import { configure } from '../../src/client/configure.ts'
import type { AccountOptions } from '../../src/client/account-options.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { controlOf } from '../../src/model/access.ts'
import { accessControl } from '../../src/objects/access-control.ts'
import { temperature } from '../../src/objects/temperature.ts'

const accounts: readonly AccountOptions[] = [
  { uri: 'coap://one:5683', shortServerId: 101 },
  { uri: 'coap://two:5683', shortServerId: 102 },
]
const objects = [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }), instances(temperature, { 0: { 5700: 1 }, 1: { 5700: 2 } })]
const made = (access: AccessOptions | undefined, servers = accounts) =>
  configure({
    endpointClientName: 'dev',
    accounts: servers,
    objects,
    parameters: defaultParameters,
    ...(access === undefined ? {} : { access }),
  })
/** What Object 2 says: place, owner, ACL. */
const controls = (access: AccessOptions | undefined) =>
  made(access)
    .instances.filter(({ object }) => object === 2)
    .map(controlOf)
    .map(({ object, instance, owner, acl }) => `/${object}/${instance} ${owner ?? 'nobody'} ${JSON.stringify(acl)}`)

describe('access', () => {
  test('absent: there is no Object 2', () => {
    expect(controls(undefined)).toEqual([])
    expect(made(undefined).definitions.has(2)).toBe(false)
  })
  test('empty: everything is the first server’s, but each server’s own', () => {
    expect(controls({})).toEqual(['/1/0 101 {}', '/1/1 102 {}', '/3/0 101 {}', '/3303/0 101 {}', '/3303/1 101 {}'])
  })
  test('by Object and by Object Instance, the nearer counts; Create is for the Object', () => {
    expect(
      controls({ owner: 102, rights: { '/3303': { 101: 'RWC', 0: 'R' }, '/3303/1': { owner: 101, 102: 'RD' }, '/9': { 0: 'C' } } }),
    ).toEqual([
      '/3303/65535 65535 {"101":16}',
      '/9/65535 65535 {"0":16}',
      '/1/0 101 {}',
      '/1/1 102 {}',
      '/3/0 102 {}',
      '/3303/0 102 {"0":1,"101":3}',
      '/3303/1 101 {"102":9}',
    ])
  })
  test('the first server is the first that is no bootstrap server', () => {
    const servers: readonly AccountOptions[] = [{ uri: 'coap://bs:5683', bootstrap: true }, { uri: 'coap://one:5683' }]
    expect(made({}, servers).access).toEqual({ owner: 2, grants: {} })
    expect(made({}, servers.slice(0, 1)).access).toEqual({ owner: 65535, grants: {} })
  })
  test.each<[string, AccessOptions]>([
    ['rights are for Objects and Object Instances, not for /', { rights: { '/': { 0: 'R' } } }],
    ['rights are for Objects and Object Instances, not for /3/0/0', { rights: { '/3/0/0': { 0: 'R' } } }],
    ['rights are for Objects and Object Instances, not for /0', { rights: { '/0': { 0: 'R' } } }],
    ['rights are for Objects and Object Instances, not for /2/0', { rights: { '/2/0': { 0: 'R' } } }],
    ['rights are for Objects and Object Instances, not for /x', { rights: { '/x': { 0: 'R' } } }],
    ['rights to /3 are letters of RWEDC, not RX', { rights: { '/3': { 0: 'RX' } } }],
    ['65535 is no Short Server ID', { rights: { '/3': { 65535: 'R' } } }],
    ['0 is no Short Server ID', { owner: 0 }],
    ['0 is no Short Server ID', { rights: { '/3': { owner: 0 } } }],
  ])('%s', (message, access) => expect(() => made(access)).toThrow(message))
  test('and an Object 2 of one’s own are not both possible', () => {
    const own = instances(accessControl, {})
    expect(() => configure({ endpointClientName: 'dev', accounts, objects: [own], parameters: defaultParameters, access: {} })).toThrow(
      'Access Control is made from `access`',
    )
  })
})
