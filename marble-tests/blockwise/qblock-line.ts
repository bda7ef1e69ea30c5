/** A datagram as the RFC draws it: `-> NON GET T1 QB2:0/1`, with an X when it is lost (RFC 9177 §10). */
import type { SchedulerLike } from 'rxjs'
import { filter, pipe, tap } from 'rxjs'
import { decodeMissing } from '../../src/blockwise/robust/missing.ts'
import type { Duplex } from '../../src/core/duplex.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { methodOf } from '../../src/exchange/request.ts'
import { isRequest } from '../../src/message/code.ts'
import { decode } from '../../src/message/decode.ts'
import type { Message } from '../../src/message/message.ts'
import { options, uint, uintOf, type Option } from '../../src/message/option.ts'

/** Whether a datagram is lost, by its line. */
export type Lost = (line: string) => boolean

/** Writes down what is sent; what is lost goes no further. */
export const recorded =
  (
    scheduler: SchedulerLike,
    lines: string[],
    arrow: string,
    lost: Lost = () => false,
  ): ((street: Duplex<DatagramDown, DatagramUp>) => Duplex<DatagramDown, DatagramUp>) =>
  (street) => {
    const passes = (word: DatagramDown): boolean => {
      if (word.type !== 'datagram') return true
      const message = decode(word)
      if (message.type === 'malformed') return true
      const line = `${arrow} ${lineOf(message)}`
      const gone = lost(line)
      lines.push(`${String(scheduler.now()).padStart(6)} ${line}${gone ? ' X' : ''}`)
      return !gone
    }
    return pipe(filter(passes), street, tap())
  }

/** Type, code, blocks and, of 4.08, what is missing. */
const lineOf = ({ type, code, options: all, payload }: Message): string => {
  const what = isRequest(code) ? methodOf({ code }) : code
  const blocks = all.flatMap(({ number, value }) =>
    names[number] === undefined ? [] : [`${names[number]}:${number === 6 ? uintOf(value) : shown(value)}`],
  )
  const lost = uint(all, options.ContentFormat) === 272 ? [`[Missing ${decodeMissing(payload)?.join(',')}]`] : []
  return [type, what, ...blocks, ...lost].join(' ')
}
const names: Readonly<Record<number, string>> = { 6: 'O', 19: 'QB1', 23: 'B2', 27: 'B1', 31: 'QB2' }
const shown = (value: Option['value']) => `${Math.floor(uintOf(value) / 16)}/${(uintOf(value) & 8) >> 3}`

/** The lines with runs of blocks drawn together: `QB1:2-8/1`. */
export const drawn = (lines: readonly string[]): readonly string[] => {
  const out: string[] = []
  let run: { readonly at: string; readonly from: number; to: number } | undefined
  for (const line of lines) {
    const found = /^(.*) (QB[12]):(\d+)\/1$/.exec(line)
    const at = found === null ? '' : `${found[1]} ${found[2]}`
    const num = Number(found?.[3])
    if (found !== null && run !== undefined && run.at === at && num === run.to + 1) {
      run.to = num
      out[out.length - 1] = `${at}:${run.from}-${num}/1`
    } else {
      run = found === null ? undefined : { at, from: num, to: num }
      out.push(line)
    }
  }
  return out.map((line) => line.trim())
}
