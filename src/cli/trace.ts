/** `-v`: every message as it passes the socket, with its time, on stderr. */
import { pipe, tap } from 'rxjs'
import type { Duplex } from '../core/duplex.ts'
import type { DatagramDown, DatagramUp } from '../core/ports.ts'
import { decode } from '../message/decode.ts'
import { showMessage } from './show.ts'

/** The same street, each datagram printed. */
export const traced = (street: Duplex<DatagramDown, DatagramUp>): Duplex<DatagramDown, DatagramUp> => {
  const begun = performance.now()
  const print =
    (arrow: string) =>
    (word: DatagramDown | DatagramUp): void => {
      const at = `${((performance.now() - begun) / 1000).toFixed(3).padStart(8)}s`
      process.stderr.write(`${at} ${arrow} ${'remote' in word ? word.remote : ''} ${shown(word)}\n`)
    }
  return pipe(tap<DatagramDown>(print('->')), street, tap<DatagramUp>(print('<-')))
}

const shown = (word: DatagramDown | DatagramUp): string => {
  if (word.type !== 'datagram') return JSON.stringify(word)
  const message = decode(word)
  return message.type === 'malformed' ? `malformed: ${message.reason}` : showMessage(message)
}
