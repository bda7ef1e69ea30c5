/** Operations x places x conditions: each request as octets to a device, its answer as octets, and what it left behind (LwM2M Core 1.2.2 §6.3, §6.4, §8). */
import { describe, expect, test } from 'vitest'
import { operationNames, requestOf, root, places, conditions } from './cells.ts'
import { octetDevice, type OctetDevice } from './device.ts'
import { cells } from './expected.ts'

const all = cells()
const possible = all.filter(({ code }) => code !== undefined)
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
/** Everything that the first server sees, in words. */
const everythingOf = (device: OctetDevice, above: string): string =>
  text(device.ask({ method: 'GET', path: `${above}/3200`, accept: 110 })?.payload)
const isPlain = (code: string | undefined) => code?.startsWith('2.') === true

test(`the table has a code or a reason in each of its ${all.length} cells, ${possible.length} of them requests`, () => {
  expect(all.length).toBe(operationNames.length * places.length * conditions.length)
  expect(possible.length).toBeGreaterThan(850)
  process.stdout.write(`operations: ${possible.length} requests, ${all.length - possible.length} impossible\n`)
})

describe.each(operationNames)('%s', (operation) => {
  test.each(possible.filter((cell) => cell.operation === operation))(
    'at $place, $condition: $code [$section]',
    ({ place, condition, code }) => {
      const above = place === 'alternate path' ? root : ''
      const device = octetDevice(above === '' ? {} : { root })
      const before = everythingOf(device, above)
      expect(before).toContain('hello')
      const came = device.ask(requestOf(operation, place, condition))
      expect(came?.code).toBe(code)
      if (!isPlain(code)) expect(everythingOf(device, above)).toBe(before)
      if (condition === 'access denied' && operation !== 'Discover') expect(text(came?.payload)).not.toContain('hello')
    },
  )
})
