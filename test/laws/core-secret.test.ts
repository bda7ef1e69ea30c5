/** A secret is never printed, however it is printed. */
import { format, inspect } from 'node:util'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import { bench, drive } from './bench.ts'
import { single } from '../../src/core/part.ts'
import { none } from '../../src/core/machine.ts'
import { show } from '../../src/testing/index.ts'

test('a secret is not in JSON, inspection, templates, formats, keys, errors or shown values', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 32 }), (octets) => {
      const secret = new Secret(octets)
      const holder = { name: 'key', secret, list: [secret] }
      const printed = [
        JSON.stringify(holder),
        inspect(holder, { depth: 9, showHidden: true }),
        `${String(secret)}${secret as unknown as string}`,
        format('%s %o %O %j', secret, secret, secret, secret),
        Object.keys(secret).join(),
        String(new Lwm2mError('invalid', `with ${String(secret)}`)),
        show(holder),
      ].join('\n')
      for (const text of traces(octets)) expect(printed).not.toContain(text)
      expect(printed).toContain('[secret]')
      expect(secret.reveal()).toBe(octets)
    }),
    { numRuns: 1_000 },
  )
})
test('no turn of a machine that holds a secret has its octets', () => {
  const { env, turns } = bench()
  const octets = Uint8Array.of(201, 202, 203, 204, 205, 206)
  const { post } = drive(
    single<
      { readonly key: Secret | undefined },
      { readonly type: 'key'; readonly key: Secret },
      { readonly type: 'sign'; readonly key: Secret }
    >({
      name: 'keyring',
      initial: { key: undefined },
      deadline: () => Infinity,
      step: (state, event) => (event.type === 'key' ? [{ key: event.key }, [{ type: 'sign', key: event.key }]] : [state, none]),
    }),
    env,
  )
  post({ type: 'key', key: new Secret(octets) })
  for (const text of traces(octets)) expect(`${JSON.stringify(turns)}${inspect(turns, { depth: 20 })}`).not.toContain(text)
  expect(turns).toHaveLength(1)
})

const traces = (octets: Uint8Array) => [
  Buffer.from(octets).toString('hex'),
  Buffer.from(octets).toString('base64'),
  [...octets].join(', '),
  [...octets].join(','),
]
