/** Luck enough for one step: 256 bits that arrive with the event, and independent numbers derived from them by name. */

/** Eight uint32, from the system's CSPRNG when live, from the seed in a simulation. A test may load the dice: a single number is what every label gets. */
export type Dice = readonly number[]

/** A source of luck. Forks are named, so that one consumer's draws never shift another's. */
export interface Random {
  /** The next 256 bits. */
  readonly dice: () => Dice
  readonly uint32: () => number
  readonly fork: (name: string) => Random
}

/** An independent uint32 for each label, equal for equal dice (SFC32 over the dice, its counter begun at the label's hash). */
export const roll = (dice: Dice, label: string): number => {
  if (dice.length === 1) return dice[0]!
  let a = (dice[0]! ^ dice[4]!) | 0
  let b = (dice[1]! ^ dice[5]!) | 0
  let c = (dice[2]! ^ dice[6]!) | 0
  let counter = hash(dice[3]! ^ dice[7]!, label)
  let out = 0
  for (let round = 0; round < 12; round++) {
    out = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + out
  }
  return out >>> 0
}

/** A number in [0, 1) for each label. */
export const chance = (dice: Dice, label: string): number => roll(dice, label) / 2 ** 32

/** Luck from a seed (mulberry32); each fork is its own stream, named. */
export const seeded = (seed: number): Random => {
  let state = seed | 0
  const uint32 = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    uint32,
    dice: () => [uint32(), uint32(), uint32(), uint32(), uint32(), uint32(), uint32(), uint32()],
    fork: (name) => seeded(hash(seed, name)),
  }
}

/** FNV-1a over the name, begun at the seed. */
const hash = (seed: number, name: string): number => {
  let mixed = (seed ^ 0x811c9dc5) | 0
  for (let i = 0; i < name.length; i++) mixed = Math.imul(mixed ^ name.charCodeAt(i), 0x01000193)
  return mixed
}
