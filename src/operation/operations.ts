/** Requests become operations and outcomes become responses; what is no operation is answered at once (LwM2M Transport §6.4). */
import { none, type Machine, type Step } from '../core/machine.ts'
import { down, up, type LayerEffect, type LayerEvent } from '../core/stack.ts'
import { Table } from '../core/table.ts'
import type { Answered, Asked, ExchangeDown, ExchangeUp } from '../exchange/exchange.ts'
import { isSuccess } from '../message/code.ts'
import { options, uint } from '../message/option.ts'
import type { OperationContext } from './context.ts'
import type { Operation, Outcome } from './operation.ts'
import type { Define, OperationDown, OperationUp, Perform, Respond } from './word.ts'
import { isWrong, shapeOf } from './shape.ts'
import { decodeOperation, decodeOutcome, encodeOperation, encodeOutcome, errorResponse, isPlaced } from './translation.ts'

/** Our operations that are not answered yet: scope remote, key token. */
export interface Operations {
  readonly performing: Table<Operation>
  /** What was defined since the beginning, an entry for each Object. */
  readonly defined: readonly Define[]
}
export type OperationsEvent = LayerEvent<ExchangeUp, OperationDown>
export type OperationsEffect = LayerEffect<ExchangeDown, OperationUp>
type Made = Step<Operations, OperationsEffect>

/** Remembers nothing but which operation an answer is for, and what was defined. */
export const operations = (given: OperationContext, performingMax = 65536): Machine<Operations, OperationsEvent, OperationsEffect> => {
  const contextOf = knowing(given)
  return {
    name: 'operations',
    initial: { performing: new Table({ name: 'performing', limit: performingMax }), defined: none },
    deadline: () => Infinity,
    step: (state, event) => {
      const context = contextOf(state.defined)
      if (event.type === 'up') return receive(context, state, event.value)
      return event.type === 'down' ? submit(context, state, event.value) : [state, none]
    },
  }
}

/** The context with what was defined since; made once for each change. */
const knowing = (given: OperationContext): ((defined: readonly Define[]) => OperationContext) => {
  let [last, made]: readonly [readonly Define[], OperationContext] = [none, given]
  return (defined) => {
    if (defined === last) return made
    const definitions = new Map(given.definitions)
    for (const { object, definition } of defined)
      if (definition === undefined) definitions.delete(object)
      else definitions.set(object, definition)
    ;[last, made] = [defined, defined.length === 0 ? given : { ...given, definitions }]
    return made
  }
}

const receive = (context: OperationContext, state: Operations, value: ExchangeUp): Made => {
  switch (value.type) {
    case 'asked':
      return [state, [asked(context, value)]]
    case 'answered':
      return answered(context, state, value)
    case 'failed':
      return [forget(state, value.remote, value.exchange), [up(value)]]
    default:
      return [state, [up(value)]]
  }
}
const submit = (context: OperationContext, state: Operations, value: OperationDown): Made => {
  switch (value.type) {
    case 'perform':
      return perform(context, state, value)
    case 'respond':
      return [state, respond(context, value)]
    case 'cancel':
      return [forget(state, value.remote, value.exchange), [down(value)]]
    case 'define':
      return [{ ...state, defined: [...state.defined.filter(({ object }) => object !== value.object), value] }, none]
    default:
      return [state, [down(value)]]
  }
}

/** The answer goes down. What it came to goes up where somebody has to know: it is not what was meant, or belongs to an observation. */
const respond = (context: OperationContext, word: Respond): readonly OperationsEffect[] => {
  const { exchange, request, operation, confirmable } = word
  const encoded = encodeOutcome(word, context)
  const response = confirmable === undefined ? encoded : { ...encoded, confirmable }
  const { code } = response
  const last = word.last || !isSuccess(code)
  const contentFormat = uint(response.options, options.ContentFormat)
  const said = {
    ...(contentFormat === undefined ? {} : { contentFormat }),
    ...(code === word.outcome.code ? {} : { meant: word.outcome.code }),
  }
  const answer = down<ExchangeDown>({ type: 'answer', exchange, request, response, last })
  if (word.last && code === word.outcome.code) return [answer]
  return [answer, up({ type: 'responded', exchange, remote: request.remote, operation, code, ...said, last })]
}

const asked = (context: OperationContext, { exchange, request }: Asked): OperationsEffect => {
  const operation = decodeOperation(request, context)
  if (!isWrong(operation)) {
    const outside = context.root !== undefined && isPlaced(operation) && shapeOf(request, context.root).outside
    return up({ type: 'requested', exchange, remote: request.remote, operation, request, ...(outside ? { outside } : {}) })
  }
  return down({
    type: 'answer',
    exchange,
    request,
    response: errorResponse({ code: operation.wrong, diagnostic: operation.diagnostic }),
    last: true,
  })
}

const perform = (context: OperationContext, state: Operations, word: Perform): Made => {
  const { exchange, remote, operation } = word
  if (state.performing.full) return [state, [up({ type: 'failed', exchange, remote, reason: 'refused' })]]
  const request = encodeOperation(word, context)
  if (isWrong(request)) {
    const outcome: Outcome = { code: request.wrong, diagnostic: request.diagnostic, fault: { fault: 'type', detail: request.diagnostic } }
    return [state, [up({ type: 'performed', exchange, remote, operation, outcome, last: true })]]
  }
  state.performing.put(remote, exchange, remembered(operation))
  return [{ ...state }, [down({ type: 'ask', exchange, request })]]
}
/** What an answer needs to know of its question; no values, and no source: that is not data. */
const remembered = (operation: Operation): Operation => {
  switch (operation.type) {
    case 'write':
      return { type: 'write', mode: operation.mode, path: operation.path, nodes: [] }
    case 'create':
      return { type: 'create', path: operation.path, nodes: [] }
    case 'write-composite':
    case 'send':
      return { type: operation.type, nodes: [] }
    default:
      return operation
  }
}

const answered = (context: OperationContext, state: Operations, word: Answered): Made => {
  const {
    exchange,
    request: { remote },
    response,
    last,
  } = word
  const operation = state.performing.get(remote, exchange)
  if (operation === undefined) return [state, [up(word)]]
  const outcome = decodeOutcome(response, operation, context)
  return [last ? forget(state, remote, exchange) : state, [up({ type: 'performed', exchange, remote, operation, outcome, last })]]
}

const forget = (state: Operations, remote: string, exchange: string | number): Operations => {
  if (state.performing.get(remote, exchange) === undefined) return state
  state.performing.remove(remote, exchange)
  return { ...state }
}
