/** The floors of CoAP stacked: bracketing does not matter, fused is as piped, and in the end there is silence. */
import * as fc from 'fast-check'
import { transfersPart } from '../../src/blockwise/pipeline.ts'
import { down, up, type LayerEvent } from '../../src/core/stack.ts'
import { exchangesPart, messagesPart } from '../../src/exchange/pipeline.ts'
import { formats } from '../../src/format/formats.ts'
import { options as numbers, sorted, stringOption, uintOption } from '../../src/message/option.ts'
import { registry } from '../../src/objects/registry.ts'
import { operationsPart } from '../../src/operation/pipeline.ts'
import { arbitraries as any, layerLaws } from '../../src/testing/index.ts'
import { check, tight } from './tight.ts'

const p = { ...tight, szx: 1, bodyBytesMax: 400 }
const [messages, exchanges, transfers] = [messagesPart(p), exchangesPart(p), transfersPart(p)]
const arrivals = fc.oneof(
  { weight: 6, arbitrary: any.messages },
  { weight: 1, arbitrary: any.malformed },
  { weight: 1, arbitrary: any.linkUp },
)
const coap: fc.Arbitrary<LayerEvent<unknown, unknown>> = fc.oneof(arrivals.map(up), any.exchangeDown.map(down))
check(layerLaws([messages, exchanges], { name: 'messages and exchanges', events: coap }))
check(layerLaws([messages, exchanges, transfers], { name: 'messages, exchanges and transfers', events: coap }))

const operations = operationsPart({ formats: new Map(formats.map((format) => [format.contentFormat, format])), definitions: registry })
const reads = fc
  .record({ exchange: fc.constantFrom('a1', 'b2'), remote: any.remotes })
  .map(({ exchange, remote }) => ({ type: 'perform', exchange, remote, operation: { type: 'read', path: { object: 3, instance: 0 } } }))
const lwm2m: fc.Arbitrary<LayerEvent<unknown, unknown>> = fc.oneof(
  arrivals.map(up),
  any.messages.map((message) =>
    up({ ...message, code: '0.01' as const, options: sorted([stringOption(numbers.UriPath, '3'), uintOption(numbers.Observe, 0)]) }),
  ),
  reads.map(down),
)
check(layerLaws([transfers, operations], { name: 'transfers and operations', events: fc.oneof(any.exchangeUp.map(up), reads.map(down)) }))
check(
  layerLaws([exchanges, transfers, operations], {
    name: 'exchanges, transfers and operations',
    events: fc.oneof(any.messageUp.map(up), reads.map(down)),
  }),
)
check(layerLaws([messages, exchanges, transfers, operations], { name: 'all floors', events: lwm2m }))
