/** Our server and a client on the Leshan libraries (LwM2M 1.1): every operation, in every format that both speak, with every type of value. */
import { resolve } from 'node:path'
import { filter, firstValueFrom, take, timeout, toArray, type Observable } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentFormats } from '../../src/format/format.ts'
import { definitions } from '../../src/model/definition.ts'
import { formatPath, type PathString } from '../../src/model/path.ts'
import type { Value } from '../../src/model/value.ts'
import { registry } from '../../src/objects/registry.ts'
import { live } from '../../src/platform/live.ts'
import { lwm2mServer, type Reading, type RegisteredClient, type Server } from '../../src/server.ts'
import { memory } from '../../src/simulation/storage.ts'
import { everyType, first, types } from './leshan-types.ts'
import { folder, freePort, serve, type Peer } from './peer.ts'

const second: readonly Value[] = [
  'größer',
  -9_223_372_036_854_775_808n,
  4_294_967_296,
  -1.5e-7,
  false,
  Uint8Array.of(1, 2, 3),
  0,
  { object: 1, instance: 0 },
]
const name = 'urn:dev:ops:leshan-client'
const room = folder()
let peer: Peer
let server: Server
let device: RegisteredClient
let open: { unsubscribe: () => void }

beforeAll(async () => {
  const port = await freePort()
  server = lwm2mServer(live({ storage: memory() }), {
    listen: { address: '127.0.0.1', port },
    context: { definitions: definitions([...registry.values(), everyType]) },
  })
  device = server.client(name)
  open = server.registrations$.subscribe()
  const registered = firstValueFrom(device.registration$.pipe(filter((registration) => registration !== undefined)))
  const main = resolve(import.meta.dirname, 'libraries/LeshanClient.java')
  const args = ['-cp', `${resolve(import.meta.dirname, 'target/libraries')}/*`, main, `coap://127.0.0.1:${port}`, name]
  peer = await serve('java', args, room.path, (said) => Promise.resolve(said.includes('ready')), 90_000)
  await registered
}, 100_000)
afterAll(async () => {
  await peer?.stop()
  open?.unsubscribe()
  room.remove()
})
const once = <Result>(result$: Observable<Result>): Promise<Result> => firstValueFrom(result$.pipe(timeout(10_000)))
const valuesOf = (reading: Reading) => Object.fromEntries(reading.nodes.map(({ path, value }) => [formatPath(path), value]))
const tell = (line: string) => peer.process.stdin?.write(`${line}\n`)

const { text, opaque, cbor, tlv, json, senmlJson, senmlCbor } = contentFormats
const structured = { TLV: tlv, JSON: json, 'SenML JSON': senmlJson, 'SenML CBOR': senmlCbor }
/** Formats of one value, and whether a type has a form in them. */
const simple = { text: [text, () => true], CBOR: [cbor, () => true], opaque: [opaque, (type: string) => type === 'opaque'] } as const
/** Single values, and two of each type in Resources with several Instances. A Write that leaves one out makes these libraries fail the next that has it. */
const whole = (values: readonly Value[]) => ({
  ...Object.fromEntries(values.entries()),
  ...Object.fromEntries(types.map((_, id) => [10 + id, { 0: multiple(first[id]!), 7: second[id]! }])),
})
const multiple = (value: Value): Value => (typeof value === 'bigint' && value > 2n ** 63n ? 7 : value)
const everyValue = (values: readonly Value[]) => ({
  ...Object.fromEntries(values.map((value, id) => [`/30000/0/${id}`, value])),
  ...Object.fromEntries(
    types.flatMap((_, id) => [
      [`/30000/0/${10 + id}/0`, multiple(first[id]!)],
      [`/30000/0/${10 + id}/7`, second[id]!],
    ]),
  ),
})

describe.each(Object.entries(structured))('%s', (_, format) => {
  test('an Object Instance with every type is read, replaced and read again [LwM2M Core §7.4]', async () => {
    for (const values of [second, first]) {
      await once(device.write('/30000/0', whole(values), { format }))
      // These libraries write an unsigned number beyond 2^63 as a signed one in TLV.
      const read = format === tlv && values === first ? values.map((value, id) => (id === 2 ? 255 : value)) : values
      expect(valuesOf(await once(device.read('/30000/0', { accept: format })))).toEqual(everyValue(read))
    }
  })
  test('Resources with several Instances are written and read [LwM2M Core §7.4]', async () => {
    await once(device.write('/30000/0', whole(first), { format }))
    for (const id of types.keys())
      expect((await once(device.read(`/30000/0/${10 + id}`, { accept: format }))).value).toEqual({ 0: multiple(first[id]!), 7: second[id] })
  })
  test('an Object Instance is created, read and deleted [LwM2M Core §6.3.6]', async () => {
    expect(await once(device.create('/30000/5', { 0: 'made', 1: 5 }, { format }))).toBe('/30000/5')
    expect(valuesOf(await once(device.read('/30000/5', { accept: format })))).toMatchObject({ '/30000/5/0': 'made', '/30000/5/1': 5 })
    await once(device.delete('/30000/5'))
    await expect(once(device.read('/30000/5'))).rejects.toMatchObject({ responseCode: '4.04' })
  })
})

