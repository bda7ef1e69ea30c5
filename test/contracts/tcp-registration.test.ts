/** The OMA Enabler Test Specification's case for TCP, over real sockets on loopback: simulated worlds have UDP only (ETS INT 1.2 §6.2.6). */
import { EMPTY, filter, firstValueFrom, ReplaySubject } from 'rxjs'
import { expect, test } from 'vitest'
import { client } from '../../src/client.ts'
import { deviceObject } from '../../src/client/objects.ts'
import type { Notice } from '../../src/client/word.ts'
import { live } from '../../src/platform/live.ts'
import { lwm2mServer, type RegistrationEvent } from '../../src/server.ts'
import { memory } from '../../src/simulation/storage.ts'

test('int-106: a client registers over TCP: settings both ways, binding T, no Security in its list', async () => {
  const server = lwm2mServer(live({ storage: memory() }), {
    listen: { address: '127.0.0.1', port: 0 },
    tcp: { address: '127.0.0.1', port: 0 },
  })
  const event$ = new ReplaySubject<RegistrationEvent>(10)
  const open = server.registrations$.subscribe(event$)
  const { port } = await firstValueFrom(server.listeningTcp$)
  const notices: Notice[] = []
  const device = client(live({ storage: memory() }), {
    endpointClientName: 'tcp-device',
    servers: `coap+tcp://127.0.0.1:${port}`,
    objects: [deviceObject({ manufacturer: 'Acme', reboot: () => EMPTY })],
  })
  const running = device.notice$.subscribe((notice) => notices.push(notice))
  const { registration } = await firstValueFrom(event$.pipe(filter(({ type }) => type === 'registered')))
  expect(registration).toMatchObject({ endpointClientName: 'tcp-device', binding: 'T' })
  expect([...new Set(registration.has.objects.map(({ path }) => path.object))]).toEqual([1, 3])
  await firstValueFrom(device.state$.pipe(filter(([account]) => account?.state === 'registered')))
  // The server's Capabilities and Settings Message came, or no request could have left (RFC 8323 §5.3); what it says is told.
  expect(notices.find(({ type }) => type === 'settings')).toMatchObject({ maxMessageBytes: expect.any(Number) as number })
  expect((await firstValueFrom(server.client('tcp-device').read('/3/0/0'))).value).toBe('Acme')
  running.unsubscribe()
  open.unsubscribe()
})
