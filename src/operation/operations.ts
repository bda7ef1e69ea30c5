/** Requests become operations and outcomes become responses; what is no operation is answered at once (LwM2M Transport §6.4). */
import { none, type Machine, type Step } from '../core/machine.ts'
import { down, up, type LayerEffect, type LayerEvent } from '../core/stack.ts'
import { Table } from '../core/table.ts'
import type { Answered, Asked, ExchangeDown, ExchangeUp, Request, Response } from '../exchange/exchange.ts'
import { isSuccess, methods, responses } from '../message/code.ts'
import { noOptions } from '../message/message.ts'
import { options, sorted, stringOption, uint, uintOption, type Option } from '../message/option.ts'
import { bootstrapFinish } from './bootstrap-finish.ts'
import { bootstrapPack } from './bootstrap-pack.ts'
import { bootstrapRequest } from './bootstrap-request.ts'
import { cancelObservationComposite } from './cancel-observation-composite.ts'
import { cancelObservation } from './cancel-observation.ts'
import type { OperationCodec } from './codec.ts'
import { create } from './create.ts'
import { deletion } from './delete.ts'
import { deregister } from './deregister.ts'
import { discover } from './discover.ts'
import { execute } from './execute.ts'
import { observeComposite } from './observe-composite.ts'
import { observe } from './observe.ts'
import type { Define, Operation, OperationContext, OperationDown, OperationUp, Outcome, Perform, Respond } from './operation.ts'
import { readComposite } from './read-composite.ts'
import { read } from './read.ts'
import { register } from './register.ts'
import { send } from './send.ts'
import { isWrong, segmentsOfRoot, shapeOf, wrong, type Wrong } from './shape.ts'
import { update } from './update.ts'
import { writeComposite } from './write-composite.ts'
import { write } from './write.ts'
import { writeAttributes } from './write-attributes.ts'

/** Every operation, in the order in which a request is asked whether it is one. */
export const operationCodecs: readonly OperationCodec[] = [
  register,
  update,
  deregister,
  bootstrapRequest,
  bootstrapPack,
  bootstrapFinish,
  send,
  discover,
  cancelObservation,
  observe,
  read,
  writeAttributes,
  write,
  execute,
  create,
  deletion,
  readComposite,
  observeComposite,
  cancelObservationComposite,
  writeComposite,
]
/** Those whose path is no place in the data model. */
const elsewhere: ReadonlySet<OperationCodec> = new Set<OperationCodec>([
  register,
  update,
  deregister,
  bootstrapRequest,
  bootstrapPack,
  bootstrapFinish,
  send,
])
const byType: ReadonlyMap<string, OperationCodec> = new Map(operationCodecs.map((codec) => [codec.type, codec]))
const isPlaced = (operation: Operation): boolean => !elsewhere.has(codecOf(operation))
const codecOf = (operation: Operation): OperationCodec => byType.get(operation.type)!

/** The operation that a request means, or the code of what is wrong with it. */
export const decodeOperation = (request: Request, context: OperationContext): Operation | Wrong => {
  const shape = shapeOf(request, context.root)
  for (const codec of operationCodecs) {
    if (shape.path === undefined && !elsewhere.has(codec)) continue
    if (codec.recognises(shape)) return codec.decode(shape, shape.outside && codec !== send ? unrooted(context) : context)
  }
  if (shape.path !== undefined || !known.has(shape.method)) return wrong(responses.MethodNotAllowed, `no operation is ${shape.method} here`)
  const above = shape.outside ? 0 : segmentsOfRoot(context.root).length
  return shape.segments.slice(above).every((segment) => /^\d+$/.test(segment))
    ? wrong(responses.MethodNotAllowed, 'no such path is possible')
    : wrong(responses.NotFound, 'there is nothing')
}
const known: ReadonlySet<string> = new Set([methods.GET, methods.POST, methods.PUT, methods.DELETE, methods.FETCH, methods.iPATCH])
/** What a bootstrap server says has no alternate path: neither its paths nor the names in its bodies (LwM2M Transport §6.4.1). */
const unrooted = ({ formats, definitions }: OperationContext): OperationContext => ({ formats, definitions })

/** The request that asks for an operation. */
export const encodeOperation = (
  { remote, operation, sink }: Omit<Perform, 'type' | 'exchange'>,
  context: OperationContext,
): Request | Wrong => {
  const encoded = codecOf(operation).encode(operation, context)
  if (isWrong(encoded)) return encoded
  const codec = codecOf(operation)
  const purpose = elsewhere.has(codec) && codec !== send ? 'registration' : 'request'
  return {
    remote,
    ...encoded,
    ...(elsewhere.has(codec) ? {} : { options: rooted(encoded.options, context.root) }),
    confirmable: operation.type !== 'send' || operation.confirmable !== false,
    purpose,
    ...(operation.type === 'write' && operation.source !== undefined ? { source: operation.source } : {}),
    ...(sink === undefined ? {} : { sink }),
  }
}

/** Uri-Path options that begin with the alternate path. */
const rooted = (all: readonly Option[], root: string | undefined): readonly Option[] => {
  const above = segmentsOfRoot(root)
  if (above.length === 0) return all
  const at = all.findIndex(({ number }) => number >= options.UriPath)
  const place = at < 0 ? all.length : at
  return [...all.slice(0, place), ...above.map((segment) => stringOption(options.UriPath, segment)), ...all.slice(place)]
}

/** The response that says an outcome. An outcome that cannot be said in the format that was asked for is an error itself. */
export const encodeOutcome = (
  { operation, outcome, version, request }: Pick<Respond, 'operation' | 'outcome' | 'version'> & Partial<Pick<Respond, 'request'>>,
  context: OperationContext,
): Response => {
  if (!isSuccess(outcome.code)) return errorResponse(outcome)
  const inside = context.root !== undefined && request !== undefined && shapeOf(request, context.root).outside ? unrooted(context) : context
  const response = codecOf(operation).encodeOutcome(outcome, operation, { version: version ?? '1.1' }, inside)
  return isWrong(response) ? errorResponse({ code: response.wrong, diagnostic: response.diagnostic }) : response
}
/** The outcome that a response says. */
export const decodeOutcome = (response: Response, operation: Operation, context: OperationContext): Outcome => {
  if (isSuccess(response.code)) return codecOf(operation).decodeOutcome(response, operation, context)
  const maxAgeSeconds = uint(response.options, options.MaxAge)
  return {
    code: response.code,
    ...(response.payload.length === 0 ? {} : { diagnostic: new TextDecoder().decode(response.payload) }),
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  }
}
const errorResponse = ({ code, diagnostic, maxAgeSeconds }: Outcome): Response => ({
  code,
  options: maxAgeSeconds === undefined ? noOptions : sorted([uintOption(options.MaxAge, maxAgeSeconds)]),
  payload: new TextEncoder().encode(diagnostic ?? ''),
})

// ── the machine ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

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
