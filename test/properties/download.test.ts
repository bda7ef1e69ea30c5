/** Downloads from servers that break off, change the file, refuse, stall and lie: what is stored is the file, or the download fails (RFC 7959 §2.4; RFC 9110 §13.1.5, §14). */
import * as fc from 'fast-check'
import { concat, concatMap, defer, EMPTY, endWith, ignoreElements, merge, NEVER, Observable, of, tap, throwError, timer } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { coapEndpoint } from '../../src/coap.ts'
import { Lwm2mError } from '../../src/core/error.ts'
import type { Http, HttpResponse, Sink } from '../../src/core/ports.ts'
import type { Response } from '../../src/exchange/exchange.ts'
import { download, type DownloadOptions, type Progress } from '../../src/firmware/download.ts'
import { noBytes } from '../../src/message/message.ts'
import { opaqueOption, options as numbers, uint, type Option } from '../../src/message/option.ts'
import { bytesSource, memory, type Stored } from '../../src/simulation/storage.ts'
import { virtualScheduler, type VirtualScheduler } from '../../src/simulation/virtual.ts'
import { world } from '../../src/simulation/world.ts'

/** What the server does with one attempt. */
interface Turn {
  readonly does: 'serve' | 'break' | 'refuse' | 'stall' | 'lie'
  /** Pieces before that happens. */
  readonly after: number
  /** The file is another one from this attempt on. */
  readonly changes: boolean
  readonly tag: 'strong' | 'weak' | 'none'
  readonly tellsSize: boolean
  readonly ignoresRange: boolean
  readonly code: number
}
const turn: fc.Arbitrary<Turn> = fc.record({
  does: fc.constantFrom('serve', 'break', 'break', 'break', 'refuse', 'stall', 'lie'),
  after: fc.nat(6),
  changes: fc.integer({ min: 0, max: 9 }).map((luck) => luck === 0),
  tag: fc.constantFrom('strong', 'strong', 'strong', 'strong', 'weak', 'none'),
  tellsSize: fc.boolean(),
  ignoresRange: fc.integer({ min: 0, max: 9 }).map((luck) => luck === 0),
  code: fc.constantFrom(503, 503, 500, 404, 416, 206),
})
interface Case {
  readonly size: number
  readonly turns: readonly Turn[]
}
const cases: fc.Arbitrary<Case> = fc.record({
  size: fc.integer({ min: 0, max: 8_000 }),
  turns: fc.array(turn, { maxLength: 12 }),
})
/** Well served, in the end. */
const fair: Turn = { does: 'serve', after: 0, changes: false, tag: 'strong', tellsSize: true, ignoresRange: false, code: 0 }
const fileOf = (size: number, version: number) =>
  Uint8Array.from({ length: size + version * 7 }, (_, at) => ((at + 1) * (version * 31 + 17)) >>> 3)
const pieceBytes = 1024

/** Which file is served in which attempt. */
const server = ({ size, turns }: Case) => {
  let attempts = 0
  let version = 0
  const files = [fileOf(size, 0)]
  return {
    files,
    attempts: () => attempts,
    next: (): Turn & { readonly file: Uint8Array; readonly etag: string } => {
      const now = turns[attempts++] ?? fair
      if (now.changes) files.push(fileOf(size, ++version))
      return { ...now, file: files.at(-1)!, etag: `"v${version}"` }
    },
  }
}

