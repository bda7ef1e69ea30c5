/** Every operation on the wire: requests become operations, outcomes responses, and back (LwM2M Transport §6.4). */
import type { Request, Response } from '../exchange/exchange.ts'
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
import type { OperationContext } from './context.ts'
import type { Operation, Outcome } from './operation.ts'
import type { Perform, Respond } from './word.ts'
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
/** Whether its path is a place in the data model. */
export const isPlaced = (operation: Operation): boolean => !elsewhere.has(codecOf(operation))
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
/** An error, as it is answered whatever the operation was. */
export const errorResponse = ({ code, diagnostic, maxAgeSeconds }: Outcome): Response => ({
  code,
  options: maxAgeSeconds === undefined ? noOptions : sorted([uintOption(options.MaxAge, maxAgeSeconds)]),
  payload: new TextEncoder().encode(diagnostic ?? ''),
})