describe.each(Object.entries(simple))('%s', (_, [format, speaks]) => {
  test('a Resource of every type is written and read [LwM2M Core §7.4]', async () => {
    for (const [id, type] of types.entries()) {
      // These libraries read times in CBOR with tag 0 or 1 only; LwM2M 1.2 has whole numbers there, which is what we write.
      if (!speaks(type) || (format === cbor && type === 'time')) continue
      const path: PathString = `/30000/0/${id}`
      for (const value of [second[id]!, first[id]!]) {
        await once(device.write(path, value, { format }))
        expect((await once(device.read(path, { accept: format }))).value).toEqual(value)
      }
    }
  })
})

describe('composites', () => {
  const places = ['/3/0/0', '/30000/0/1', '/30000/0/3'] as const
  test.each([
    ['SenML JSON', senmlJson],
    ['SenML CBOR', senmlCbor],
  ])('several places are read and written at once as %s [LwM2M Core §6.3.8, §6.3.9]', async (_, format) => {
    const reading = await once(device.readComposite(places, { accept: format, format }))
    expect(valuesOf(reading)).toEqual({ '/3/0/0': 'Leshan', '/30000/0/1': first[1], '/30000/0/3': first[3] })
    await once(device.writeComposite({ '/30000/0/0': 'composite', '/30000/0/4': false }, { format }))
    expect((await once(device.read('/30000/0/0'))).value).toBe('composite')
    await once(device.writeComposite({ '/30000/0/0': first[0]!, '/30000/0/4': first[4]! }, { format }))
  })
  test('several places are observed as one [LwM2M Core §6.4.4]', async () => {
    const seen = firstValueFrom(device.observeComposite(['/30000/0/0', '/30000/0/4']).pipe(take(2), toArray(), timeout(15_000)))
    await once(device.read('/3/0/0'))
    await once(device.write('/30000/0/0', 'observed'))
    expect((await seen).map(valuesOf)).toEqual([
      { '/30000/0/0': 'text', '/30000/0/4': true },
      { '/30000/0/0': 'observed', '/30000/0/4': true },
    ])
    await once(device.write('/30000/0/0', 'text'))
  })
})

describe('reporting and management', () => {
  test('a Resource is observed, and the observation cancelled [LwM2M Core §6.4]', async () => {
    const seen = firstValueFrom(device.observe('/30000/0/1').pipe(take(2), toArray(), timeout(15_000)))
    await once(device.read('/3/0/0'))
    await once(device.write('/30000/0/1', 42))
    expect((await seen).map(({ value }) => value)).toEqual([first[1], 42])
    await once(device.write('/30000/0/1', first[1]!))
  })
  test('attributes are written and discovered [LwM2M Core §6.3.2, §6.3.4]', async () => {
    await once(device.writeAttributes('/3/0/0', { pmin: 5, pmax: 60 }))
    const links = await once(device.discover('/3/0/0'))
    expect(links[0]).toMatchObject({ attributes: { pmin: 5, pmax: 60 } })
  })
  test.each(['SENML_JSON', 'SENML_CBOR'])('what the client sends as %s arrives [LwM2M Core §6.4.6]', async (format) => {
    const sent = firstValueFrom(device.send$.pipe(timeout(15_000)))
    tell(`send ${format} /3/0/0 /30000/0/1`)
    expect(Object.fromEntries((await sent).nodes.map(({ path, value }) => [formatPath(path), value]))).toMatchObject({ '/3/0/0': 'Leshan' })
  })
  test('what is not there, not allowed or nonsense is refused by its own code [LwM2M Transport §6.4]', async () => {
    await expect(once(device.read('/3/9'))).rejects.toMatchObject({ responseCode: '4.04' })
    await expect(once(device.write('/3/0/0', 'Acme'))).rejects.toMatchObject({ responseCode: '4.05' })
    await expect(once(device.read('/0'))).rejects.toMatchObject({ responseCode: expect.stringMatching(/4\.0[145]/) as string })
  })
  test('an Update prolongs the registration [LwM2M Core §6.2.2]', async () => {
    const updated = firstValueFrom(
      server.registrations$.pipe(
        filter(({ type }) => type === 'updated'),
        timeout(10_000),
      ),
    )
    tell('update')
    expect((await updated).registration.endpointClientName).toBe(name)
  })
})