const http = (it: ReturnType<typeof server>): Pick<Http, 'request'> => ({
  request: ({ headers = {} }) =>
    new Observable<HttpResponse>((observer) => {
      const now = it.next()
      const { file } = now
      const tag = now.tag === 'strong' ? { etag: now.etag } : now.tag === 'weak' ? { etag: `W/${now.etag}` } : {}
      if (now.does === 'refuse') return observer.next({ status: now.code, headers: tag, next: of(undefined) })
      if (now.does === 'stall' && now.after === 0) return
      const asked = /^bytes=(\d+)-$/.exec(headers['range'] ?? '')
      const same = headers['if-range'] === now.etag && now.tag === 'strong'
      const from = asked !== null && same && !now.ignoresRange ? Number(asked[1]) : 0
      const isPart = asked !== null && same && !now.ignoresRange
      if (isPart && from >= file.length) return observer.next({ status: 416, headers: tag, next: of(undefined) })
      const start = isPart && now.does === 'lie' ? Math.max(0, from - 10) : from
      const shown: Record<string, string> = { ...tag, ...(now.tellsSize ? { 'content-length': String(file.length - start) } : {}) }
      if (isPart) shown['content-range'] = `bytes ${start}-${file.length - 1}/${now.tellsSize ? file.length : '*'}`
      let at = start
      let pieces = 0
      const next = defer((): Observable<Uint8Array | undefined> => {
        if (now.does === 'break' && pieces === now.after) return throwError(() => new Lwm2mError('unreachable', 'broken off'))
        if (now.does === 'stall' && pieces === now.after) return NEVER
        pieces++
        const piece = file.subarray(at, at + 700)
        at += piece.length
        return of(piece.length === 0 ? undefined : piece)
      })
      observer.next({ status: isPart ? 206 : 200, headers: shown, next })
    }),
})

/** What the floors below make of a request with a sink; blocks of one file only, or `changed`. */
const ask =
  (it: ReturnType<typeof server>, scheduler: VirtualScheduler): DownloadOptions['ask'] =>
  (_, { options, sink }) =>
    defer(() => {
      const now = it.next()
      const { file } = now
      const block = uint(options, numbers.Block2) ?? 0
      const from = (block >> 4) * (16 << (block & 7))
      const fail = (code: 'timeout' | 'changed' | 'sink') => throwError(() => new Lwm2mError(code, code))
      const answer = (code: Response['code'], all: readonly Option[] = []) => of<Response>({ code, options: all, payload: noBytes })
      if (now.does === 'refuse') return answer(({ 404: '4.04', 500: '5.00', 206: '2.04' } as const)[now.code as 404] ?? '5.03')
      if (now.does === 'stall') return timer(93_000, scheduler).pipe(concatMap(() => fail('timeout')))
      if (from > file.length) return answer('4.02')
      const etag = now.tag === 'none' ? undefined : new TextEncoder().encode(now.etag)
      const about = { size: now.tellsSize ? file.length : undefined, etag }
      const offsets: number[] = []
      for (let at = from; at < file.length || at === from; at += pieceBytes) offsets.push(at)
      const ends = now.does === 'break' || now.does === 'lie'
      const stored = offsets
        .slice(0, ends ? now.after : undefined)
        .map((at) => defer(() => sink!.write(file.slice(at, at + pieceBytes), at)))
      const end$ = ends && now.after < offsets.length ? fail(now.does === 'lie' ? 'changed' : 'timeout') : defer(() => sink!.close())
      const all$ =
        offsets.length > 0 && !(ends && now.after === 0)
          ? concat(
              defer(() => sink!.open(from, about)),
              ...stored,
              end$,
            )
          : end$
      // Our side's reasons are not told by the floors below.
      return all$.pipe(
        ignoreElements(),
        endWith(undefined),
        concatMap(() => answer('2.05')),
      )
    })

const play = (it: Case, scheme: 'coap' | 'http') => {
  const scheduler = virtualScheduler()
  const stored: Stored = { values: new Map(), bodies: new Map() }
  const made = server(it)
  const opened: number[] = []
  const below = memory(stored).sink('file')
  let closed = false
  const sink: Sink = {
    ...below,
    open: (offset, about) => {
      opened.push(offset)
      closed = false
      return below.open(offset, about)
    },
    close: () => {
      closed = true
      return below.close()
    },
  }
  const progress: Progress[] = []
  let end: unknown
  let written = 0
  const counted: Sink = {
    ...sink,
    write: (bytes, offset) => sink.write(bytes, offset).pipe(tap({ complete: () => (written += bytes.length) })),
  }
  download(`${scheme}://server/file`, {
    sink: counted,
    ask: ask(made, scheduler),
    http: http(made),
    scheduler,
  }).subscribe({ next: (one) => progress.push(one), error: (error: unknown) => (end = error), complete: () => (end = 'stored') })
  scheduler.flush(86_400_000)
  return { end, stored: stored.bodies.get('file'), files: made.files, closed, opened, progress, written, attempts: made.attempts() }
}
const equal = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((octet, at) => octet === b[at])

