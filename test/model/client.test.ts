/** A client and a server on bad links against a small model of outcomes: performed once, values equal, registered in the end. */
import * as fc from 'fast-check'
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  from,
  ignoreElements,
  merge,
  of,
  retry,
  take,
  tap,
  throwError,
  timer,
  type Observable,
} from 'rxjs'
import { expect, test } from 'vitest'
import { instances } from '../../src/client/objects.ts'
import { client } from '../../src/client.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Faults } from '../../src/datagram/faults.ts'
import { defineObject } from '../../src/model/definition.ts'
import { registry } from '../../src/objects/registry.ts'
import { lwm2mServer, type Server } from '../../src/server.ts'
import { world } from '../../src/simulation/world.ts'
import { examine } from '../../src/testing/index.ts'

const counter = defineObject({
  id: 3200,
  name: 'Counter',
  version: '1.0',
  multiple: false,
  mandatory: false,
  resources: {
    0: { name: 'Level', operations: 'RW', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 100 } },
    1: { name: 'Count', operations: 'E', multiple: false, mandatory: false },
    2: { name: 'Big', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
  },
})

type Order =
  | { readonly type: 'level'; readonly value: number }
  | { readonly type: 'big'; readonly length: number }
  | { readonly type: 'read' }
  | { readonly type: 'count' }
  | { readonly type: 'lifetime'; readonly seconds: number }
  | { readonly type: 'misfit' }
const order: fc.Arbitrary<Order> = fc.oneof(
  fc.nat(100).map((value): Order => ({ type: 'level', value })),
  fc.constantFrom(1, 900, 3_000).map((length): Order => ({ type: 'big', length })),
  fc.constant<Order>({ type: 'read' }),
  fc.constant<Order>({ type: 'count' }),
  fc.constantFrom(20, 60, 300).map((seconds): Order => ({ type: 'lifetime', seconds })),
  fc.constant<Order>({ type: 'misfit' }),
)
const faults: fc.Arbitrary<Faults> = fc.record({
  loss: fc.constantFrom(0, 0.05, 0.2),
  duplication: fc.constantFrom(0, 0.2),
  reorder: fc.constantFrom(0, 0.2),
  maxMs: fc.constantFrom(0, 300),
})

/** What may be true after what is known. */
interface Known {
  levels: ReadonlySet<number>
  bigs: ReadonlySet<number>
  counted: number
  perhapsCounted: number
}

const story = ({ seed, orders, bad }: { readonly seed: number; readonly orders: readonly Order[]; readonly bad: Faults }): void => {
  const made = world(seed, { faults: bad, log: false })
  const known: Known = { levels: new Set([50]), bigs: new Set([0]), counted: 0, perhapsCounted: 0 }
  let counts = 0
  let done = false
  const seen: unknown[] = []
  const perform = (server: Server, one: Order): Observable<unknown> => {
    const device = server.client('dev')
    const unsure = (then: () => void) =>
      catchError((error: unknown) => {
        // Not registered at the moment, or no answer in time: it may have been performed or not. Any other answer would be wrong.
        if (!(error instanceof Lwm2mError) || error.code === 'response') throw error
        then()
        return EMPTY
      })
    switch (one.type) {
      case 'level':
        return device.write('/3200/0/0', one.value).pipe(
          tap(() => (known.levels = new Set([one.value]))),
          unsure(() => (known.levels = new Set([...known.levels, one.value]))),
        )
      case 'big':
        return device.write('/3200/0/2', 'x'.repeat(one.length)).pipe(
          tap(() => (known.bigs = new Set([one.length]))),
          unsure(() => (known.bigs = new Set([...known.bigs, one.length]))),
        )
      case 'read':
        return device.read('/3200/0').pipe(
          tap(({ nodes }) => {
            const value = (resource: number) => nodes.find(({ path }) => path.resource === resource)!.value
            if (!known.levels.has(value(0) as number))
              throw new Error(`the level is ${JSON.stringify(value(0))}, not one of ${[...known.levels].join()}`)
            if (!known.bigs.has((value(2) as string).length)) throw new Error('the text is not what was written')
            known.levels = new Set([value(0) as number])
            known.bigs = new Set([(value(2) as string).length])
          }),
          unsure(() => undefined),
        )
      case 'count':
        return device.execute('/3200/0/1').pipe(
          tap(() => known.counted++),
          unsure(() => known.perhapsCounted++),
        )
      case 'lifetime':
        return device.write('/1/0/1', one.seconds).pipe(unsure(() => undefined))
      case 'misfit':
        return device.write('/3200/0/0', 101).pipe(
          tap(() => {
            throw new Error('a value out of range was taken')
          }),
          catchError((error: unknown) =>
            error instanceof Lwm2mError && (error.responseCode === '4.00' || error.code !== 'response')
              ? EMPTY
              : of(error).pipe(
                  tap(() => {
                    throw error as Error
                  }),
                ),
          ),
        )
    }
  }
  made.node('server', { address: '10.0.0.99' }).start((env) => {
    const server = lwm2mServer(env, {
      listen: { address: '10.0.0.99', port: 5683 },
      context: { definitions: new Map([...registry, [3200, counter]]) },
    })
    const registered$ = server.client('dev').registration$.pipe(
      filter((registration) => registration !== undefined),
      take(1),
    )
    const watching$ = server
      .client('dev')
      .observe('/3200/0/0', { attributes: { pmax: 60 } })
      .pipe(
        tap(({ value }) => seen.push(value)),
        // All transmissions of one request may be lost.
        retry({
          delay: (error) =>
            error instanceof Lwm2mError && error.code === 'timeout' ? timer(10_000, env.scheduler) : throwError(() => error as Error),
        }),
      )
    const orders$ = concat(
      from(orders).pipe(concatMap((one) => perform(server, one))),
      defer(() => {
        done = true
        return EMPTY
      }),
    ).pipe(ignoreElements())
    return merge(server.registrations$, registered$.pipe(concatMap(() => merge(watching$, orders$))))
  })
  let state = ''
  made.node('dev').start((env) =>
    client(env, {
      endpointClientName: 'dev',
      servers: { uri: 'coap://server:5683', lifetimeSeconds: 60, retryTimerSeconds: 10, retryCount: 1_000 },
      objects: [
        instances(counter, {
          0: {
            0: 50,
            1: () =>
              defer(() => {
                counts++
                return EMPTY
              }),
            2: '',
          },
        }),
      ],
    }).notice$.pipe(
      tap((notice) => {
        if (notice.type === 'account') state = notice.state
      }),
    ),
  )
  made.run(1_500_000)
  made.network.faults({})
  made.run(2_500_000)
  const fact = (holds: boolean, what: string) => {
    if (!holds) throw new Error(what)
  }
  fact(done, 'not every order came to an end')
  fact(state === 'registered' || state === 'updating', `the client is ${state} in the end`)
  fact(
    counts >= known.counted && counts <= known.counted + known.perhapsCounted,
    `executed ${counts} times, asked for ${known.counted} and perhaps ${known.perhapsCounted} more`,
  )
  fact(
    known.levels.has(seen.at(-1) as number),
    `the last notification was ${String(seen.at(-1))}, the level is one of ${[...known.levels].join()}`,
  )
}

test('what a server orders is performed once, is what is read, and reaches its observer; the client is registered in the end', () => {
  examine(
    'client and server',
    fc.record({ seed: fc.nat(), orders: fc.array(order, { maxLength: 8 }), bad: faults }),
    story,
    { runs: 1_000 },
    (value) => JSON.stringify(value),
  )
  expect(true).toBe(true)
}, 300_000)
