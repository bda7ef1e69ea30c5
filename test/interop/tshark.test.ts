/** What we write, read by tshark: an independent decoder of CoAP, LwM2M TLV and CBOR. */
import fc from 'fast-check'
import { BehaviorSubject, EMPTY, firstValueFrom, lastValueFrom, pipe, take, tap, toArray, type Subscription } from 'rxjs'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { Duplex } from '../../src/core/duplex.ts'
import type { DatagramDown, DatagramUp } from '../../src/core/ports.ts'
import { storedIn } from '../../src/firmware/image.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import { contentFormats } from '../../src/format/format.ts'
import { octetOf, type Code } from '../../src/message/code.ts'
import { encode } from '../../src/message/encode.ts'
import { acknowledgement, noBytes, noOptions, rejection, type Message } from '../../src/message/message.ts'
import { opaqueOption, optionDefinitions, options, stringOption, uintOf, uintOption, type Option } from '../../src/message/option.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { live } from '../../src/platform/live.ts'
import { lwm2mServer } from '../../src/server.ts'
import { bytesSource, memory } from '../../src/simulation/storage.ts'
import { folder, octets } from './peer.ts'
import { dissect, values, type Dissected, type Reading } from './tshark.ts'

const room = folder()
const opened: Subscription[] = []
afterEach(() => opened.splice(0).forEach((subscription) => subscription.unsubscribe()))
afterAll(() => room.remove())

const remote = 'coap://192.0.2.1:5683'
const message = (more: Partial<Message>): Message => ({
  type: 'CON',
  remote,
  messageId: 1,
  code: '0.01',
  token: '',
  options: noOptions,
  payload: noBytes,
  ...more,
})
const read = (...all: readonly Message[]): Promise<readonly Reading[]> =>
  dissect(
    all.map((one) => encode(one).bytes),
    room.path,
  )
const path = (...segments: readonly string[]): readonly Option[] => segments.map((segment) => stringOption(options.UriPath, segment))
const hex = (octetsOf: string): string => octetsOf.replaceAll(':', '')
const tokenOf = (coap: Dissected): string => hex(values(coap, 'coap.token')[0] ?? '')
const typeNumbers = { CON: '0', NON: '1', ACK: '2', RST: '3' } as const

