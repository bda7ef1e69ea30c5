/** What RFC 7252 §5.4-§5.10 and RFC 7959 want of options, where no other ladder says it. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { request, targetOf } from '../../src/exchange/request.ts'
import { formats } from '../../src/format/formats.ts'
import { definitionOf, opaqueOption, options, stringOption, strings, uintOption, type Option } from '../../src/message/option.ts'
import { definitions } from '../../src/model/definition.ts'
import { decodeOperation } from '../../src/operation/translation.ts'
import { isWrong } from '../../src/operation/shape.ts'
import { defaultLimits, registrations, type RegistrationEffect, type RegistrationRequest } from '../../src/server/registrations.ts'
import { alone, ladder, like } from '../../src/testing/index.ts'
import { ack, answer, answered, ask, coap, con, failed, maxAge, notification, observe, sent } from '../exchange/lanes.ts'

const asked = like({ type: 'asked' })
const seed = Number(process.env['SEED'] ?? 7252)

test('an option that is not defined for responses is an unrecognised one there: critical, it makes the response rejected [RFC 7252 §5.4]', () => {
  for (const option of [
    stringOption(options.UriPath, 'a'),
    stringOption(options.UriQuery, 'a'),
    uintOption(options.Accept, 0),
    opaqueOption(options.IfMatch, Uint8Array.of(1)),
    uintOption(options.UriPort, 1),
  ])
    ladder(
      coap(),
      { values: { a: ask('01'), q: sent('CON', '0.01'), r: ack(0, '2.05', '01', [option]), F: failed('bad-option') } },
      { submitted: 'a------', transmitted: 'q', received: '-r', delivered: '-F' },
    )
})

test('an option that is not defined for responses is an unrecognised one there: elective, it is ignored [RFC 7252 §5.4]', () => {
  ladder(
    coap(),
    {
      values: {
        a: ask('01'),
        q: sent('CON', '0.01'),
        r: ack(0, '2.05', '01', [uintOption(options.NoResponse, 2)], '21'),
        A: answered('21'),
      },
    },
    { submitted: 'a------', transmitted: 'q', received: '-r', delivered: '-A' },
  )
})

test(`a request never has an unrepeatable option twice, whatever it is made of (seed ${seed}) [RFC 7252 §5.4.5]`, () => {
  const details = fc.record(
    {
      accept: fc.nat(65_535),
      contentFormat: fc.nat(65_535),
      observe: fc.boolean(),
      ifNoneMatch: fc.boolean(),
      etags: fc.array(fc.uint8Array({ minLength: 1, maxLength: 8 }), { maxLength: 3 }),
    },
    { requiredKeys: [] },
  )
  const uri = fc
    .tuple(
      fc.constantFrom('coap://h', 'coap://[::1]:7', 'coap://10.0.0.1'),
      fc.array(fc.constantFrom('a', '..', '', '%2e'), { maxLength: 4 }),
      fc.boolean(),
    )
    .map(([origin, path, query]) => `${origin}/${path.join('/')}${query ? '?a&b=c' : ''}`)
  fc.assert(
    fc.property(uri, details, (to, given) => {
      const numbers = request('GET', to, given).options.map(({ number }) => number)
      expect(numbers.filter((number, at) => numbers[at - 1] === number && definitionOf(number)?.repeatable !== true)).toEqual([])
    }),
    { numRuns: 1_000, seed },
  )
})

test('a payload that a code does not have is ignored: a GET with one is the same Read [RFC 7252 §5.5]', () => {
  const context = { formats: new Map(formats.map((format) => [format.contentFormat, format])), definitions: definitions([]) }
  const read = request('GET', 'coap://10.0.0.1/3/0')
  const operation = decodeOperation({ ...read, payload: Uint8Array.of(1, 2, 3) }, context)
  expect(isWrong(operation)).toBe(false)
  expect(operation).toEqual(decodeOperation(read, context))
})

test('a response may say Max-Age 0, and it arrives [RFC 7252 §5.6.1]', () => {
  ladder(
    coap(),
    {
      values: {
        q: con(7, '0.01', 'aa'),
        Q: asked,
        a: answer(1, { options: [maxAge(0)] }),
        r: sent('ACK', '2.05', { options: [maxAge(0)] }),
      },
      msPerChar: 100,
    },
    { received: 'q--', delivered: 'Q', submitted: '-a', transmitted: '-r' },
  )
})

test.each([
  ['coap://10.0.0.1/a/./b', 'a/b'],
  ['coap://10.0.0.1/a/../b', 'b'],
  ['coap://10.0.0.1/../../b/c/..', 'b/'],
  ['coap://10.0.0.1/%2E%2e/a/%2e', 'a/'],
  ['coap://10.0.0.1/..', ''],
  ['coap://10.0.0.1/...', '...'],
] as const)('dot segments are resolved before a URI is taken apart: %s [RFC 7252 §5.10.1]', (uri, path) => {
  expect(strings(targetOf(uri)!.options, options.UriPath).join('/')).toBe(path)
})

test('Proxy-Uri goes before the path: a request with both is answered 5.05 [RFC 7252 §5.10.2]', () => {
  const both = [stringOption(options.UriPath, 't'), stringOption(options.ProxyUri, 'coap://elsewhere/t')]
  ladder(
    coap(),
    { values: { q: con(7, '0.01', 'aa', both), r: sent('ACK', '5.05', { messageId: 7 }) } },
    { received: 'q--', transmitted: 'r' },
  )
})

test.each([128, 132, 136, 140])(
  'the reserved location option %i beside a Location-Path makes a response rejected [RFC 7252 §5.10.7]',
  (number) => {
    const created: readonly Option[] = [stringOption(options.LocationPath, 'rd'), opaqueOption(number, Uint8Array.of(1))]
    ladder(
      coap(),
      { values: { a: ask('01'), q: sent('CON', '0.01'), r: ack(0, '2.01', '01', created), F: failed('bad-option') } },
      { submitted: 'a------', transmitted: 'q', received: '-r', delivered: '-F' },
    )
    ladder(
      coap(),
      { values: { a: ask('01'), q: sent('CON', '0.01'), r: ack(0, '2.01', '01', created.slice(1), '21'), A: answered('21') } },
      { submitted: 'a------', transmitted: 'q', received: '-r', delivered: '-A' },
    )
  },
)

test('locations of registrations are never dots [RFC 7252 §5.10.7]', () => {
  const register: RegistrationRequest = {
    type: 'asked',
    ticket: 1,
    remote: 'coap://10.0.0.1:5683',
    operation: {
      type: 'register',
      endpoint: 'urn:a',
      version: '1.1',
      has: { objects: [{ path: { object: 3, instance: 0 }, attributes: {} }] },
    },
  }
  for (let luck = 0; luck < 1; luck += 0.01) {
    const { delivered } = ladder(
      alone(registrations(defaultLimits)),
      { dice: luck, values: { r: register } },
      { submitted: 'r-', delivered: '*' },
    )
    const [reply] = delivered.map(({ value }) => value as RegistrationEffect).filter((effect) => effect.type === 'reply')
    for (const segment of reply!.outcome.location!) expect(segment).toMatch(/^[0-9a-z]+$/)
  }
})

test('a notification in another Content-Format ends the observation: 4.06, and nothing after it [RFC 7641 §4.2]', () => {
  const format = (number: number) => [uintOption(options.ContentFormat, number)]
  ladder(
    coap(),
    {
      values: {
        q: con(7, '0.01', 'aa', [observe(0)]),
        Q: asked,
        a: answer(1, { options: format(0) }, false),
        r: sent('ACK', '2.05', { options: [observe(1), ...format(0)] }),
        b: answer(1, { options: format(11542) }, false),
        X: like({ type: 'cancelled', exchange: 1 }),
        s: sent('CON', '4.06', { token: 'aa', options: [] }),
        k: ack(0),
        c: answer(1, { options: format(0) }, false),
      },
      msPerChar: 400,
    },
    { received: 'q------k---', delivered: 'Q----X', submitted: '-a---b---c', transmitted: '-r---s' },
  )
})

test('the Max-Age that a handler gives goes out with each notification [RFC 7641 §4.3.1]', () => {
  const aged = (seconds: number) => answer(1, { options: [maxAge(seconds)] }, false)
  ladder(
    coap(),
    {
      values: {
        q: con(7, '0.01', 'aa', [observe(0)]),
        Q: asked,
        a: aged(30),
        r: sent('ACK', '2.05', { options: [observe(1), maxAge(30)] }),
        b: aged(40),
        s: sent('CON', '2.05', { options: [observe(2), maxAge(40)] }),
        k: ack(0),
      },
      msPerChar: 400,
    },
    { received: 'q------k', delivered: 'Q', submitted: '-a---b', transmitted: '-r---s' },
  )
})

test('the number of a notification grows by one for each that is sent [RFC 7641 §4.4]', () => {
  ladder(
    coap(),
    {
      values: {
        q: con(7, '0.01', 'aa', [observe(0)]),
        Q: asked,
        a: notification(1, 'a', false),
        r: sent('ACK', '2.05', { options: [observe(1)] }),
        b: notification(1, 'b', false),
        s: sent('NON', '2.05', { options: [observe(2)] }),
        c: notification(1, 'c', false),
        t: sent('NON', '2.05', { options: [observe(3)] }),
      },
      msPerChar: 500,
    },
    { received: 'q', delivered: 'Q', submitted: '-a---b--------c', transmitted: '-r---s--------t' },
  )
})

test('a second Block option is an unrecognised critical one: 4.02 [RFC 7959 §2.1]', () => {
  for (const number of [options.Block1, options.Block2])
    ladder(
      coap(),
      { values: { q: con(7, '0.01', 'aa', [uintOption(number, 6), uintOption(number, 6)]), r: sent('ACK', '4.02', { messageId: 7 }) } },
      { received: 'q--', transmitted: 'r' },
    )
})

test('a second Size option is ignored, the first one counts [RFC 7959 §4]', () => {
  for (const number of [options.Size1, options.Size2])
    ladder(
      coap(),
      {
        values: {
          q: con(7, '0.03', 'aa', [uintOption(number, 40), uintOption(number, 50)]),
          Q: like({ type: 'asked', request: { options: [uintOption(number, 40)] } }),
        },
        msPerChar: 100,
      },
      { received: 'q--', delivered: 'Q' },
    )
})
