/** The exchanges below of one body: each request has a token of its own, and few are kept (RFC 9177 §6). */
import { roll } from '../../core/dice.ts'
import type { Stamp } from '../../core/machine.ts'
import { down } from '../../core/stack.ts'
import type { Request } from '../../exchange/exchange.ts'
import type { Token } from '../../message/message.ts'
import { options as numbers, without, type Option } from '../../message/option.ts'
import { sorted } from '../../message/option.ts'
import type { Asking, Robust, RobustEffect } from './rows.ts'

/** What the tokens of one body begin with: the rest counts its requests (RFC 9177 §6). */
export const freshBase = ({ dice }: Stamp): string => hex8(roll(dice, 'tokens of a burst'))
const hex8 = (value: number): string => value.toString(16).padStart(8, '0')

/** What a request below has of its own. */
export interface Below {
  readonly options: readonly Option[]
  readonly payload: Uint8Array
  readonly confirmable: boolean
  /** The block that it carries. */
  readonly num?: number
  /** Default: one of the row's own. */
  readonly token?: Token
}

/** Asks below, answered until it is cancelled. Of the row's exchanges the first and so many others are kept. */
export const askBelow = <Row extends Asking>(
  state: Robust,
  key: Token,
  row: Row,
  { options, payload, confirmable, num = 0, token = row.tokenBase + hex8(row.requests) }: Below,
  keep: number,
  effects: RobustEffect[],
): Row => {
  const { remote, code, purpose } = row.request
  const request: Request = { remote, code, options, payload, confirmable, purpose: confirmable ? purpose : 'burst' }
  state.lowers.put(remote, token, { key, num })
  effects.push(down({ type: 'ask', exchange: token, request, many: true }))
  const next = { ...row, tokens: [...row.tokens, token], requests: row.requests + 1 }
  return next.tokens.length > keep + 1 ? release(state, next, next.tokens.slice(1, next.tokens.length - keep), effects) : next
}

/** Lets go of these exchanges: what still comes under them is rejected. */
export const release = <Row extends Asking>(state: Robust, row: Row, tokens: readonly Token[], effects: RobustEffect[]): Row => {
  const { remote } = row.request
  for (const exchange of tokens) {
    state.lowers.remove(remote, exchange)
    effects.push(down({ type: 'cancel', exchange, remote }))
  }
  return { ...row, tokens: row.tokens.filter((token) => !tokens.includes(token)) }
}

/** One exchange below is over by itself. */
export const forgetLower = <Row extends Asking>(state: Robust, row: Row, token: Token): Row => {
  state.lowers.remove(row.request.remote, token)
  return { ...row, tokens: row.tokens.filter((one) => one !== token) }
}

/** The options with these in their places. */
export const withOptions = (all: readonly Option[], more: readonly Option[]): readonly Option[] => sorted([...all, ...more])
/** The options of a request that blocks of the other kind might stand in. */
export const withoutBlocks = (all: readonly Option[]): readonly Option[] =>
  without(all, numbers.Block1, numbers.Block2, numbers.QBlock1, numbers.QBlock2, numbers.Size1)
