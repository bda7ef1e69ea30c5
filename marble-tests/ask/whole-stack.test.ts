/** The face on every floor from octets to bodies: what must pass through them untouched. */
import { BehaviorSubject, of } from 'rxjs'
import { expect, test } from 'vitest'
import { coapEndpoint, type CoapOptions } from '../../src/coap.ts'
import { seeded } from '../../src/core/dice.ts'
import { cable } from '../../src/datagram/cable.ts'
import type { Response } from '../../src/exchange/exchange.ts'
import { request } from '../../src/exchange/request.ts'
import { noOptions } from '../../src/message/message.ts'
import { options, uintOption } from '../../src/message/option.ts'
import { virtualScheduler } from '../../src/simulation/virtual.ts'
import { bareEnvironment } from '../../src/testing/index.ts'
import { clientName, serverName } from './pair.ts'

const world = (handler: CoapOptions['handler']) => {
  const scheduler = virtualScheduler()
  const ends = cable({ scheduler, random: seeded(1) }, { delayMs: 10 })
  const end = (name: string, more: CoapOptions) =>
    coapEndpoint(bareEnvironment({ scheduler, random: seeded(name.length), transports: { udp: () => ends(name) } }), more)
  const server = end(serverName, handler === undefined ? {} : { handler })
  const client = end(clientName, {})
  server.up$.subscribe()
  client.up$.subscribe()
  const log: string[] = []
  const see = (name: string) => ({
    next: (value: Response | string) =>
      log.push(typeof value === 'string' ? `${name} ${value}` : `${name} ${value.code} ${value.payload.length}`),
    error: (error: unknown) => log.push(`${name} ${String(error)}`),
    complete: () => log.push(`${name} |`),
  })
  return { client, scheduler, log, see }
}
const body = (length: number): Response => ({ code: '2.05', options: noOptions, payload: new Uint8Array(length) })

test('a ping comes back [RFC 7252 §4.3]', () => {
  const { client, scheduler, log, see } = world(undefined)
  client.ping(serverName).subscribe(see('ping'))
  scheduler.flush(10_000)
  expect(log).toEqual([`ping ${serverName}`, 'ping |'])
})

test('a request that wants no response completes without one [RFC 7967 §2]', () => {
  const { client, scheduler, log, see } = world(() => of(body(3)))
  client.ask(request('PUT', serverName, { options: [uintOption(options.NoResponse, 26)] }, '/t')).subscribe(see('put'))
  scheduler.flush(10_000)
  expect(log).toEqual(['put |'])
})

test('without a handler everything is 4.04', () => {
  const { client, scheduler, log, see } = world(undefined)
  client.ask(request('GET', serverName, {}, '/t')).subscribe(see('get'))
  scheduler.flush(10_000)
  expect(log).toEqual(['get 4.04 0', 'get |'])
})

test('a large resource is observed: each representation arrives whole [RFC 7959 §2.6]', () => {
  const resource$ = new BehaviorSubject(body(3_000))
  const { client, scheduler, log, see } = world(() => resource$)
  const observation = client.ask(request('GET', serverName, { observe: true }, '/t')).subscribe(see('observe'))
  scheduler.flush(5_000)
  resource$.next(body(5_000))
  scheduler.flush(10_000)
  resource$.next(body(10))
  scheduler.flush(15_000)
  expect(log).toEqual(['observe 2.05 3000', 'observe 2.05 5000', 'observe 2.05 10'])
  observation.unsubscribe()
  scheduler.flush(60_000)
  expect(resource$.observed).toBe(false)
})

test('an observation ends with an error notification, through all floors [RFC 7641 §3.2]', () => {
  const resource$ = new BehaviorSubject(body(30))
  const { client, scheduler, log, see } = world(() => resource$)
  client.ask(request('GET', serverName, { observe: true }, '/t')).subscribe(see('observe'))
  scheduler.flush(5_000)
  resource$.error(new Error('sensor lost'))
  scheduler.flush(10_000)
  expect(log).toEqual(['observe 2.05 30', 'observe Lwm2mError: GET coap://10.0.0.2/t was answered 5.00'])
})

test('what is meant to be secured is never sent in the clear', () => {
  const { client, scheduler, log, see } = world(() => of(body(3)))
  client.ask(request('GET', serverName.replace('coap:', 'coaps:'), {}, '/t')).subscribe(see('get'))
  scheduler.flush(10_000)
  expect(log).toEqual(['get Lwm2mError: request to coaps://10.0.0.2:5683 failed: unreachable'])
})
