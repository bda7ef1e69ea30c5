/** What a server's client asks on the wire, and what it makes of the answers (LwM2M Core §6.3, Transport §6.4). */
import { BehaviorSubject, concat, EMPTY, firstValueFrom, NEVER, of, toArray, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { Lwm2mError } from '../../../src/core/error.ts'
import type { Request, Response } from '../../../src/exchange/exchange.ts'
import { methodOf, uriOf } from '../../../src/exchange/request.ts'
import { formats } from '../../../src/format/formats.ts'
import type { Code } from '../../../src/message/code.ts'
import { options, stringOption, uint, uintOption, type Option } from '../../../src/message/option.ts'
import type { PathString } from '../../../src/model/path.ts'
import { registry } from '../../../src/objects/registry.ts'
import type { Inventory, Version } from '../../../src/operation/operation.ts'
import { contexts } from '../../../src/server/client/context.ts'
import { device } from '../../../src/server/client/pipeline.ts'
import type { Registration } from '../../../src/server/registration.ts'

const registration = (version: Version, has: Inventory): Registration => ({
  endpointClientName: 'one',
  location: '0',
  remote: 'coap://192.0.2.1:5683',
  version,
  lifetimeSeconds: 60,
  binding: 'U',
  queueMode: false,
  has,
  registered: 0,
  updated: 0,
  expiresAt: 60_000,
})
const utf8 = new TextEncoder()
const answer = (code: Code, payload: string | Uint8Array = '', all: readonly Option[] = []): Response => ({
  code,
  options: all,
  payload: typeof payload === 'string' ? utf8.encode(payload) : payload,
})
const format = (contentFormat: number) => uintOption(options.ContentFormat, contentFormat)

/** Paths that say nothing of their types. */
const unwritten: PathString = '/3/0/9'
const deep: PathString = '/3/0/9/1'
const nowMs = 1_700_000_000_000

/** A client whose peer answers so, and what it was asked. */
const clientOf = (
  response: Response,
  { version = '1.1', root, observed = false }: { version?: Version; root?: string; observed?: boolean } = {},
) => {
  const requests: Request[] = []
  const registration$ = new BehaviorSubject<Registration | undefined>(
    registration(version, { objects: [], ...(root === undefined ? {} : { root }) }),
  )
  const ask = (request: Request): Observable<Response> => {
    requests.push(request)
    return observed ? concat(of(response), NEVER) : of(response)
  }
  const contextOf = contexts({ formats: new Map(formats.map((one) => [one.contentFormat, one])), definitions: registry })
  const client = device({ ask, contextOf, wall: () => nowMs, watch: () => registration$, sentBy: () => EMPTY }, 'one')
  const line = () => requests.map((request) => `${methodOf(request)} ${uriOf(request).replace('coap://192.0.2.1', '')}`)
  return { client, requests, line, registration$ }
}
const said = async <Value>(value$: Observable<Value>): Promise<Value> => firstValueFrom(value$)
const failureOf = (promise: Promise<unknown>): Promise<Lwm2mError> =>
  promise.then(
    () => Promise.reject(new Error('no error')),
    (error: unknown) => error as Lwm2mError,
  )

describe('on the wire', () => {
  test('each operation is the request that the standard says [LwM2M Transport §6.4.4]', async () => {
    const { client, line, requests } = clientOf(answer('2.04'))
    await said(client.write('/1/0/1', 60))
    await said(client.write('/3/0', { 14: '+01:00', 15: 'Europe/Berlin' }, { mode: 'partial' }))
    await said(client.writeAttributes('/3303/0/5700', { pmin: 10, gt: 25.5, lt: undefined }))
    await said(client.execute('/3/0/4'))
    await said(client.execute('/5/0/2', { 0: 'a', 3: null }))
    await said(client.delete('/3303/7'))
    expect(line()).toEqual([
      'PUT /1/0/1',
      'POST /3/0',
      'PUT /3303/0/5700?pmin=10&gt=25.5&lt',
      'POST /3/0/4',
      'POST /5/0/2',
      'DELETE /3303/7',
    ])
    expect(requests.map(({ options: all }) => uint(all, options.ContentFormat))).toEqual([0, 112, undefined, undefined, 0, undefined])
    expect(new TextDecoder().decode(requests[4]!.payload)).toBe("0='a',3")
  })

  test('a client of LwM2M 1.0 is written in TLV, octets are opaque [LwM2M Core §7.4]', async () => {
    const { client, requests } = clientOf(answer('2.04'), { version: '1.0' })
    await said(client.write('/3/0', { 14: '+01:00' }))
    await said(client.write('/5/0/0', Uint8Array.of(0)))
    expect(requests.map(({ options: all }) => uint(all, options.ContentFormat))).toEqual([11542, 42])
    expect(requests[0]!.payload).toEqual(Uint8Array.of(0xc6, 14, ...utf8.encode('+01:00')))
  })

  test('values of a multiple Resource are written by their Resource Instance IDs', async () => {
    const { client, requests } = clientOf(answer('2.04'), { version: '1.0' })
    await said(client.write('/3/0/6', { 0: 1, 2: 5 }))
    expect(requests[0]!.payload).toEqual(Uint8Array.of(0x86, 6, 0x41, 0, 1, 0x41, 2, 5))
  })

  test('everything is asked below the root that the client said [LwM2M Core §6.2.1]', async () => {
    const { client, line } = clientOf(answer('2.05', 'Acme', [format(0)]), { root: '/lwm2m/dev' })
    expect((await said(client.read('/3/0/0', { accept: 0 }))).value).toBe('Acme')
    expect(line()).toEqual(['GET /lwm2m/dev/3/0/0'])
  })

  test.each(['</3/0>;pmin=10,</3/0/9>', '</lwm2m/3/0>;pmin=10,</lwm2m/3/0/9>'])(
    'links below a root are understood with it and without: %s',
    async (links) => {
      const { client } = clientOf(answer('2.05', links, [format(40)]), { root: '/lwm2m' })
      expect((await said(client.discover('/3/0'))).map(({ path, attributes }) => [path.resource, attributes])).toEqual([
        [undefined, { pmin: 10 }],
        [9, {}],
      ])
    },
  )
})

describe('what is answered', () => {
  test('a value, the values of a multiple Resource, or all nodes of an Object Instance', async () => {
    expect(await said(clientOf(answer('2.05', '42', [format(0)])).client.read('/3/0/9'))).toMatchObject({ path: '/3/0/9', value: 42 })
    const many = answer('2.05', Uint8Array.of(0x86, 6, 0x41, 0, 1, 0x41, 2, 5), [format(11542)])
    expect((await said(clientOf(many).client.read('/3/0/6'))).value).toEqual({ 0: 1, 2: 5 })
    const instance = answer('2.05', Uint8Array.of(0xc1, 9, 42, 0x83, 6, 0x41, 0, 1), [format(11542)])
    const { value, nodes } = await said(clientOf(instance).client.read('/3/0'))
    expect(value).toBeUndefined()
    expect(nodes.map(({ path, value: one }) => [path.resource, path.resourceInstance, one])).toEqual([
      [9, undefined, 42],
      [6, 0, 1],
    ])
  })

  test('Discover gives places with their attributes, Create the path of what was created', async () => {
    const links = answer('2.05', '</3/0>;pmin=10,</3/0/9>', [format(40)])
    expect((await said(clientOf(links).client.discover('/3/0'))).map(({ path, attributes }) => [path.resource, attributes])).toEqual([
      [undefined, { pmin: 10 }],
      [9, {}],
    ])
    const created = answer('2.01', '', [stringOption(options.LocationPath, '3303'), stringOption(options.LocationPath, '4')])
    const { client, line } = clientOf(created)
    expect(await said(client.create('/3303', { 5700: 20.5 }))).toBe('/3303/4')
    expect(line()).toEqual(['POST /3303'])
    expect(await said(clientOf(answer('2.01')).client.create('/3303/7', { 5700: 20.5 }))).toBe('/3303/7')
  })

  test('an error code is an error with that code and the words of the client', async () => {
    const error = await failureOf(said(clientOf(answer('4.05', 'not so')).client.write('/3/0/0', 'x')))
    expect(error).toMatchObject({
      code: 'response',
      responseCode: '4.05',
      retryable: false,
      message: 'write /3/0/0 is answered 4.05: not so',
    })
    expect(await failureOf(said(clientOf(answer('5.03')).client.read('/3/0/0')))).toMatchObject({ responseCode: '5.03', retryable: true })
  })

  test('octets that are not of their format are an error, and so is a value that fits nothing', async () => {
    const torn = answer('2.05', Uint8Array.of(0xc8), [format(11542)])
    expect(await failureOf(said(clientOf(torn).client.read('/3/0')))).toMatchObject({ code: 'malformed' })
    expect(await failureOf(said(clientOf(answer('2.04')).client.write(unwritten, 'no number')))).toMatchObject({
      code: 'invalid',
    })
    expect(await failureOf(said(clientOf(answer('2.04')).client.write(deep, { 1: 1 })))).toMatchObject({
      code: 'invalid',
    })
  })
})

describe('an observation', () => {
  const reading = answer('2.05', '1', [format(0)])
  test('ends with the first value when the client declines to be observed [RFC 7641 §3.2]', async () => {
    const { client, requests } = clientOf(reading)
    expect(await firstValueFrom(client.observe('/3/0/9').pipe(toArray()))).toMatchObject([{ value: 1 }])
    expect(uint(requests[0]!.options, options.Observe)).toBe(0)
  })

  test('is an error when there is no registration', async () => {
    const { client, registration$ } = clientOf(reading)
    registration$.next(undefined)
    expect(await failureOf(firstValueFrom(client.observe('/3/0/9')))).toMatchObject({ code: 'not-registered' })
  })

  test('waits for the client to come back, or ends with its registration, as it is told', () => {
    const { registration$, ...floor } = clientOf(reading, { observed: true })
    const seen: string[] = []
    const note = (name: string, reestablish: boolean) =>
      floor.client.observe('/3/0/9', { reestablish }).subscribe({
        next: ({ value }) => seen.push(`${name} ${value}`),
        error: (error: unknown) => seen.push(`${name} ${(error as Lwm2mError).code}`),
      })
    note('stays', true)
    note('ends', false)
    registration$.next(undefined)
    registration$.next({ ...registration('1.1', { objects: [] }), location: '1' })
    expect(seen).toEqual(['stays 1', 'ends 1', 'ends aborted', 'stays 1'])
  })
})
