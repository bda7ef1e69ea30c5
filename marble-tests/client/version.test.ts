/** A server that does not know our version: one step down, at once (LwM2M Core 1.2.2 §6.2.1; Transport §6.4.3). */
import { describe, expect, test } from 'vitest'
import { answered, device, play } from './device.ts'

const versions = (seen: ReturnType<typeof play>) =>
  seen.transmitted.flatMap(({ value }) => {
    const { operation } = value as { operation?: { type: string; version: string } }
    return operation?.type === 'register' ? [operation.version] : []
  })
const x = answered('4.12')

describe('4.12 Precondition Failed', () => {
  test('the client registers again at once with the next older version [LwM2M Core §6.2.1]', () => {
    const seen = play(device(), { x }, { received: '-oxc', transmitted: 'ORR' })
    expect(versions(seen)).toEqual(['1.2', '1.1'])
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'registered', version: '1.1' })
  })

  test('down to 1.0, and then it is a failure like any other', () => {
    const seen = play(device(), { x }, { received: '-oxxx', transmitted: 'ORRRC' })
    expect(versions(seen)).toEqual(['1.2', '1.1', '1.0'])
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'waiting', reason: 'rejected', detail: '4.12' })
  })

  test('another error is no reason to step down', () => {
    const seen = play(device(), { x: answered('4.00') }, { received: '-ox', transmitted: 'ORC' })
    expect(seen.delivered.at(-1)!.value).toMatchObject({ state: 'waiting', version: '1.2' })
  })

  test('an account may begin lower', () => {
    expect(versions(play(device([{ version: '1.1' }]), {}, { received: '-o', transmitted: 'OR' }))).toEqual(['1.1'])
  })
})
