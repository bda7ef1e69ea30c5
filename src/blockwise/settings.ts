/** How much of a body a message to each peer may carry: what its settings say (RFC 8323 §5.3.1, §6). */
import type { Remote, Settings } from '../core/ports.ts'
import type { Up } from '../core/stack.ts'
import type { ExchangeUp } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import type { TransferDown } from './body.ts'
import { reservedSzx, szxOf, type BlockLimits } from './block.ts'
import { changed, type Made, type Transfers } from './transfer.ts'

/** The parameters towards each peer. */
export interface PerPeer {
  readonly p: Parameters & BlockLimits
  readonly of: (state: Transfers, word: ExchangeUp | TransferDown) => Parameters & BlockLimits
}

/** Peers are few of a kind: each kind has its parameters made once. */
export const perPeer = (p: Parameters & BlockLimits): PerPeer => {
  const kinds = new Map<number, Parameters & BlockLimits>()
  const kindOf = (size: number): Parameters & BlockLimits => {
    const made = kinds.get(size) ?? (size > reservedSzx ? { ...p, szx: reservedSzx, bertBytes: size } : { ...p, szx: size })
    kinds.set(size, made)
    return made
  }
  return {
    p,
    of: (state, word) => {
      const size = state.sizes.size === 0 ? undefined : state.sizes.get('', remoteOf(word))
      return size === undefined ? p : kindOf(size)
    },
  }
}

const remoteOf = (word: ExchangeUp | TransferDown): Remote =>
  'request' in word ? word.request.remote : 'remote' in word ? word.remote : ''

/** The peer said what it takes: smaller blocks, or several of them in a message. Who prefers blocks below 1,024 octets keeps them. */
export const settingsCame = (p: Parameters, state: Transfers, event: Up<Settings>): Made => {
  const { remote, maxMessageBytes, bert } = event.value
  const room = maxMessageBytes - aroundBytes
  const blocks = Math.min(bertMax, Math.floor(room / 1024))
  if (bert && p.szx >= 6 && blocks > 1) {
    if (!state.sizes.full || state.sizes.get('', remote) !== undefined) state.sizes.put('', remote, blocks * 1024)
  } else if (room >= 1024) state.sizes.remove('', remote)
  else if (!state.sizes.full || state.sizes.get('', remote) !== undefined) state.sizes.put('', remote, Math.min(p.szx, szxOf(room)))
  return [changed(state), [event]]
}

/** Octets of a message that are left for its token and options. */
const aroundBytes = 128
/** Blocks of one message. */
const bertMax = 32
