/** A package that comes in blocks: what its sink does with the store and the State (LwM2M Core §E.6, Resource 5/0/0; RFC 7959 §2.9). */
import { EMPTY, NEVER, timer, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { Environment } from '../../src/core/environment.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import type { About, Sink } from '../../src/core/ports.ts'
import { request } from '../../src/exchange/request.ts'
import type { ClientObject } from '../../src/operation/object.ts'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import type { Method } from '../../src/message/code.ts'
import { octets, textOf, played, read, uri, type Around } from './device.ts'

const path = { object: 5, instance: 0, resource: 0 }
const sinkOf = (
  object: ClientObject,
  method: Method = 'PUT',
  contentFormat: number | undefined = 42,
  target = '/5/0/0',
): Sink | undefined => {
  const [, , instance, resource] = target.split(/[/?]/)
  const made = request(method, 'account 0', contentFormat === undefined ? {} : { contentFormat }, target)
  return object.sinkFor?.({ object: 5, instance: Number(instance), resource: Number(resource) }, made)
}
/** What became of a call: `done`, or the code or the reason of its error; undefined as long as it goes on. */
const call = (it$: Observable<unknown>) => {
  const seen: { end?: string } = {}
  it$.subscribe({
    error: (error: unknown) => (seen.end = error instanceof Lwm2mError ? (error.responseCode ?? error.code) : String(error)),
    complete: () => (seen.end = 'done'),
  })
  return seen
}
/** Plays requests, and does these things to the object at these instants. */
const withSinks = (
  operations: readonly ManagementOperation[],
  deeds: Readonly<Record<number, (sink: (about?: About) => Sink) => void>>,
  around: Around = {},
) =>
  played(operations, {
    ...around,
    use: (object: ClientObject, { scheduler }: Environment) => {
      for (const [atMs, deed] of Object.entries(deeds)) scheduler.schedule(() => deed(() => sinkOf(object)!), Number(atMs))
    },
  })
const held = ({ stored }: Pick<ReturnType<typeof played>, 'stored'>) => textOf(stored)

describe('a push in blocks', () => {
  test('is State 1 from its first block on, and State 2 when the last is verified [LwM2M Core §E.6]', () => {
    const ends: unknown[] = []
    let sink: Sink | undefined
    const done = withSinks([read, read, read], {
      3_000: (make) => {
        sink = make()
        ends.push(call(sink.open(0)).end)
      },
      5_000: () => ends.push(call(sink!.write(octets('im'), 0)).end),
      7_000: () => ends.push(call(sink!.write(octets('age'), 2)).end, call(sink!.close()).end),
    })
    expect(ends).toEqual(['done', 'done', 'done', 'done'])
    expect(done.answers.map((one) => one?.state)).toEqual(['0/0', '1/0', '2/0'])
    expect(held(done)).toBe('image')
  })
  test('in any State but 0 is refused with 4.05 at its first block, and the store is not touched [LwM2M Core §E.6]', () => {
    const ends: unknown[] = []
    const done = withSinks([uri('coap://files/f'), read], {
      5_000: (make) => {
        const sink = make()
        ends.push(call(sink.open(0)).end, call(sink.write(octets('other'), 0)).end, call(sink.abandon()).end)
      },
    })
    expect(ends).toEqual(['done', '4.05', 'done'])
    expect(done.answers.at(-1)?.state).toBe('1/0')
    expect(done.stored.bodies.size).toBe(0)
  })
  test('that is refused does not end the one that goes on', () => {
    const ends: unknown[] = []
    let first: Sink | undefined
    const done = withSinks([read, read], {
      1_000: (make) => {
        first = make()
        call(first.open(0))
        call(first.write(octets('im'), 0))
      },
      2_000: (make) => {
        const second = make()
        call(second.open(0))
        ends.push(call(second.write(octets('xx'), 0)).end)
        call(second.abandon())
      },
      5_000: () => ends.push(call(first!.write(octets('age'), 2)).end, call(first!.close()).end),
    })
    expect(ends).toEqual(['4.05', 'done', 'done'])
    expect(done.answers.map((one) => one?.state)).toEqual(['1/0', '2/0'])
    expect(held(done)).toBe('image')
  })
  test('that is abandoned leaves State 0 with Result 4 and an empty store, and the next one works [LwM2M Core §E.6]', () => {
    const done = withSinks([read, read], {
      1_000: (make) => {
        const sink = make()
        call(sink.open(0))
        call(sink.write(octets('im'), 0))
        call(sink.abandon())
      },
      5_000: (make) => {
        const sink = make()
        call(sink.open(0))
        call(sink.write(octets('image'), 0))
        call(sink.close())
      },
    })
    expect(done.answers.map((one) => one?.state)).toEqual(['0/4', '2/0'])
    expect([done.resets, held(done)]).toEqual([[1_000], 'image'])
  })
  test('that a reset ended is refused from then on', () => {
    const ends: unknown[] = []
    let sink: Sink | undefined
    const done = withSinks([uri(''), read], {
      1_000: (make) => {
        sink = make()
        call(sink.open(0))
        call(sink.write(octets('im'), 0))
      },
      5_000: () => ends.push(call(sink!.write(octets('age'), 2)).end, call(sink!.abandon()).end),
    })
    expect([ends, done.answers[1]?.state, done.stored.bodies.size]).toEqual([['4.05', 'done'], '0/0', 0])
  })
  test('whose server has gone while the store was emptied for it is over, too', () => {
    const ends: { end?: string }[] = []
    const done = withSinks(
      [uri('coap://files/f'), uri(''), read, read],
      {
        7_000: (make) => {
          const sink = make()
          call(sink.open(0))
          const writing = sink.write(octets('im'), 0).subscribe()
          writing.unsubscribe()
          ends.push(call(sink.abandon()))
        },
      },
      { options: ({ scheduler }) => ({ reset: () => timer(2_000, scheduler) }) },
    )
    expect(done.answers.map((one) => one?.state ?? one?.code)).toEqual(['2.04', '2.04', '1/0', '0/4'])
    expect([ends, done.stored.bodies.size]).toEqual([[{ end: 'done' }], 0])
  })
  test('that waits for its verification does not hold up a reset, which fails it; the next one is as any [LwM2M Core §E.6]', () => {
    const ends: { end?: string }[] = []
    let tries = 0
    const push = (make: () => Sink, text: string) => {
      const sink = make()
      call(sink.open(0))
      call(sink.write(octets(text), 0))
      ends.push(call(sink.close()))
    }
    const done = withSinks(
      [read, uri(''), read, read],
      { 1_000: (make) => push(make, 'image'), 9_000: (make) => push(make, 'next') },
      { options: () => ({ verify: () => (++tries === 1 ? NEVER : EMPTY) }) },
    )
    expect(done.answers.map((one) => one?.state ?? one?.code)).toEqual(['1/0', '2.04', '0/0', '2/0'])
    expect([ends.map(({ end }) => end), held(done)]).toEqual([['5.00', 'done'], 'next'])
  })
  test('of a single NUL, or of nothing, resets the update [LwM2M Core §E.6]', () => {
    for (const octet of [[], [0]]) {
      const ends: unknown[] = []
      const done = withSinks([uri('coap://files/f'), read], {
        5_000: (make) => {
          const sink = make()
          call(sink.open(0))
          if (octet.length > 0) call(sink.write(Uint8Array.from(octet), 0))
          ends.push(call(sink.close()).end)
        },
      })
      expect([ends, done.answers[1]?.state]).toEqual([['done'], '0/0'])
    }
  })
  test('of one octet that is no NUL is a package', () => {
    const done = withSinks([read], {
      1_000: (make) => {
        const sink = make()
        call(sink.open(0))
        call(sink.write(Uint8Array.of(65), 0))
        call(sink.close())
      },
    })
    expect([done.answers[0]?.state, held(done)]).toEqual(['2/0', 'A'])
  })
  test('that is too large by what is told of it is refused before the first octet: Result 2', () => {
    const ends: unknown[] = []
    const opened: number[] = []
    const done = withSinks(
      [read],
      {
        1_000: (make) => {
          const sink = make()
          ends.push(call(sink.open(0, { size: 5_000 })).end, call(sink.write(octets('image'), 0)).end)
        },
      },
      {
        options: (_, store) => ({
          bytesMax: 4_000,
          store: { ...store, sink: { ...store.sink, open: (offset) => (opened.push(offset), EMPTY) } },
        }),
      },
    )
    expect([ends, done.answers[0]?.state, opened]).toEqual([['done', 'too-large'], '0/2', []])
  })
  test('that the store fails is answered as failed: Result 2', () => {
    const ends: unknown[] = []
    const done = withSinks(
      [read],
      {
        1_000: (make) => {
          const sink = make()
          call(sink.open(0))
          ends.push(call(sink.write(octets('im'), 0)).end, call(sink.write(octets('age'), 2)).end)
        },
      },
      {
        options: (_, store) => ({
          store: {
            ...store,
            sink: {
              ...store.sink,
              write: (bytes, offset) => (offset > 0 ? EMPTY.pipe(() => store.sink.write(bytes, -1)) : store.sink.write(bytes, offset)),
            },
          },
        }),
      },
    )
    expect(ends[0]).toBe('done')
    expect(ends[1]).not.toBe('done')
    expect(done.answers[0]?.state).toBe('0/2')
  })
  test('is taken as it stands only as what it is: a Write of opaque octets to the Package', () => {
    played([], {
      use: (object) => {
        expect(sinkOf(object)).toBeDefined()
        expect(sinkOf(object, 'PUT', 11542)).toBeUndefined()
        expect(sinkOf(object, 'POST')).toBeUndefined()
        expect(sinkOf(object, 'PUT', 42, '/5/7/0')).toBeUndefined()
        expect(sinkOf(object, 'PUT', 42, '/5/0/1')).toBeUndefined()
        expect(sinkOf(object, 'PUT', 42, '/5/0/0?x=1')).toBeUndefined()
      },
      untilMs: 100,
    })
    expect(path.resource).toBe(0)
  })
})
