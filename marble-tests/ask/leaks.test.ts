/** Nothing is kept of what is over. */
import { BehaviorSubject, defer, finalize, NEVER, of } from 'rxjs'
import { expect, test } from 'vitest'
import { request } from '../../src/exchange/request.ts'
import { noBytes, noOptions } from '../../src/message/message.ts'
import { pair, serverName } from './pair.ts'

const many = 10_000
const response = { code: '2.05', options: noOptions, payload: noBytes } as const
const to = (path: string, observe = false) => request('GET', serverName, { observe }, path)

test('after 10,000 requests, observations and cancellations no row and no subscription is left', () => {
  let handlers = 0
  const resource$ = new BehaviorSubject(response)
  const { client, server, scheduler } = pair({
    parameters: { nstart: 1_000, waitingMax: 20_000 },
    handler: ({ options }) =>
      defer(() => {
        handlers++
        return new TextDecoder().decode(options.at(-1)?.value) === 'never' ? NEVER : resource$
      }).pipe(finalize(() => handlers--)),
  })
  const keep = client.up$.subscribe()
  const paths = ['/plain', '/observed', '/never', '/never']
  const open = Array.from({ length: many }, (_, i) => client.ask(to(paths[i % 4]!, i % 4 === 1 || i % 4 === 3)).subscribe())
  scheduler.flush(60_000)
  expect(open.filter(({ closed }) => closed)).toHaveLength(many / 4)
  expect(handlers).toBe(many / 4 + 2)
  expect(client.rows()).toBeGreaterThan(many / 2)
  for (const subscription of open) subscription.unsubscribe()
  scheduler.flush(24 * 3_600_000)
  expect([client.rows(), server.rows(), handlers]).toEqual([0, 0, 0])
  keep.unsubscribe()
})

test('requests cancelled before they could be sent leave nothing', () => {
  const { client, server, scheduler } = pair({ handler: () => of(response), parameters: { waitingMax: 2 * many } })
  const keep = client.up$.subscribe()
  for (let i = 0; i < many; i++)
    client
      .ask(to('/t', i % 2 === 0))
      .subscribe()
      .unsubscribe()
  scheduler.flush()
  expect([client.rows(), server.rows()]).toEqual([0, 0])
  keep.unsubscribe()
})

test('observers that went away without a word are found out and forgotten [RFC 7641 §4.5]', () => {
  const resource$ = new BehaviorSubject(response)
  const { client, server, scheduler } = pair({ handler: () => resource$ })
  const open = Array.from({ length: 10 }, (_, i) => client.ask(to(`/${i}`, true)).subscribe())
  scheduler.flush(10_000)
  expect(server.rows()).toBe(10)
  for (const subscription of open) subscription.unsubscribe() // the last one closes the socket
  resource$.next(response)
  scheduler.flush()
  expect(server.rows()).toBe(0)
  expect(resource$.observed).toBe(false)
})
