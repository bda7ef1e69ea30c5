/** A device from octets to its data model, without sockets or time: CoAP datagrams go in, CoAP datagrams come out (RFC 7252 §3; LwM2M Core §6.3). */
import { EMPTY, of } from 'rxjs'
import { transfersPart } from '../../src/blockwise/pipeline.ts'
import { configure } from '../../src/client/configure.ts'
import type { AccessOptions } from '../../src/client/access-options.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { clientPart } from '../../src/client/pipeline.ts'
import { seeded } from '../../src/core/dice.ts'
import { stack, up, type LayerPart } from '../../src/core/stack.ts'
import type { ExchangeDown, ExchangeUp } from '../../src/exchange/exchange.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import { exchangesPart, messagesPart } from '../../src/exchange/pipeline.ts'
import { formats } from '../../src/format/formats.ts'
import { methods, responses, type Code, type Method } from '../../src/message/code.ts'
import { decode } from '../../src/message/decode.ts'
import { encode } from '../../src/message/encode.ts'
import { noBytes, type Message } from '../../src/message/message.ts'
import { options as numbers, sorted, stringOption, uintOption, type Option } from '../../src/message/option.ts'
import { defineObject, type ObjectDefinition } from '../../src/model/definition.ts'
import { operationsPart } from '../../src/operation/pipeline.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'
import { bareEnvironment } from '../../src/testing/index.ts'

/** An Object with a Resource of every kind. */
export const everything = defineObject({
  id: 3200,
  name: 'Everything',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Note', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
    1: { name: 'Level', operations: 'RW', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 100 } },
    2: { name: 'Levels', operations: 'RW', multiple: true, mandatory: false, type: 'integer' },
    3: { name: 'Serial', operations: 'R', multiple: false, mandatory: false, type: 'string' },
    4: { name: 'Go', operations: 'E', multiple: false, mandatory: false },
    5: { name: 'Secret', operations: 'W', multiple: false, mandatory: false, type: 'string' },
    6: { name: 'Serials', operations: 'R', multiple: true, mandatory: false, type: 'string' },
    7: { name: 'Secrets', operations: 'W', multiple: true, mandatory: false, type: 'string' },
  },
})

/** The first server may do everything to Object 3200, the second nothing; both may do everything else. */
const access: AccessOptions = { rights: { '/3200': { 1: 'RWEDC' }, '/3': { 0: 'RWEDC' } } }

/** One request as its parts. */
export interface Sent {
  readonly method: Method
  readonly path: string
  readonly query?: readonly string[]
  readonly observe?: number
  readonly accept?: number
  readonly format?: number
  readonly payload?: Uint8Array
  /** Options that are none of these. */
  readonly more?: readonly Option[]
  /** Which server asks; default the first. */
  readonly account?: number
}
/** What came back. */
export interface Came {
  readonly code: Code
  readonly options: readonly Option[]
  readonly payload: Uint8Array
}
export interface OctetDevice {
  readonly ask: (request: Sent) => Came | undefined
}

/** A device with two servers, registered with both. */
export const octetDevice = ({ root }: { readonly root?: string } = {}): OctetDevice => {
  const it = configure({
    endpointClientName: 'dev',
    accounts: [{ uri: 'coap://one:5683' }, { uri: 'coap://two:5683' }],
    objects: [
      deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY }),
      instances(everything, { 0: { 0: 'hello', 1: 50, 2: { 0: 7, 1: 8 }, 3: 'A1', 4: () => of(), 6: { 0: 'x' } } }),
    ],
    parameters: defaultParameters,
    access,
  })
  const definitions = new Map<number, ObjectDefinition>([...it.definitions, [everything.id, everything]])
  const context = { formats: byNumber, definitions, ...(root === undefined ? {} : { root }) }
  // Nothing is streamed here: the words of bodies do not occur.
  const whole = transfersPart(defaultParameters) as unknown as LayerPart<ExchangeUp, ExchangeDown, ExchangeDown, ExchangeUp>
  const floors = stack(
    stack(stack(stack(messagesPart(defaultParameters), exchangesPart(defaultParameters)), whole), operationsPart(context)),
    clientPart({ ...it, definitions }),
  )
  let now = 0
  const scheduler = { ...virtualScheduler(), now: () => now }
  let count = 0
  const left: Message[] = []
  const opened: string[] = []
  const device = floors(bareEnvironment({ scheduler, random: seeded(1) }), (effect) => {
    if (effect.type === 'down' && effect.value.type === 'open') opened.push(effect.value.remote)
    else if (effect.type === 'down' && 'messageId' in effect.value) left.push(received(encode(effect.value).bytes, effect.value.remote))
    else if (effect.type === 'up' && effect.value.type === 'invoke')
      device.post(
        {
          type: 'down',
          value: { type: 'decided', transaction: effect.value.transaction, path: effect.value.path, code: responses.Changed },
        },
        now,
      )
  })
  const send = (message: Message): void => device.post(up(received(encode(message).bytes, message.remote)), now)
  const settle = (): void => {
    for (let rounds = 0; rounds < 20 && device.deadline() <= now; rounds++) device.tick(now)
    for (const remote of opened.splice(0)) device.post(up({ type: 'opened', remote, address: 'a', local: 'b' }), now)
  }
  /** Answers Register and the like. */
  const greet = (): void => {
    for (const { type, code, remote, messageId, token } of left.splice(0))
      if (type === 'CON' && code === methods.POST)
        send({ type: 'ACK', remote, messageId, token, code: responses.Created, options: location, payload: noBytes })
  }
  for (let rounds = 0; rounds < 4; rounds++) {
    device.tick(now)
    settle()
    greet()
  }
  return {
    ask: ({ account = 0, ...request }) => {
      now += 10_000
      settle()
      greet()
      left.length = 0
      const remote = `account ${account}`
      const messageId = 1000 + count++
      send({
        type: 'CON',
        remote,
        messageId,
        token: `0a0b${messageId.toString(16).padStart(4, '0')}`,
        code: methods[request.method],
        ...bodyOf(request),
      })
      const answer = left.find((message) => message.remote === remote && message.messageId === messageId)
      return answer === undefined ? undefined : { code: answer.code, options: answer.options, payload: answer.payload }
    },
  }
}
const location: readonly Option[] = [stringOption(numbers.LocationPath, 'rd'), stringOption(numbers.LocationPath, 'x')]
const received = (bytes: Uint8Array, remote: string): Message => {
  const message = decode({ type: 'datagram', remote, bytes })
  if (message.type === 'malformed') throw new Error(`malformed: ${message.reason}`)
  return message
}

const bodyOf = ({
  path,
  query = [],
  observe,
  accept,
  format,
  payload = noBytes,
  more = [],
}: Sent): Pick<Message, 'options' | 'payload'> => ({
  options: sorted([
    ...path
      .split('/')
      .slice(1)
      .filter((segment) => segment !== '')
      .map((segment) => stringOption(numbers.UriPath, segment)),
    ...query.map((item) => stringOption(numbers.UriQuery, item)),
    ...(observe === undefined ? [] : [uintOption(numbers.Observe, observe)]),
    ...(accept === undefined ? [] : [uintOption(numbers.Accept, accept)]),
    ...(format === undefined ? [] : [uintOption(numbers.ContentFormat, format)]),
    ...more,
  ]),
  payload,
})
const byNumber = new Map(formats.map((format) => [format.contentFormat, format]))
