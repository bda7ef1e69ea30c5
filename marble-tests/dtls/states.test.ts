/** How a handshake goes can be watched in the journal, with the reason of its failure (RFC 6347 §4.2). */
import { expect, test } from 'vitest'
import type { Turn } from '../../src/core/journal.ts'
import { linksIn, type LinkState } from '../../src/datagram/dtls/handshakes.ts'
import { Secret } from '../../src/core/secret.ts'
import { octets, play, server, type PairOptions } from './pair.ts'

const watched = (options: PairOptions, submitted: string): readonly string[] => {
  const states: LinkState[] = []
  const journal = { observed: true, write: (turn: Turn) => void states.push(...linksIn(turn)) }
  play({ ...options, journal }, { submitted, transmitted: '*', delivered: '*' }, {})
  return states.filter(({ remote }) => remote === server).map(said)
}
const said = (link: LinkState): string =>
  link.state === 'handshake'
    ? `${link.waitsFor} ${link.retransmissions}`
    : link.state === 'closed'
      ? `closed ${link.reason} ${link.detail ?? ''}`
      : link.state

test('a client waits for the ServerHello, for the key, for the Finished, and is there; a link with a Connection ID sleeps', () => {
  expect(watched({ client: { connectionIdBytes: 0 }, server: { connectionIdBytes: 8 } }, 'o-----------z')).toEqual([
    'server-hello 0',
    'server-hello 0',
    'key 0',
    'finished 0',
    'established',
    'asleep',
  ])
})

test('retransmissions and the reason of a failure are seen', () => {
  expect(watched({ clientKey: new Secret(octets('another')), lost: [0], untilMs: 9_000 }, 'o')).toEqual([
    'server-hello 0',
    'server-hello 1',
    'server-hello 0',
    'key 0',
    'finished 0',
    'finished 1',
    'finished 2',
    'closed refused wrong-key',
  ])
})
