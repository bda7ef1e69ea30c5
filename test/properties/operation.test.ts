/** Operations on the wire: what is encoded is decoded again, and nothing that arrives throws (LwM2M Transport 1.2.2 §6.4). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatsByNumber } from '../../src/format/formats.ts'
import { responses, type Code } from '../../src/message/code.ts'
import { options as numbers, sorted, stringOption, strings, uintOption } from '../../src/message/option.ts'
import type { Node } from '../../src/format/format.ts'
import { formatPath, type Path } from '../../src/model/path.ts'
import { registry } from '../../src/objects/registry.ts'
import { formatArguments, parseArguments } from '../../src/operation/execute.ts'
import type { OperationContext } from '../../src/operation/context.ts'
import type { Inventory, Operation, Outcome } from '../../src/operation/operation.ts'
import { decodeOperation, decodeOutcome, encodeOperation, encodeOutcome } from '../../src/operation/translation.ts'
import { isWrong } from '../../src/operation/shape.ts'
import { arbitraries as any, examine, show } from '../../src/testing/index.ts'

const context: OperationContext = { formats: formatsByNumber, definitions: registry }
const remote = 'coap://192.0.2.1:5683'

const id = fc.integer({ min: 0, max: 65534 })
const below = (depth: 1 | 2 | 3 | 4): fc.Arbitrary<Path> =>
  fc.tuple(id, id, id, id).map(([object, instance, resource, resourceInstance]) => ({
    object,
    instance: depth > 1 ? instance : undefined,
    resource: depth > 2 ? resource : undefined,
    resourceInstance: depth > 3 ? resourceInstance : undefined,
  }))
const anywhere = fc.oneof(below(1), below(2), below(3), below(4))
const accept = fc.constantFrom({}, { accept: 112 }, { accept: 11542 })
const attributes = fc.dictionary(fc.constantFrom('pmin', 'pmax', 'hqmax'), fc.option(fc.nat(100_000), { nil: undefined }))
const word = fc.string({ minLength: 1, maxLength: 12 })
const inventory: fc.Arbitrary<Inventory> = fc
  .tuple(
    fc.array(fc.tuple(fc.oneof(below(1), below(2)), fc.constantFrom({}, { ver: '1.1' })), { maxLength: 5 }),
    fc.constantFrom({}, { contentFormats: [112, 11542] }, { contentFormats: [112] }, { root: '/lwm2m', contentFormats: [112] }),
  )
  .map(([objects, more]) => ({
    ...more,
    objects: objects.map(([path, said]) => ({
      path: { object: path.object, instance: path.instance, resource: undefined, resourceInstance: undefined },
      attributes: said,
    })),
  }))
const location = word.map((last) => ['rd', last])
const lifetime = fc.constantFrom({}, { lifetimeSeconds: 0 }, { lifetimeSeconds: 86_400 }, { lifetimeSeconds: 4_294_967_295 })
/** What an argument can say (LwM2M Core §6.3.5). */
const character = fc.constantFrom(
  ...Array.from({ length: 0x5e }, (_, index) => String.fromCharCode(0x21 + index)).filter((one) => !/["'\\]/.test(one)),
)
const said = fc.dictionary(fc.integer({ min: 0, max: 9 }).map(String), fc.option(fc.string({ unit: character })))
const places = fc.uniqueArray(fc.oneof(fc.constant<Path>({}), anywhere), { minLength: 1, maxLength: 5, selector: formatPath })
const listed = fc
  .tuple(
    places,
    fc.constantFrom({ format: 110 }, { format: 112 }, { format: 320 }, { format: 322 }),
    fc.constantFrom({}, { accept: 112 }, { accept: 11544 }),
  )
  .map(([paths, format, more]) => ({ paths, ...format, ...more }))
/** Values of Resources that nobody knows, each once. */
const unknownNodes = fc
  .uniqueArray(
    fc.tuple(
      fc.integer({ min: 40_000, max: 40_010 }),
      id,
      fc.constantFrom(0, 1, 9),
      fc.oneof(fc.integer(), fc.boolean(), fc.string({ unit: 'grapheme' })),
    ),
    { minLength: 1, maxLength: 5, selector: ([object, instance, resource]) => `${object}/${instance}/${resource}` },
  )
  .map((all): readonly Node[] =>
    [...all]
      .sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
      .map(([object, instance, resource, value]) => ({ path: { object, instance, resource }, value })),
  )
const instanceAt = fc
  .tuple(fc.integer({ min: 50_000, max: 50_010 }), id, id, id)
  .map(([object, instance, resource, resourceInstance]): Path => ({ object, instance, resource, resourceInstance }))
const many = fc.dictionary(fc.constantFrom('pmin', 'pmax', 'con'), fc.constantFrom(0, 1), { minKeys: 1 })

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(anywhere, accept).map(([path, more]): Operation => ({ type: 'read', path, ...more })),
  fc.tuple(anywhere, accept, attributes).map(([path, more, own]): Operation => ({
    type: 'observe',
    path,
    ...more,
    ...(Object.keys(own).length === 0 ? {} : { attributes: own }),
  })),
  fc.tuple(anywhere, accept).map(([path, more]): Operation => ({ type: 'cancel-observation', path, ...more })),
  fc
    .tuple(fc.oneof(fc.constant<Path>({}), anywhere), fc.constantFrom({}, { depth: 0 }, { depth: 3 }))
    .map(([path, more]): Operation => ({ type: 'discover', path, ...more })),
  fc
    .tuple(anywhere, attributes)
    .filter(([, own]) => Object.keys(own).length > 0)
    .map(([path, own]): Operation => ({ type: 'write-attributes', path, attributes: own })),
  fc.tuple(below(3), said).map(([path, given]): Operation => ({ type: 'execute', path, arguments: given })),
  fc.oneof(fc.constant<Path>({}), below(1), below(2), below(4)).map((path): Operation => ({ type: 'delete', path })),
  fc
    .tuple(
      word,
      lifetime,
      fc.constantFrom('1.0', '1.1', '1.2'),
      fc.constantFrom({}, { queueMode: true }),
      fc.constantFrom({}, { sms: '+123' }),
      inventory,
    )
    .map(([endpoint, lt, version, queue, sms, has]): Operation => ({
      type: 'register',
      endpoint,
      version,
      binding: 'U',
      has,
      ...lt,
      ...queue,
      ...sms,
    })),
  fc
    .tuple(
      location,
      lifetime,
      fc.constantFrom({}, { binding: 'UT' }),
      fc.option(
        inventory.filter((has) => has.objects.length > 0 || has.contentFormats !== undefined),
        { nil: undefined },
      ),
    )
    .map(([where, lt, b, has]): Operation => ({ type: 'update', location: where, ...lt, ...b, ...(has === undefined ? {} : { has }) })),
  location.map((where): Operation => ({ type: 'deregister', location: where })),
  listed.map((list): Operation => ({ type: 'read-composite', ...list })),
  listed.map((list): Operation => ({ type: 'cancel-observation-composite', ...list })),
  fc.tuple(listed, fc.option(many, { nil: undefined })).map(([list, own]): Operation => ({
    type: 'observe-composite',
    ...list,
    ...(own === undefined ? {} : { attributes: own }),
  })),
  fc
    .tuple(unknownNodes, fc.constantFrom(110, 112, 320, 322, 11544))
    .map(([nodes, format]): Operation => ({ type: 'write-composite', nodes, format })),
  fc
    .tuple(unknownNodes, fc.uniqueArray(instanceAt, { minLength: 1, maxLength: 3, selector: formatPath }), fc.constantFrom(320, 322))
    .map(([nodes, deleted, format]): Operation => ({ type: 'write-composite', nodes, deleted, format })),
  fc
    .tuple(unknownNodes, fc.constantFrom(110, 112, 11544), fc.constantFrom({}, { confirmable: false }))
    .map(([nodes, format, more]): Operation => ({ type: 'send', nodes, format, ...more })),
  fc
    .tuple(word, fc.constantFrom({}, { pct: 112 }, { pct: 11544 }))
    .map(([endpoint, more]): Operation => ({ type: 'bootstrap-request', endpoint, ...more })),
  fc
    .tuple(word, accept, fc.constantFrom({}, { accounts: [{ object: 0, instance: 0 }] }))
    .map(([endpoint, more, accounts]): Operation => ({ type: 'bootstrap-pack-request', endpoint, ...more, ...accounts })),
  fc.constant<Operation>({ type: 'bootstrap-finish' }),
)
/** Register without a root link says nothing of formats in 1.0, and then comes back as it went. */
const comparable = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('an operation', () => {
  test('comes out of its request as it went in [LwM2M Transport §6.4]', () => {
    examine(
      'operation round trip',
      operation,
      (given) => {
        const request = encodeOperation({ remote, operation: given }, context)
        if (isWrong(request)) throw new Error(request.diagnostic)
        expect(comparable(decodeOperation(request, context))).toEqual(comparable(given))
      },
      { runs: 2_000 },
      show,
    )
  })

  test('comes out the same behind an alternate path, whose client takes it for outside without [LwM2M Transport §6.4.1]', () => {
    const below = { ...context, root: '/lwm2m/dev' }
    examine(
      'alternate path',
      operation,
      (given) => {
        const request = encodeOperation({ remote, operation: given }, below)
        if (isWrong(request)) throw new Error(request.diagnostic)
        expect(comparable(decodeOperation(request, below))).toEqual(comparable(given))
        const elsewhere = strings(request.options, numbers.UriPath)[0]
        expect(elsewhere === 'lwm2m' || ['rd', 'bs', 'bspack', 'dp'].includes(elsewhere ?? '')).toBe(true)
        if (elsewhere === 'lwm2m') expect(decodeOperation(request, context)).toMatchObject({ wrong: '4.04' })
      },
      { runs: 1_000 },
      show,
    )
  })

  test('of a Write and a Create keeps its values in every format', () => {
    const values = fc.tuple(
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
      fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
    )
    examine(
      'write round trip',
      fc.tuple(values, fc.constantFrom(112, 11542), fc.constantFrom('write' as const, 'create' as const)),
      ([[celsius, unit], format, type]) => {
        const nodes = [
          { path: { object: 3303, instance: 4, resource: 5700 }, value: celsius },
          { path: { object: 3303, instance: 4, resource: 5701 }, value: unit },
        ]
        const given: Operation =
          type === 'write'
            ? { type, mode: 'replace', path: { object: 3303, instance: 4 }, nodes, format }
            : { type, path: { object: 3303 }, instance: 4, nodes, format }
        const request = encodeOperation({ remote, operation: given }, context)
        if (isWrong(request)) throw new Error(request.diagnostic)
        expect(comparable(decodeOperation(request, context))).toMatchObject(comparable({ type, nodes, format }) as object)
      },
      { runs: 1_000 },
      show,
    )
  })

  test('is never thrown by what arrives: it is an operation, or a code of class 4', () => {
    const hostile = fc
      .tuple(
        any.requests,
        fc.array(fc.oneof(fc.constantFrom('rd', 'bs', 'bspack', 'dp', '3', '0', '65535', '00', '', '.well-known'), word), { maxLength: 6 }),
        fc.array(
          fc.oneof(
            fc.constantFrom('pmin=1', 'pmin', 'lt=', 'lwm2m=1.1', 'ep', 'pct=x', 'acc=</0', 'pid=6:1', 'depth=9', 'gt=-1.5', 'st=1e9'),
            word,
          ),
          {
            maxLength: 3,
          },
        ),
        fc.constantFrom<number | undefined>(undefined, 0, 40, 42, 60, 112, 11542),
        fc.uint8Array({ maxLength: 40 }),
      )
      .map(([request, path, query, format, payload]) => ({
        ...request,
        payload,
        options: sorted([
          ...request.options.filter(({ number }) => ![numbers.UriPath, numbers.UriQuery, numbers.ContentFormat].includes(number as 11)),
          ...path.map((segment) => stringOption(numbers.UriPath, segment)),
          ...query.map((item) => stringOption(numbers.UriQuery, item)),
          ...(format === undefined ? [] : [uintOption(numbers.ContentFormat, format)]),
        ]),
      }))
    examine(
      'hostile requests',
      hostile,
      (request) => {
        const decoded = decodeOperation(request, context)
        if (isWrong(decoded)) expect(decoded.wrong).toMatch(/^4\./)
      },
      { runs: 3_000 },
      show,
    )
  })
})

describe('an outcome', () => {
  const reading: Operation = { type: 'read', path: { object: 3303, instance: 0 } }
  test('comes out of its response as it went in', () => {
    const code = fc.constantFrom<Code>(...Object.values(responses).filter((each) => !each.startsWith('2')))
    examine(
      'error outcomes',
      fc.tuple(code, fc.constantFrom<Partial<Outcome>>({}, { diagnostic: 'why' }, { maxAgeSeconds: 7 })),
      ([each, more]) => {
        const outcome: Outcome = { code: each, ...more }
        expect(decodeOutcome(encodeOutcome({ operation: reading, outcome }, context), reading, context)).toEqual(outcome)
      },
      { runs: 1_000 },
      show,
    )
  })
  test('of a Read keeps its values, in the format that was asked for or the preferred one', () => {
    const nodes = [{ path: { object: 3303, instance: 0, resource: 5700 }, value: 21.5 }]
    for (const [accepted, version, expected] of [
      [undefined, '1.0', 11542],
      [undefined, '1.1', 112],
      [11542, '1.2', 11542],
      [112, '1.0', 112],
    ] as const) {
      const asked: Operation = { ...reading, ...(accepted === undefined ? {} : { accept: accepted }) }
      const response = encodeOutcome({ operation: asked, outcome: { code: '2.05', nodes }, version }, context)
      expect(response.options).toEqual([uintOption(numbers.ContentFormat, expected)])
      expect(comparable(decodeOutcome(response, asked, context).nodes)).toEqual(comparable(nodes))
    }
  })
  test('a format that cannot say it is 4.06 [LwM2M Transport §6.4]', () => {
    const nodes = [{ path: { object: 3303, instance: 0, resource: 5700 }, value: 21.5 }]
    for (const accepted of [0, 42, 60, 99])
      expect(encodeOutcome({ operation: { ...reading, accept: accepted }, outcome: { code: '2.05', nodes } }, context).code).toBe('4.06')
  })
})

test('the arguments of Execute come out of their text as they went in [LwM2M Core §6.3.5]', () => {
  examine('arguments', said, (given) => expect(parseArguments(formatArguments(given))).toEqual(given), { runs: 1_000 }, show)
})
test.each(["0='", '0,', ',0', '10', 'a', '0=1', "0='a'1", '0,0', "0='it's'"])('%s is no list of arguments', (text) => {
  expect(parseArguments(text)).toBeUndefined()
})
