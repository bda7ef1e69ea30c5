/** What passes a socket, a line each: `> CON 0.01 MID:1 …`. */
import { pipe, tap } from 'rxjs'
import type { Duplex } from '../../src/core/duplex.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { showMessage } from '../../src/cli/show.ts'
import { decode } from '../../src/message/decode.ts'

export const traced =
  (seen: string[]) =>
  (street: Duplex<DatagramDown, DatagramUp>): Duplex<DatagramDown, DatagramUp> => {
    const note = (arrow: string) => (word: DatagramDown | DatagramUp) => {
      if (word.type !== 'datagram') return
      const message = decode(word)
      seen.push(`${arrow} ${message.type === 'malformed' ? `malformed: ${message.reason}` : showMessage(message)}`)
    }
    return pipe(tap<DatagramDown>(note('>')), street, tap<DatagramUp>(note('<')))
  }
