/** Our client at the Leshan demo server: the whole life of a device, ordered over Leshan's REST interface. */
import { createHash } from 'node:crypto'
import { BehaviorSubject, EMPTY, filter, firstValueFrom, of, type Subscription } from 'rxjs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { client, type Client } from '../../src/client.ts'
import type { AccountOptions } from '../../src/client/account-options.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { Notice } from '../../src/client/word.ts'
import { coapEndpoint } from '../../src/coap.ts'
import { storedIn } from '../../src/firmware/image.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import { responses } from '../../src/message/code.ts'
import { noBytes, noOptions } from '../../src/message/message.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { live } from '../../src/platform/live.ts'
import { bytesSource, memory } from '../../src/simulation/storage.ts'
import { leshan, type Events, type Leshan, type LeshanRegistration } from './leshan.ts'
import { folder, mebibyte, octets, pause } from './peer.ts'

const room = folder()
let server: Leshan
beforeAll(async () => {
  server = await leshan(room.path)
})
afterAll(async () => {
  await server?.peer.stop()
  room.remove()
})

const opened: Subscription[] = []
const listening: Events[] = []
afterEach(() => {
  opened.splice(0).forEach((subscription) => subscription.unsubscribe())
  listening.splice(0).forEach(({ stop }) => stop())
})

interface Device {
  readonly name: string
  readonly device: Client
  readonly notices: Notice[]
  readonly events: Events
  readonly celsius$: BehaviorSubject<number>
  readonly reboots: unknown[]
  readonly installed: string[]
}
let count = 0
/** A device with a thermometer and firmware, registered. */
const registered = async (account: Partial<AccountOptions> = {}): Promise<Device> => {
  const name = `urn:dev:ops:1234-interop-${++count}`
  const celsius$ = new BehaviorSubject(20.5)
  const reboots: unknown[] = []
  const installed: string[] = []
  const storage = memory()
  const reboot = (given: unknown) => {
    reboots.push(given)
    return EMPTY
  }
  const install = ({ sha256 }: { readonly sha256: string }) => {
    installed.push(sha256)
    return EMPTY
  }
  const device = client(live({ storage }), {
    endpointClientName: name,
    servers: { uri: server.uri, lifetimeSeconds: 300, ...account },
    objects: [
      deviceObject({ manufacturer: 'Acme', modelNumber: 'interop', serialNumber: name, firmwareVersion: '1.0', reboot }),
      instances(temperature, { 0: { 5700: celsius$, 5701: 'Cel' }, 1: { 5700: -3.25, 5701: 'Cel' } }),
      firmware({ store: storedIn(storage), install, reset: () => storage.remove('firmware') }),
    ],
  })
  const events = await server.events(name)
  listening.push(events)
  const notices: Notice[] = []
  opened.push(device.notice$.subscribe((notice) => notices.push(notice)))
  await events.next('REGISTRATION')
  return { name, device, notices, events, celsius$, reboots, installed }
}
const stop = (device: Client) => firstValueFrom(device.stop(), { defaultValue: undefined })

describe('registration', () => {
  test('Register, Update on order, Update on a changed lifetime, De-register [LwM2M Core §6.2]', async () => {
    const { name, device, events, notices } = await registered()
    const registration = (await server.registration(name))!
    expect(registration).toMatchObject({ endpoint: name, lifetime: 300, bindingMode: 'U', rootPath: '/' })
    expect(registration.objectLinks.map(({ url }) => url)).toEqual(['/', '/1/0', '/3', '/3/0', '/5/0', '/3303/0', '/3303/1'])
    device.command({ type: 'update' })
    expect((await events.next('UPDATED')) as object).toMatchObject({ registration: { registrationId: registration.registrationId } })
    expect((await server.ask('PUT', `${name}/1/0/1?format=TLV`, { id: 1, value: 120 })).status).toBe('CHANGED(204)')
    const updated = (await events.next('UPDATED')) as { readonly registration: LeshanRegistration }
    expect(updated.registration.lifetime).toBe(120)
    await stop(device)
    await events.next('DEREGISTRATION')
    expect(await server.registration(name)).toBeUndefined()
    expect(notices.at(-1)).toEqual({ type: 'stopped' })
  })

  test('the version offered is the one registered: this server takes any, and never says 4.12', async () => {
    for (const version of ['1.2', '1.1', '1.0'] as const) {
      const { name, device } = await registered({ version })
      expect((await server.registration(name))!.lwM2mVersion).toBe(version)
      expect((await server.ask('GET', `${name}/3/0/0`)).content).toEqual({ id: 0, value: 'Acme' })
      await stop(device)
    }
  })

  test('a registration that the server has lost is made anew [LwM2M Core §6.2.2]', async () => {
    const first = await registered()
    const again = await server.registration(first.name)
    // Another client takes the name and leaves: the server knows nothing of the first any more.
    const thief = client(live({ storage: memory() }), {
      endpointClientName: first.name,
      servers: server.uri,
      objects: [deviceObject({ manufacturer: 'Thief', reboot: () => EMPTY })],
    })
    opened.push(thief.notice$.subscribe())
    await firstValueFrom(thief.state$.pipe(filter(([account]) => account?.state === 'registered')))
    const { registrationId } = (await first.events.next('REGISTRATION')) as LeshanRegistration
    await stop(thief)
    await first.events.next('DEREGISTRATION', (gone) => (gone as LeshanRegistration).registrationId === registrationId)
    first.device.command({ type: 'update' })
    const anew = (await first.events.next('REGISTRATION')) as LeshanRegistration
    expect(anew.registrationId).not.toBe(again!.registrationId)
    expect((await server.ask('GET', `${first.name}/3/0/0`)).content).toEqual({ id: 0, value: 'Acme' })
    await stop(first.device)
  })
})

