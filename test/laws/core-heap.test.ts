/** The heap against a sorted list. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { heap, type Entry } from '../../src/core/heap.ts'

test('the heap gives its entries in order, ties by age, whatever was moved or removed', () => {
  const actions = fc.array(fc.tuple(fc.constantFrom('put', 'put', 'move', 'remove', 'take'), fc.nat(30), fc.nat(50)), { maxLength: 120 })
  fc.assert(
    fc.property(actions, (script) => {
      const tested = heap<Entry>()
      const live: Entry[] = []
      let order = 0
      for (const [action, at, pick] of script) {
        const some = live[pick % Math.max(1, live.length)]
        if (action === 'put' || some === undefined) {
          const entry = { at, order: order++, place: -1 }
          live.push(entry)
          tested.put(entry)
        } else if (action === 'move') {
          some.at = at
          tested.put(some)
        } else {
          const gone = action === 'take' ? tested.first()! : some
          live.splice(live.indexOf(gone), 1)
          tested.remove(gone)
          tested.remove(gone)
        }
        const least = [...live].sort((a, b) => a.at - b.at || a.order - b.order)[0]
        expect(tested.first()).toBe(least)
      }
      const drained: Entry[] = []
      for (let first = tested.first(); first !== undefined; first = tested.first()) {
        drained.push(first)
        tested.remove(first)
      }
      expect(drained).toEqual([...live].sort((a, b) => a.at - b.at || a.order - b.order))
    }),
    { numRuns: 1_000 },
  )
})
