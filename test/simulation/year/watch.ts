/** What a device says and hears in one life, counted from its journal: messages, and Registers under way. */
import type { ClientEffect, ClientEvent } from '../../../src/client/work.ts'
import type { Journal, Turn } from '../../../src/core/journal.ts'
import type { Remote } from '../../../src/core/ports.ts'
import type { LayerEffect, LayerEvent } from '../../../src/core/stack.ts'
import type { ExchangeId } from '../../../src/exchange/exchange.ts'

/** Counts of the whole year: a device has a new journal in each life. */
export interface Counts {
  /** CoAP messages of its own and of its servers; one that is transmitted again is the same message. */
  messages: number
  registers: number
  /** The most Registers that were under way with one server at a time. */
  mostAtOnce: number
}
export const nothingYet = (): Counts => ({ messages: 0, registers: 0, mostAtOnce: 0 })

/** The journal of one life. */
export const watch = (counts: Counts): Journal => {
  const underWay = new Map<Remote, Set<ExchangeId>>()
  return {
    observed: true,
    write: ({ machine, event, effects }: Turn) => {
      if (machine === 'messages' || machine === 'signals')
        counts.messages += messagesIn(event as LayerEvent<Word, Word>, effects as readonly LayerEffect<Word, Word>[])
      if (machine === 'client') registersIn(event as ClientEvent, effects as readonly ClientEffect[], underWay, counts)
    },
  }
}

interface Word {
  readonly type: string
  readonly messageId?: number
}
const isMessage = ({ messageId }: Word) => messageId !== undefined
/** What is transmitted by the clock is transmitted again. */
const messagesIn = (event: LayerEvent<Word, Word> | { readonly type: 'tick' }, effects: readonly LayerEffect<Word, Word>[]): number => {
  if (event.type === 'tick') return 0
  const said = effects.filter(({ type, value }) => type === 'down' && isMessage(value)).length
  return said + (event.type === 'up' && isMessage(event.value) ? 1 : 0)
}

const registersIn = (
  event: ClientEvent,
  effects: readonly ClientEffect[],
  underWay: Map<Remote, Set<ExchangeId>>,
  counts: Counts,
): void => {
  if (event.type === 'up' && (event.value.type === 'performed' || event.value.type === 'failed'))
    underWay.get(event.value.remote)?.delete(event.value.exchange)
  for (const { type, value } of effects) {
    if (type !== 'down') continue
    if (value.type === 'cancel') underWay.get(value.remote)?.delete(value.exchange)
    if (value.type !== 'perform' || value.operation.type !== 'register') continue
    const open = underWay.get(value.remote) ?? new Set<ExchangeId>()
    underWay.set(value.remote, open.add(value.exchange))
    counts.registers++
    counts.mostAtOnce = Math.max(counts.mostAtOnce, open.size)
  }
}