describe('a registered device', () => {
  let it: Device
  beforeEach(async () => {
    it = await registered()
  })
  afterEach(() => stop(it.device))
  const ask = (...[method, path, body]: Parameters<Leshan['ask']>) => server.ask(method, `${it.name}${path}`, body)

  test.each(['TLV', 'SENML_CBOR', 'TEXT', ''])('a Resource is read as %j [LwM2M Core §7.4]', async (format) => {
    expect(await ask('GET', `/3/0/0?format=${format}`)).toMatchObject({ status: 'CONTENT(205)', content: { id: 0, value: 'Acme' } })
    expect((await ask('GET', `/3303/0/5700?format=${format}`)).content).toEqual({ id: 5700, value: 20.5 })
    expect((await ask('GET', `/1/0/1?format=${format}`)).content).toEqual({ id: 1, value: 300 })
    expect((await ask('GET', `/1/0/6?format=${format}`)).content).toEqual({ id: 6, value: true })
  })

  test.each(['TLV', 'SENML_CBOR', ''])(
    'an Object Instance, an Object and a multiple Resource are read as %j [LwM2M Core §7.4]',
    async (format) => {
      const sensor = (await ask('GET', `/3303/1?format=${format}`)).content!
      expect(Object.fromEntries(sensor.resources!.map(({ id, value }) => [id, value]))).toEqual({ 5700: -3.25, 5701: 'Cel' })
      expect((await ask('GET', `/3303?format=${format}`)).content!.instances!.map(({ id }) => id)).toEqual([0, 1])
      expect((await ask('GET', `/3/0/11?format=${format}`)).content).toEqual({ id: 11, values: { 0: 0 } })
    },
  )

  test('what is not there, not allowed or not spoken is said with its code [LwM2M Core §6.3]', async () => {
    expect((await ask('GET', '/3/0/9?format=TLV')).status).toBe('NOT_FOUND(404)')
    expect((await ask('GET', '/3/0/4?format=TLV')).status).toBe('METHOD_NOT_ALLOWED(405)')
    expect((await ask('GET', '/3/0?format=TEXT')).status).toBe('NOT_ACCEPTABLE(406)')
    expect((await ask('PUT', '/3/0/0?format=TLV', { id: 0, value: 'Other' })).status).toBe('METHOD_NOT_ALLOWED(405)')
    expect((await ask('POST', '/3/0/0')).status).toBe('METHOD_NOT_ALLOWED(405)')
  })

  test.each(['TLV', 'SENML_CBOR', 'TEXT'])('a Resource is written as %s [LwM2M Core §6.3.3]', async (format) => {
    expect((await ask('PUT', `/1/0/2?format=${format}`, { id: 2, value: 7 })).status).toBe('CHANGED(204)')
    expect((await ask('GET', '/1/0/2?format=TLV')).content).toEqual({ id: 2, value: 7 })
  })

  test.each(['TLV', 'SENML_CBOR'])('an Object Instance is updated in part as %s [LwM2M Core §6.3.3]', async (format) => {
    const resources = [
      { id: 2, value: 8 },
      { id: 3, value: 90 },
    ]
    expect((await ask('PUT', `/1/0?replace=false&format=${format}`, { id: 0, resources })).status).toBe('CHANGED(204)')
    expect((await ask('GET', '/1/0/3?format=TLV')).content).toEqual({ id: 3, value: 90 })
    expect((await ask('GET', '/1/0/1?format=TLV')).content).toEqual({ id: 1, value: 300 })
  })

  test('Execute, with and without arguments [LwM2M Core §6.3.5]', async () => {
    expect((await ask('POST', '/3/0/4')).status).toBe('CHANGED(204)')
    expect((await ask('POST', '/3/0/4', "0='now',3")).status).toBe('CHANGED(204)')
    expect(it.reboots).toHaveLength(2)
  })

  test('Discover tells paths and attributes, Write-Attributes sets them [LwM2M Core §6.3.2, §6.3.4]', async () => {
    expect((await ask('PUT', '/3303/0/5700/attributes?pmin=1&pmax=60&gt=30')).status).toBe('CHANGED(204)')
    const { objectLinks } = await ask('GET', '/3303/0/discover')
    const attributes = Object.fromEntries(objectLinks!.map(({ url, attributes: set }) => [url, set]))
    expect(Object.keys(attributes)).toEqual(expect.arrayContaining(['/3303/0', '/3303/0/5700', '/3303/0/5701']))
    expect(attributes['/3303/0/5700']).toMatchObject({ pmin: '1', pmax: '60', gt: expect.stringMatching(/^30(\.0)?$/) as string })
  })

  test('Observe and Notify, until the server wants no more [LwM2M Core §6.4]', async () => {
    expect((await ask('POST', '/3303/0/5700/observe')).content).toEqual({ id: 5700, value: 20.5 })
    for (const value of [21.25, 22.75]) {
      it.celsius$.next(value)
      expect(await it.events.next('NOTIFICATION')).toMatchObject({ res: '/3303/0/5700', val: { id: 5700, value } })
    }
    await ask('DELETE', '/3303/0/5700/observe')
    const notified = () => it.notices.filter((notice) => notice.type === 'operation' && notice.operation === 'notify').length
    const before = notified()
    // It cancels by rejecting the next notification.
    for (const value of [23, 24, 25, 26]) {
      it.celsius$.next(value)
      await pause(100)
    }
    expect(notified() - before).toBeLessThanOrEqual(1)
  })

  test('an Object Instance is observed [LwM2M Core §6.4]', async () => {
    expect((await ask('POST', '/3303/0/observe?format=SENML_CBOR')).status).toBe('CONTENT(205)')
    it.celsius$.next(30)
    const { val } = (await it.events.next('NOTIFICATION')) as {
      readonly val: { readonly resources: readonly { readonly id: number; readonly value: unknown }[] }
    }
    expect(val.resources.find(({ id }) => id === 5700)).toMatchObject({ value: 30 })
  })

  const valued = (value: number) => (data: unknown) => (data as { readonly val: { readonly value: unknown } }).val.value === value

  test('firmware is pulled on order while the device is read, installed, and reported [LwM2M Core §E.6]', async () => {
    const image = octets(mebibyte + 17, 3)
    const sha256 = createHash('sha256').update(image).digest('hex')
    const files = coapEndpoint(live(), {
      socket: { listen: { address: '127.0.0.1', port: 0 } },
      handler: () =>
        of({ code: responses.Content, options: noOptions, payload: noBytes, source: bytesSource(image, Uint8Array.of(1, 2, 3)) }),
    })
    const port = await new Promise<number>((resolve, reject) => {
      opened.push(files.up$.subscribe({ next: (up) => up.type === 'listening' && resolve(up.port), error: reject }))
    })
    const state = (value: number) => it.events.next('NOTIFICATION', valued(value))
    expect((await ask('POST', '/5/0/3/observe?format=TEXT')).content).toEqual({ id: 3, value: 0 })
    expect((await ask('PUT', '/5/0/1?format=TEXT', { id: 1, value: `coap://127.0.0.1:${port}/firmware` })).status).toBe('CHANGED(204)')
    await state(1)
    expect((await ask('GET', '/3303/0/5700')).content).toEqual({ id: 5700, value: 20.5 })
    await state(2)
    expect(it.installed).toEqual([])
    expect((await ask('POST', '/5/0/2')).status).toBe('CHANGED(204)')
    await state(0)
    expect(it.installed).toEqual([sha256])
    expect((await ask('GET', '/5/0/5?format=TEXT')).content).toEqual({ id: 5, value: 1 })
  })

  test('firmware is pushed on order, installed, and reported [LwM2M Core §E.6]', async () => {
    const image = octets(20_003, 5)
    const state = (value: number) => it.events.next('NOTIFICATION', valued(value))
    expect((await ask('POST', '/5/0/3/observe?format=TEXT')).content).toEqual({ id: 3, value: 0 })
    const pushed = await ask('PUT', '/5/0/0?format=OPAQUE', { id: 0, value: Buffer.from(image).toString('hex') })
    expect(pushed.status).toBe('CHANGED(204)')
    await state(2)
    expect((await ask('POST', '/5/0/2')).status).toBe('CHANGED(204)')
    await state(0)
    expect(it.installed).toEqual([createHash('sha256').update(image).digest('hex')])
    expect((await ask('GET', '/5/0/5?format=TEXT')).content).toEqual({ id: 5, value: 1 })
  })

  test('a firmware that is not there ends with Result 7, idle [LwM2M Core §E.6]', async () => {
    const nobody = coapEndpoint(live(), { socket: { listen: { address: '127.0.0.1', port: 0 } } })
    const port = await new Promise<number>((resolve) => {
      opened.push(nobody.up$.subscribe((up) => up.type === 'listening' && resolve(up.port)))
    })
    expect((await ask('POST', '/5/0/5/observe?format=TEXT')).content).toEqual({ id: 5, value: 0 })
    expect((await ask('PUT', '/5/0/1?format=TEXT', { id: 1, value: `coap://127.0.0.1:${port}/none` })).status).toBe('CHANGED(204)')
    await it.events.next('NOTIFICATION', valued(7))
    expect((await ask('GET', '/5/0/3?format=TEXT')).content).toEqual({ id: 3, value: 0 })
  })
})