describe.each(['coap', 'http'] as const)('a download over %s', (scheme) => {
  test('stores one of the files whole, or fails, whatever the server does [RFC 7959 §2.4]', () => {
    const ends = new Map<string, number>()
    fc.assert(
      fc.property(cases, (it) => {
        const { end, stored, files, closed } = play(it, scheme)
        const name = end instanceof Lwm2mError ? end.code : String(end)
        ends.set(name, (ends.get(name) ?? 0) + 1)
        if (end === 'stored') {
          expect(closed).toBe(true)
          expect(files.some((file) => equal(file, stored ?? new Uint8Array(0)))).toBe(true)
        } else expect(end).toBeInstanceOf(Lwm2mError)
      }),
      { numRuns: 2_000 },
    )
    // Each way to end is met often enough to mean something.
    expect(ends.get('stored') ?? 0).toBeGreaterThan(200)
    expect(ends.get('response') ?? 0).toBeGreaterThan(50)
  })
  test('that is broken off again and again goes on where it was, with the same ETag, and asks for little twice', () => {
    const breaks = fc.array(
      fc.integer({ min: 1, max: 4 }).map((after): Turn => ({ ...fair, does: 'break', after })),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(fc.record({ size: fc.integer({ min: 1, max: 8_000 }), turns: breaks }), (it) => {
        const { end, written, opened, progress } = play(it, scheme)
        expect(end).toBe('stored')
        // Over CoAP the block that was lost midway is asked for again; over HTTP the last octet, when only the end was lost.
        expect(written).toBeLessThanOrEqual(it.size + opened.length * (scheme === 'coap' ? pieceBytes : 1))
        expect(opened).toEqual([...opened].sort((a, b) => a - b))
        expect(progress.every(({ bytes }, index) => index === 0 || bytes >= progress[index - 1]!.bytes)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
  test('of a file without an entity tag starts over after a loss', () => {
    const { end, opened, attempts } = play(
      {
        size: 8_000,
        turns: [
          { ...fair, tag: 'none', does: 'break', after: 3 },
          { ...fair, tag: 'none' },
        ],
      },
      scheme,
    )
    expect([end, opened, attempts]).toEqual(['stored', [0, 0], 2])
  })
  test('of a file that changed goes from the start, and stores the new one [RFC 9110 §13.1.5]', () => {
    const { end, opened, stored, files } = play(
      {
        size: 8_000,
        turns: [
          { ...fair, does: 'break', after: 3 },
          { ...fair, changes: true },
        ],
      },
      scheme,
    )
    expect([end, files.length, equal(files[1]!, stored!)]).toEqual(['stored', 2, true])
    expect(opened.every((offset) => offset === 0)).toBe(true)
  })
  test('of a file that changes each time fails, and does not go on for ever', () => {
    const turns = Array.from({ length: 50 }, (): Turn => ({ ...fair, does: 'break', after: 3, changes: true }))
    const { end, opened } = play({ size: 8_000, turns }, scheme)
    expect(end).toBeInstanceOf(Lwm2mError)
    expect(opened.length).toBeLessThan(15)
  })
  test('that is too large by what the server tells is refused before the first octet', () => {
    const scheduler = virtualScheduler()
    const made = server({ size: 8_000, turns: [] })
    const calls: string[] = []
    const sink: Sink = {
      open: () => (calls.push('open'), EMPTY),
      write: () => (calls.push('write'), EMPTY),
      close: () => EMPTY,
      abandon: () => EMPTY,
    }
    let end: unknown
    download(`${scheme}://server/file`, {
      sink,
      ask: ask(made, scheduler),
      http: http(made),
      scheduler,
      bytesMax: 7_999,
    }).subscribe({
      error: (error: unknown) => (end = error),
    })
    scheduler.flush(86_400_000)
    expect([(end as Lwm2mError).code, calls]).toEqual(['too-large', []])
  })
  test('is not tried again after 4.04, but after 5.03', () => {
    const once = (turns: readonly Turn[]) => play({ size: 100, turns }, scheme)
    const refused = once([{ ...fair, does: 'refuse', code: 404 }])
    expect([(refused.end as Lwm2mError).responseCode?.slice(0, 1), refused.opened.length]).toEqual(['4', 0])
    expect(once([{ ...fair, does: 'refuse', code: 503 }]).end).toBe('stored')
  })
})

/** The same through all floors: bad links, and a file that changes under way. */
describe('a download from an endpoint in a world', () => {
  test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
    'is the file as it was at one time, however bad the links (seed %i) [RFC 7959 §2.4]',
    async (seed) => {
      const it = world(seed, { faults: { loss: 0.25, duplication: 0.2, reorder: 0.2, minMs: 5, maxMs: 400 }, log: false })
      const files = [fileOf(40_000, 0), fileOf(40_000, 1)]
      const changesAtMs = seed % 2 === 0 ? 20_000 + (it.random.uint32() % 60_000) : Infinity
      it.node('server', { address: '10.0.0.99' }).start(
        (env) =>
          coapEndpoint(env, {
            socket: { listen: { port: 5683 } },
            handler: () => {
              const version = env.scheduler.now() < changesAtMs ? 0 : 1
              const source = bytesSource(files[version]!, Uint8Array.of(version + 1))
              return of({ code: '2.05', options: [opaqueOption(numbers.ETag, Uint8Array.of(version + 1))], payload: noBytes, source })
            },
          }).up$,
      )
      const stored: Stored = { values: new Map(), bodies: new Map() }
      let end: unknown
      it.at(400_000, () => it.network.faults({ minMs: 5, maxMs: 20 }))
      it.node('client').start((env) => {
        const { ask: askAt, up$ } = coapEndpoint(env)
        const settings: DownloadOptions = {
          sink: memory(stored).sink('file'),
          ask: (_, request) => askAt({ ...request, remote: 'coap://10.0.0.99:5683' }),
          http: env.http,
          scheduler: env.scheduler,
        }
        const done$ = download('coap://10.0.0.99/file', settings).pipe(
          tap({ error: (error: unknown) => (end = error), complete: () => (end = 'stored') }),
        )
        return merge(up$, done$)
      })
      await it.settle(3_600_000)
      expect(end).toBe('stored')
      expect(files.some((file) => equal(file, stored.bodies.get('file')!))).toBe(true)
    },
  )
  test('goes on behind what is stored when the network comes back, as long as the ETag is the same [RFC 7959 §2.4]', async () => {
    const it = world(1, { faults: { minMs: 20, maxMs: 40 }, log: false })
    const file = fileOf(100_000, 0)
    it.node('server', { address: '10.0.0.99' }).start(
      (env) =>
        coapEndpoint(env, {
          socket: { listen: { port: 5683 } },
          handler: () =>
            of({
              code: '2.05',
              options: [opaqueOption(numbers.ETag, Uint8Array.of(1))],
              payload: noBytes,
              source: bytesSource(file, Uint8Array.of(1)),
            }),
        }).up$,
    )
    it.at(3_000, () => it.network.cut(true, '10.0.0.99'))
    it.at(150_000, () => it.network.cut(false, '10.0.0.99'))
    const stored: Stored = { values: new Map(), bodies: new Map() }
    const opened: { readonly offset: number; readonly size: number | undefined }[] = []
    it.node('client').start((env) => {
      const { ask: askAt, up$ } = coapEndpoint(env)
      const below = memory(stored).sink('file')
      const sink: Sink = { ...below, open: (offset, about) => (opened.push({ offset, size: about?.size }), below.open(offset, about)) }
      const settings: DownloadOptions = {
        sink,
        ask: (_, request) => askAt({ ...request, remote: 'coap://10.0.0.99:5683' }),
        http: env.http,
        scheduler: env.scheduler,
      }
      return merge(up$, download('coap://10.0.0.99/file', settings))
    })
    await it.settle(600_000)
    expect(equal(file, stored.bodies.get('file')!)).toBe(true)
    expect(opened.length).toBe(2)
    expect(opened[1]!.offset).toBeGreaterThan(10_000)
  })
})
