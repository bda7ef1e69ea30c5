/** `-v`: every message as it passes the socket, with its time, on stderr. */
import { pipe, tap } from 'rxjs'
import type { Duplex } from '../core/duplex.ts'
import type { DatagramDown, DatagramUp, Transports } from '../core/ports.ts'
import { decode } from '../message/decode.ts'
import { decodeFrame, frameHead } from '../message/frame.ts'
import type { Malformed, Message } from '../message/message.ts'
import { showMessage } from './show.ts'

/** The same transports, each message printed. */
export const tracedAll = ({ udp, tcp }: Transports): Transports => ({
  udp: (options) => traced(udp(options), (bytes, remote) => readDatagram(remote, bytes)),
  ...(tcp === undefined ? {} : { tcp: (options) => traced(tcp(options), (bytes, remote) => readPiece(remote, bytes)) }),
})

const traced = (
  street: Duplex<DatagramDown, DatagramUp>,
  read: (bytes: Uint8Array, remote: string) => string,
): Duplex<DatagramDown, DatagramUp> => {
  const begun = performance.now()
  const print =
    (arrow: string) =>
    (word: DatagramDown | DatagramUp): void => {
      const at = `${((performance.now() - begun) / 1000).toFixed(3).padStart(8)}s`
      process.stderr.write(
        `${at} ${arrow} ${'remote' in word ? word.remote : ''} ${word.type === 'datagram' ? read(word.bytes, word.remote) : JSON.stringify(word)}\n`,
      )
    }
  return pipe(tap<DatagramDown>(print('->')), street, tap<DatagramUp>(print('<-')))
}

const readDatagram = (remote: string, bytes: Uint8Array): string =>
  isRecord(bytes) ? `DTLS, ${bytes.length} octets` : shown(decode({ type: 'datagram', remote, bytes }))
/** No CoAP message begins like a record (RFC 7983 §7). */
const isRecord = ([type = 0, version]: Uint8Array): boolean => type >= 20 && type <= 25 && version === 254
const shown = (message: Message | Malformed): string =>
  message.type === 'malformed' ? `malformed: ${message.reason}` : showMessage(message)

/** The whole messages in one piece of a stream; of what was cut, the octets are counted. */
const readPiece = (remote: string, bytes: Uint8Array): string => {
  const parts: string[] = []
  let rest = bytes
  for (let head = frameHead(rest); head !== undefined && head.frameBytes <= rest.length; head = frameHead(rest)) {
    parts.push(shown(decodeFrame(remote, rest.subarray(0, head.frameBytes), head)))
    rest = rest.subarray(head.frameBytes)
  }
  return [...parts, ...(rest.length === 0 ? [] : [`${rest.length} octets`])].join(', ')
}
