/** A journal without the octets of bodies: for links over which keys travel (LwM2M Core 1.2.2 §6.1). */
import type { Journal } from './journal.ts'

/** The same journal; octets outside of options are there by their number only, as zeros. What it records cannot be replayed. */
export const hushed = (journal: Journal): Journal => ({
  get observed() {
    return journal.observed
  },
  write: (turn) =>
    journal.write({
      ...turn,
      event: blank(turn.event),
      state: blank(turn.state),
      rows: turn.rows.map((change) => ({ ...change, row: blank(change.row) })),
      effects: turn.effects.map(blank),
    }),
})

const blank = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return new Uint8Array(value.length)
  if (Array.isArray(value)) return value.map(blank)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, name === 'options' ? inner : blank(inner)]))
}
