/** An Update that fails: the client registers again (LwM2M Core 1.2.2 §6.2.2). */
import { describe, expect, test } from 'vitest'
import { answered, closed, created, device, failed, opened, play, state } from './device.ts'

describe('a failed Update', () => {
  test.each(['4.04', '4.00', '5.00', '2.05'] as const)(
    'answered %s: the client registers again, on a new link [LwM2M Core §6.2.2]',
    (code) => {
      play(
        device([{ lifetimeSeconds: 60 }]),
        { x: answered(code), p: opened(), d: created() },
        { received: '(oc) 26s x----(pd)', transmitted: '(OR) 26s (UCO)R' },
      )
    },
  )

  test.each(['timeout', 'reset', 'unreachable', 'refused'] as const)('%s: the client registers again', (reason) => {
    play(device([{ lifetimeSeconds: 60 }]), { x: failed(reason) }, { received: '(oc) 27s x', transmitted: '(OR) 26s U(CO)' })
  })

  test('the new registration has fresh attempts and plans its Update anew', () => {
    const seen = play(
      device([{ lifetimeSeconds: 60 }]),
      { x: answered('4.04') },
      { received: '(oc) 27s x---(oc)', transmitted: '(OR) 26s U(CO)R 29s U' },
    )
    expect(seen.delivered.filter(({ value }) => state('registered')(value)).at(-1)!.value).toMatchObject({ reason: 'registered' })
  })

  test('a link that breaks means a new link and a new registration', () => {
    play(device(), { x: closed('lost') }, { received: '(oc)x---o', transmitted: '(OR)O---R' })
  })
})
