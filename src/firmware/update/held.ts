/** What waits until the storage has taken the update: a power cut then finds the State that servers were told (LwM2M Core §E.6). */
import type { Code } from '../../message/code.ts'
import type { UpdateEffect } from './words.ts'

/** The effects of one revision of the update. */
export interface Held {
  readonly revision: number
  readonly effects: readonly UpdateEffect[]
  /** If the storage fails: what was begun is undone, what was asked is refused, or it goes on all the same. */
  readonly otherwise: 'undo' | 'refuse' | 'go-on'
}
/** Revisions that wait at once; more are answered 5.03. */
export const heldMax = 32

/** What the storage has taken, and what still waits. */
export const released = (held: readonly Held[], revision: number): readonly [effects: readonly UpdateEffect[], rest: readonly Held[]] => [
  held.filter((row) => row.revision <= revision).flatMap(({ effects }) => effects),
  held.filter((row) => row.revision > revision),
]

/** What is left of effects that could not be remembered: nothing is begun, and nobody is told of success. */
export const undone = (held: readonly Held[]): readonly UpdateEffect[] =>
  held.flatMap(({ effects }) =>
    effects.flatMap((effect): readonly UpdateEffect[] => {
      if (effect.type === 'admit') return [{ type: 'answer', request: effect.request, code: '5.00' }]
      return effect.type === 'answer' || effect.type === 'reset' ? [failing(effect)] : []
    }),
  )
/** The same, but an answer of success is one of failure. */
export const failing = (effect: UpdateEffect): UpdateEffect =>
  effect.type === 'answer' && effect.code.startsWith('2') ? { ...effect, code: failure } : effect
const failure: Code = '5.00'
