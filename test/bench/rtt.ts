/** One body over a long round trip, in virtual time: block by block, in bursts, over a stream with BERT, and as HTTP would (RFC 7959, 9177, 8323 §6, 6928). */
import { EMPTY, of } from 'rxjs'
import { coapEndpoint, type CoapOptions } from '../../src/coap.ts'
import { seeded } from '../../src/core/dice.ts'
import type { Sink } from '../../src/core/ports.ts'
import { cable, streamCable } from '../../src/datagram/cable.ts'
import { faulty } from '../../src/datagram/faults.ts'
import { request } from '../../src/exchange/request.ts'
import { noBytes } from '../../src/message/message.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'
import { bareEnvironment } from '../../src/testing/index.ts'
import type { Contest, Result } from './arena.ts'

type Way = 'Block2' | 'Q-Block2' | 'TCP with BERT' | 'HTTP (model)'
interface Street {
  readonly rttMs: number
  readonly bytes: number
  readonly loss?: number
  readonly maxPayloads?: number
}

/** Seconds of virtual time until the last octet is stored. No link is slower than it is long: bandwidth and CPU cost nothing here. */
export const secondsOf = (way: Way, { rttMs, bytes, loss = 0, maxPayloads = 10 }: Street): number => {
  if (way === 'HTTP (model)') return (rttMs * (1 + slowStartRounds(bytes))) / 1000
  const scheduler = virtualScheduler()
  const random = seeded(1)
  const body = new Uint8Array(bytes).fill(0x5a)
  const reliable = way === 'TCP with BERT'
  const scheme = reliable ? 'coap+tcp' : 'coap'
  const parameters = { robustBlocks: way === 'Q-Block2' ? ('auto' as const) : ('off' as const), maxPayloads }
  const surroundings = { scheduler, random: random.fork('cable') }
  const ends = reliable ? streamCable(surroundings, { delayMs: rttMs / 2 }) : cable(surroundings, { delayMs: rttMs / 2 })
  const end = (name: string, options: CoapOptions) => {
    const street =
      loss === 0 || name.endsWith('2:1') ? ends(name) : faulty({ scheduler, random: random.fork('faults') }, { loss })(ends(name))
    const transports = reliable ? { udp: () => () => EMPTY, tcp: () => street } : { udp: () => street }
    return coapEndpoint(bareEnvironment({ scheduler, random: random.fork(name), transports }), { ...options, parameters })
  }
  const source = { size: bytes, etag: Uint8Array.of(1), read: (offset: number, count: number) => of(body.subarray(offset, offset + count)) }
  const there = `${scheme}://10.0.0.2:1`
  end(there, { handler: () => of({ code: '2.05', options: [], payload: noBytes, source }) }).up$.subscribe()
  const client = end(`${scheme}://10.0.0.1:1`, {})
  let stored = 0
  let doneAt = Infinity
  const sink: Sink = {
    open: () => EMPTY,
    write: (piece) => {
      stored += piece.length
      return EMPTY
    },
    close: () => {
      doneAt = scheduler.now()
      return EMPTY
    },
    abandon: () => EMPTY,
  }
  const begunAt = scheduler.now()
  client.ask(request('GET', there, { sink }, '/image')).subscribe({ error: () => {} })
  scheduler.flush(begunAt + 36_000_000)
  if (stored !== bytes) throw new Error(`${way}: ${stored} of ${bytes} octets`)
  return (doneAt - begunAt) / 1000
}

/** Round trips of a TCP connection that begins with ten segments of 1,460 octets and doubles them each time, never losing one (RFC 6928, RFC 5681 §3.1). */
const slowStartRounds = (bytes: number): number => {
  let sent = 0
  let rounds = 0
  for (let window = 10 * 1_460; sent < bytes; window *= 2) {
    sent += window
    rounds++
  }
  return rounds
}

/** All four, and their ratios to Block2. */
export const rtt =
  (rttMs: number): Contest =>
  ({ say }) => {
    const results: Result[] = []
    for (const blocks of [1_000, 8_192]) {
      const street = { rttMs, bytes: blocks * 1_024 }
      const block2 = secondsOf('Block2', street)
      say(`${blocks} blocks of 1 KiB, ${rttMs} ms round trip, simulated: Block2 ${block2.toFixed(1)} s`)
      for (const way of ['Q-Block2', 'TCP with BERT', 'HTTP (model)'] as const) {
        const seconds = secondsOf(way, street)
        say(`  ${way.padEnd(24)} ${seconds.toFixed(1)} s: ${(block2 / seconds).toFixed(2)} times as fast`)
        if (way === 'Q-Block2')
          results.push({
            name: `rtt-${rttMs}ms`,
            of: `Q-Block2, ${blocks} blocks`,
            unit: 'KiB/s',
            better: 'higher',
            ours: blocks / seconds,
            peer: blocks / block2,
            peerName: 'Block2',
            ratio: block2 / seconds,
          })
      }
    }
    const lossy = { rttMs, bytes: 1_000 * 1_024, loss: 0.01 }
    const wide = { rttMs, bytes: 1_000 * 1_024, maxPayloads: 32 }
    const lost = [secondsOf('Block2', lossy), secondsOf('Q-Block2', lossy)] as const
    say(
      `  with 1 % loss each way: Block2 ${lost[0].toFixed(1)} s, Q-Block2 ${lost[1].toFixed(1)} s: ${(lost[0] / lost[1]).toFixed(2)} times as fast`,
    )
    const most = [secondsOf('Block2', wide), secondsOf('Q-Block2', wide)] as const
    say(`  with MAX_PAYLOADS 32 at both ends: Q-Block2 ${most[1].toFixed(1)} s: ${(most[0] / most[1]).toFixed(2)} times as fast`)
    return Promise.resolve(results)
  }