describe('by hand', () => {
  test('header: type, code, message ID and token [RFC 7252 §3]', async () => {
    const all = [
      message({ type: 'NON', code: '0.03', messageId: 0xffff, token: '0102030405060708' }),
      message({ type: 'ACK', code: '2.05', messageId: 0x1234, token: '00' }),
      acknowledgement({ remote, messageId: 7 }),
      rejection({ remote, messageId: 8 }),
    ]
    const found = (await read(...all)).map(({ coap }) => [
      coap['coap.version'],
      coap['coap.type'],
      coap['coap.code'],
      coap['coap.mid'],
      coap['coap.token_len'],
      tokenOf(coap),
    ])
    expect(found).toEqual([
      ['1', '1', '3', '65535', '8', '0102030405060708'],
      ['1', '2', '69', '4660', '1', '00'],
      ['1', '2', '0', '7', '0', ''],
      ['1', '3', '0', '8', '0', ''],
    ])
  })

  test('a Register request: its path, queries and links [LwM2M Transport §6.4.3]', async () => {
    const queries = ['ep=urn:dev:ops:1234', 'lt=300', 'lwm2m=1.2', 'b=U'].map((query) => stringOption(options.UriQuery, query))
    const links = '</>;rt="oma.lwm2m";ct="112 11542",</1/0>,</3/0>'
    const register = message({
      code: '0.02',
      options: [...path('rd'), uintOption(options.ContentFormat, 40), ...queries],
      payload: new TextEncoder().encode(links),
    })
    const [found] = await read(register)
    expect(found!.coap['coap.opt.uri_path_recon']).toBe('/rd')
    expect(values(found!.coap, 'coap.opt.ctype')).toEqual(['application/link-format'])
    expect(values(found!.coap, 'coap.opt.uri_query')).toEqual(['ep=urn:dev:ops:1234', 'lt=300', 'lwm2m=1.2', 'b=U'])
    expect(values(found!.coap, 'coap.payload_length')).toEqual([String(links.length)])
    expect(found!.all).not.toContain('_ws.malformed')
  })

  test.each([
    { num: 0, more: true, szx: 0 },
    { num: 15, more: false, szx: 6 },
    { num: 16, more: true, szx: 5 },
    { num: 4095, more: true, szx: 2 },
    { num: 4096, more: false, szx: 6 },
    { num: 1_048_575, more: true, szx: 6 },
  ])('Block1 and Block2 $num/$more/$szx with their sizes [RFC 7959 §2.2]', async ({ num, more, szx }) => {
    const value = num * 16 + (more ? 8 : 0) + szx
    const put = message({
      code: '0.03',
      token: '01',
      options: [...path('5', '0', '0'), uintOption(options.Block1, value), uintOption(options.Size1, 1 << 20)],
    })
    const content = message({
      type: 'ACK',
      code: '2.05',
      token: '02',
      options: [uintOption(options.Block2, value), uintOption(options.Size2, 77_777)],
    })
    for (const { coap, all } of await read(put, content)) {
      expect(values(coap, 'coap.opt.block_number')).toEqual([String(num)])
      expect(values(coap, 'coap.opt.block_mflag')).toEqual([more ? '1' : '0'])
      // The first, as it calls the value of Size2 by the same name.
      expect(values(coap, 'coap.opt.block_size')[0]).toBe(String(szx))
      expect(all).not.toContain('_ws.malformed')
    }
  })

  test('Observe, ETag, Accept, Max-Age, If-Match and Uri-Host as what they are [RFC 7252 §5.10; RFC 7641 §2]', async () => {
    const all = [
      opaqueOption(options.IfMatch, Uint8Array.of(0xde, 0xad)),
      stringOption(options.UriHost, 'example.org'),
      opaqueOption(options.ETag, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
      uintOption(options.Observe, 0xabcdef),
      uintOption(options.UriPort, 61_616),
      uintOption(options.MaxAge, 86_400),
      uintOption(options.Accept, contentFormats.tlv),
    ]
    const [{ coap, all: said }] = (await read(message({ options: all }))) as [Reading]
    const field = (name: string) => values(coap, `coap.opt.${name}`)
    expect([hex(field('if_match')[0]!), field('uri_host')[0], hex(field('etag')[0]!), field('observe')[0]]).toEqual([
      'dead',
      'example.org',
      '0102030405060708',
      '11259375',
    ])
    expect([field('uri_port')[0], field('max_age')[0], field('accept')[0]]).toEqual(['61616', '86400', 'application/vnd.oma.lwm2m+tlv'])
    expect(said).not.toContain('_ws.malformed')
  })

  test.each([0, 1, 12, 13, 14, 268, 269, 270, 1_000])(
    'an option value of %i octets, after deltas of every kind [RFC 7252 §3.1]',
    async (length) => {
      const numbers = [2_048, 2_060, 2_073, 2_342, 2_612, 65_000]
      const [{ coap }] = (await read(
        message({ options: numbers.map((number) => opaqueOption(number, new Uint8Array(length).fill(7))), payload: Uint8Array.of(1) }),
      )) as [Reading]
      expect(values(coap, 'coap.opt.desc').map((desc) => /^Type (\d+)/.exec(desc)![1])).toEqual(numbers.map(String))
      expect(values(coap, 'coap.opt.unknown').map((value) => hex(value).length / 2)).toEqual(numbers.map(() => length))
      expect(values(coap, 'coap.payload_length')).toEqual(['1'])
    },
  )
})

describe('by luck', () => {
  // Block options are reassembled by tshark, Request-Tag is unknown to it, and OSCORE is another layer's.
  const known = optionDefinitions.filter(({ number }) => ![9, 23, 27, 292].includes(number))
  const option: fc.Arbitrary<Option> = fc
    .constantFrom(...known)
    .chain(({ number, format, minLength, maxLength }) =>
      (format === 'string'
        ? fc
            .string({ minLength, maxLength: Math.min(maxLength, 40), unit: fc.constantFrom('a', 'b', '0', '-') })
            .map((text) => new TextEncoder().encode(text))
        : fc.uint8Array({ minLength, maxLength })
      ).map((value) => ({ number, value })),
    )
  const some: fc.Arbitrary<Message> = fc
    .record({
      type: fc.constantFrom('CON' as const, 'NON' as const, 'ACK' as const),
      code: fc.constantFrom<Code>('0.01', '0.02', '0.03', '0.04', '2.01', '2.04', '2.05', '2.31', '4.04', '5.03'),
      messageId: fc.nat(65_535),
      token: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes).toString('hex')),
      options: fc
        .uniqueArray(option, { maxLength: 8, selector: ({ number }) => number })
        .map((all) => all.sort((a, b) => a.number - b.number)),
      payload: fc.uint8Array({ maxLength: 1_100 }),
    })
    .map((more) => message(more))

  test('a thousand messages are read as what they are [RFC 7252 §3]', async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
    const all = fc.sample(some, { seed, numRuns: 1_000 })
    const found = await read(...all)
    expect(found).toHaveLength(all.length)
    found.forEach(({ coap }, index) => {
      const { type, code, messageId, token, options: own, payload } = all[index]!
      const about = `seed ${seed}, message ${index}`
      expect([coap['coap.type'], coap['coap.code'], coap['coap.mid'], tokenOf(coap)], about).toEqual([
        typeNumbers[type],
        String(octetOf(code)),
        String(messageId),
        token,
      ])
      expect(
        values(coap, 'coap.opt.desc').map((desc) => /^Type (\d+)/.exec(desc)![1]),
        about,
      ).toEqual(own.map(({ number }) => String(number)))
      const size = own.find(({ number }) => number === options.Size1)
      if (size !== undefined) expect(values(coap, 'coap.opt.size1'), about).toEqual([String(uintOf(size.value))])
      expect(values(coap, 'coap.payload_length').slice(0, 1), about).toEqual(payload.length === 0 ? [] : [String(payload.length)])
    })
  })
})

