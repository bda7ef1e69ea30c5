/** Differences that are well signed and mean ill: each wants far more memory than it has octets. `node --import tsx test/docs/delta.ts`. */
import { createDelta } from 'fossil-delta'
import { headerOf, next, old, signed, update, type Flash } from '../../docs/recipes/delta.ts'

/** A number as Fossil writes it: base 64, most significant digit first. */
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~'
const written = (value: number): string => (value < 64 ? '' : written(Math.floor(value / 64))) + digits[value % 64]!

export const slotBytes = 64 * 1024
const mostBytes = 2 ** 32 - 1
/** As many copies of the whole base as go into a package of the size of the slot. */
const copy = `${written(old.length)}@0,`
const copies = copy.repeat(Math.floor((slotBytes - 1_024) / copy.length))
const bomb = (saysBytes: number, headerSaysBytes = saysBytes): Uint8Array =>
  signed(Buffer.concat([headerOf(old, new Uint8Array(32), headerSaysBytes), Buffer.from(`${written(saysBytes)}\n${copies}0;`)]))

interface Hostile {
  readonly what: string
  readonly packaged: () => Uint8Array
  readonly result: number
  /** It is found out when it is installed, not before. */
  readonly isMade: boolean
}
export const hostile: readonly Hostile[] = [
  { what: 'says that it makes 4 GiB', packaged: () => bomb(mostBytes), result: 2, isMade: false },
  { what: 'says so in the delta alone', packaged: () => bomb(mostBytes, slotBytes), result: 5, isMade: false },
  { what: 'makes more than it says', packaged: () => bomb(slotBytes), result: 5, isMade: true },
  {
    what: 'makes what was not to be made',
    packaged: () => signed(Buffer.concat([headerOf(old, new Uint8Array(32), next.length), createDelta(old, next)])),
    result: 5,
    isMade: true,
  },
]

if (process.argv[1]?.endsWith('delta.ts') === true)
  for (const { what, packaged } of hostile) {
    const flash: Flash = { running: old, slotBytes }
    console.log(`it ${what}`)
    update(packaged(), flash)
    console.log(flash.running === old ? 'runs 1.0' : 'runs something else')
  }
