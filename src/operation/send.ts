/** Send: POST /dp with values that nobody asked for, each perhaps with its own time (LwM2M Core §6.4.6, Transport §6.4.5). */
import { contentFormats } from '../format/format.ts'
import { methods } from '../message/code.ts'
import { bare, codeAlone, type OperationCodec } from './codec.ts'
import { carriesAll, carriesTimes, decodeNodes, inTime, newest } from './content.ts'
import type { OperationContext } from './context.ts'
import type { Send } from './operation.ts'
import { locationOptions, requestTo } from './place.ts'
import { isWrong, wrong, type Encoded, type Shape, type Wrong } from './shape.ts'
import { encodeBody } from './write.ts'

export const send: OperationCodec<Send> = {
  type: 'send',
  recognises: ({ method, segments }) => method === methods.POST && segments.length === 1 && segments[0] === 'dp',
  decode: (shape, context) => decodeSend(shape, context),
  encode: (operation, context) => encodeSend(operation, context),
  encodeOutcome: bare,
  decodeOutcome: codeAlone,
}

const decodeSend = ({ query, contentFormat, request }: Shape, context: OperationContext): Send | Wrong => {
  if (query.length > 0) return wrong('4.00', 'a Send has no query')
  if (contentFormat === undefined || !carriesAll(contentFormat)) return wrong('4.15', 'a Send is in LwM2M CBOR, SenML CBOR or SenML JSON')
  if (request.body !== undefined) return wrong('4.13', 'a Send is not streamed')
  const nodes = decodeNodes(request.payload, contentFormat, {}, context)
  if (isWrong(nodes)) return nodes
  return { type: 'send', nodes, format: contentFormat, ...(request.confirmable ? {} : { confirmable: false }) }
}

const encodeSend = ({ nodes, format = contentFormats.senmlCbor }: Send, context: OperationContext): Encoded | Wrong => {
  if (!carriesAll(format)) return wrong('4.15', 'a Send is in LwM2M CBOR, SenML CBOR or SenML JSON')
  const body = encodeBody(carriesTimes(format) ? inTime(nodes) : newest(nodes), format, {}, context)
  return isWrong(body) ? body : requestTo(methods.POST, [...locationOptions(['dp']), body.option], body.payload)
}