/** Every datagram that passes, both ways. */
const recorded =
  (all: Uint8Array[]) =>
  (street: Duplex<DatagramDown, DatagramUp>): Duplex<DatagramDown, DatagramUp> => {
    const note = (word: DatagramDown | DatagramUp) => {
      if (word.type === 'datagram') all.push(word.bytes.slice())
    }
    return pipe(tap<DatagramDown>(note), street, tap<DatagramUp>(note))
  }

test('a whole life, from Register through firmware to De-register, has nothing malformed in it', async () => {
  const datagrams: Uint8Array[] = []
  const server = lwm2mServer(live({ storage: memory() }), { listen: { address: '127.0.0.1', port: 0 } })
  const registration = firstValueFrom(server.registrations$)
  opened.push(server.registrations$.subscribe())
  const { port } = await firstValueFrom(server.listening$)
  const storage = memory()
  const plain = live({ storage })
  const celsius$ = new BehaviorSubject(20.5)
  const device = client(
    { ...plain, transports: { udp: (socket) => recorded(datagrams)(plain.transports.udp(socket)) } },
    {
      endpointClientName: 'urn:dev:ops:1234-recorded',
      servers: { uri: `coap://127.0.0.1:${port}`, lifetimeSeconds: 300 },
      objects: [
        deviceObject({ manufacturer: 'Open Mobile Alliance', firmwareVersion: '1.0', reboot: () => EMPTY }),
        instances(temperature, { 0: { 5700: celsius$, 5701: 'Cel' } }),
        firmware({ store: storedIn(storage), install: () => EMPTY, reset: () => storage.remove('firmware') }),
      ],
    },
  )
  opened.push(device.notice$.subscribe())
  const { registration: registered } = await registration
  const one = server.client(registered.endpointClientName)
  const readings = firstValueFrom(one.observe('/3303/0/5700').pipe(take(2), toArray()))
  await firstValueFrom(one.read('/3/0', { accept: contentFormats.tlv }))
  celsius$.next(21.5)
  await readings
  await firstValueFrom(one.read('/3303', { accept: contentFormats.senmlCbor }))
  await firstValueFrom(one.write('/1/0/1', 600))
  await firstValueFrom(one.execute('/3/0/4'))
  await firstValueFrom(one.discover('/3/0'))
  const image = octets(20_000)
  await lastValueFrom(one.updateFirmware({ name: 'recorded', source: bytesSource(image), size: image.length }))
  await lastValueFrom(device.stop(), { defaultValue: undefined })
  const found = await dissect(datagrams, room.path)
  expect(found).toHaveLength(datagrams.length)
  expect(found.filter(({ all }) => all.includes('_ws.malformed') || all.includes('_ws.expert.message'))).toEqual([])
  const codes = found.map(({ coap }) => Number(coap['coap.code']))
  expect(codes.slice(0, 2)).toEqual([2, 65])
  expect(codes.filter((code) => code === 4)).toHaveLength(1)
  expect(codes.at(-1)).toBe(66)
  expect(found.flatMap(({ tlv }) => values(tlv, 'lwm2mtlv.resource.manufacturer'))).toEqual(['Open Mobile Alliance'])
  expect(
    found
      .flatMap(({ cbor }) => values(cbor, 'cbor.type.float64').concat(values(cbor, 'cbor.type.float32'), values(cbor, 'cbor.type.float16')))
      .map(Number),
  ).toEqual([20.5, 21.5, 21.5, 21.5]) // observed, notified, read, and the last Read of a cancellation
  expect(found.filter(({ coap }) => values(coap, 'coap.opt.block_number').length > 0).length).toBeGreaterThanOrEqual(40)
})
