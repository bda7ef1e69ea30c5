/** Each arrow of the diagrams, as a ladder; and each ladder is an arrow (LwM2M Core 1.2.2 §6.1, §6.2). */
import { describe, expect, test } from 'vitest'
import { bootstrapTransitions, serverTransitions } from '../../src/client/transitions.ts'
import { live, told } from './life.ts'
import { ladders, letters, type Arrow } from './transitions.ts'

const nameOf = ({ role, from, to }: Pick<Arrow, 'role' | 'from' | 'to'>) => `${role}: ${from} to ${to}`
const table = [
  ...serverTransitions.map((arrow) => ({ ...arrow, role: 'server' as const })),
  ...bootstrapTransitions.map((arrow) => ({ ...arrow, role: 'bootstrap' as const })),
]

/** Where an account begins is not told. */
const beginning = { server: 'waiting', bootstrap: 'idle' } as const
/** The arrows that an account went along, in order. */
const walked = ({ role, account }: Arrow, seen: Parameters<typeof told>[0]): readonly string[] => {
  const phases = [
    beginning[role],
    ...told(seen)
      .filter((notice) => notice.account === account)
      .map(({ state }) => state),
  ]
  return phases.slice(1).map((to, index) => nameOf({ role, from: phases[index]!, to }))
}

describe('each arrow of the diagram has a ladder', () => {
  test.each(table.map((arrow) => [nameOf(arrow), arrow.when, arrow] as const))('%s: %s', (name, _when, arrow) => {
    const mine = ladders.filter((ladder) => nameOf(ladder) === nameOf(arrow))
    expect(mine.length, `ladders of ${name}`).toBeGreaterThan(0)
    for (const ladder of mine) {
      const { machine, submitted, received, transmitted } = ladder
      expect(walked(ladder, live(machine, letters, { submitted, received, transmitted }))).toContain(name)
    }
  })
})

test('and each ladder is an arrow', () => {
  const known = new Set(table.map(nameOf))
  expect(ladders.map(nameOf).filter((name) => !known.has(name))).toEqual([])
})
