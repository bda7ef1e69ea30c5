/** The parts of a download that are functions: hours, pace, rate, redirections, memory, digest, reasons. */
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum } from '../../src/firmware/download/checksum.ts'
import { hoursFault, openingAt } from '../../src/firmware/download/hours.ts'
import { recall, remember } from '../../src/firmware/download/memory.ts'
import { paced } from '../../src/firmware/download/pace.ts'
import { measured, measuring, remainingMs } from '../../src/firmware/download/rate.ts'
import { reasonOf, type Failure } from '../../src/firmware/download/reason.ts'
import { joined, parted, redirectedTo } from '../../src/firmware/download/redirection.ts'
import { beginOf, failureOf, sizeOf, tagOf } from '../../src/firmware/http/response.ts'

const runs = { numRuns: 1_000 }
const minute = fc.nat(1_439)
const time = (at: number) => `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`

describe('hours', () => {
  test('are open exactly at the minutes of the day from their beginning until their end, and say for how long', () => {
    fc.assert(
      fc.property(minute, minute, fc.nat(4_000_000_000), fc.integer({ min: -840, max: 840 }), (from, until, wall, utcOffsetMinutes) => {
        const { open, forMs } = openingAt({ from: time(from), until: time(until), utcOffsetMinutes }, wall)
        const isOpen = (at: number) => {
          const now = (((Math.floor(at / 60_000) + utcOffsetMinutes) % 1_440) + 1_440) % 1_440
          return from === until || (from < until ? now >= from && now < until : now >= from || now < until)
        }
        expect(open).toBe(isOpen(wall))
        expect(forMs === Infinity).toBe(from === until)
        if (forMs === Infinity) return
        expect(forMs).toBeGreaterThan(0)
        expect(isOpen(wall + forMs)).toBe(!open)
        expect(isOpen(wall + forMs - 1)).toBe(open)
      }),
      runs,
    )
  })
  test('that are no times are refused', () => {
    expect(hoursFault({ from: '24:00', until: '05:00' })).toContain('HH:MM')
    expect(hoursFault({ from: '01:00', until: '5:00' })).toContain('HH:MM')
    expect(hoursFault({ from: '23:59', until: '00:00' })).toBeUndefined()
  })
})

test('a pace never lets more pass than its rate, but for a tenth of a second', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ bytes: fc.nat(70_000), lateMs: fc.nat(500) }), { maxLength: 50 }),
      fc.integer({ min: 64, max: 1 << 20 }),
      (pieces, rate) => {
        let [now, readyAt, passed] = [1_000, 0, 0]
        for (const { bytes, lateMs } of pieces) {
          readyAt = paced(readyAt, now, bytes, rate)
          passed += bytes
          now = Math.max(now, readyAt) + lateMs
          expect(passed).toBeLessThanOrEqual(((now - 1_000 + 100) * rate) / 1_000 + 1e-3)
        }
      },
    ),
    runs,
  )
})

test('a steady download is measured at its rate, and its rest is estimated from it', () => {
  let rate = measuring(0, 0, 0)
  for (let at = 100; at <= 10_000; at += 100) rate = measured(rate, at, at * 5)
  expect(rate.bytesPerSecond).toBeCloseTo(5_000)
  expect(remainingMs(rate, 50_000, 60_000)).toBe(2_000)
  expect(remainingMs(rate, 50_000, undefined)).toBeUndefined()
})

describe('a redirection', () => {
  test('leads where RFC 3986 says, over HTTP only, never from https to http, never with credentials [RFC 9110 §15.4]', () => {
    expect(redirectedTo('http://a/b/c?q', 'd')).toBe('http://a/b/d')
    expect(redirectedTo('http://a/b/c', '//x/y#z')).toBe('http://x/y')
    expect(redirectedTo('http://a/b', 'https://me:secret@x/y')).toBe('https://x/y')
    expect(redirectedTo('https://a/b', 'http://a/b')).toBeUndefined()
    expect(redirectedTo('http://a/b', 'file:///etc/passwd')).toBeUndefined()
    expect(redirectedTo('http://a/b', 'http://[')).toBeUndefined()
  })
  test('credentials of a URI are apart from it', () => {
    expect(parted('https://me:s@crt@host/p@th')).toEqual({ uri: 'https://host/p@th', userinfo: 'me:s@crt@' })
    expect(parted('coap://host/a@b')).toEqual({ uri: 'coap://host/a@b', userinfo: '' })
    expect(joined('https://host/f', 'me:x@')).toBe('https://me:x@host/f')
  })
})

describe('what is remembered', () => {
  const place = fc.record({
    bytes: fc.nat(),
    total: fc.option(fc.nat(), { nil: undefined }),
    etag: fc.option(fc.uint8Array({ minLength: 1, maxLength: 40 }), { nil: undefined }),
  })
  test('comes back as it was, of the same URI only', () => {
    fc.assert(
      fc.property(place, (known) => {
        const kept = remember({ uri: 'coap://h/f', ...known })
        expect(recall(kept, 'coap://h/f')).toEqual(known)
        expect(recall(kept, 'coap://h/g')).toBeUndefined()
      }),
      runs,
    )
  })
  test('is nothing when its octets are junk', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => new TextEncoder().encode(text)),
        ),
        (junk) => {
          expect(recall(junk, 'coap://h/f')).toBeUndefined()
        },
      ),
      runs,
    )
  })
})

describe('a digest that streams', () => {
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  test('is that of the body, or none', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 }),
        fc.boolean(),
        fc.nat(10),
        (pieces, trusting, resumedAt) => {
          const it = checksum(() => {
            const hash = createHash('sha256')
            return { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) }
          }, trusting)
          let at = 0
          it.open(0)
          pieces.forEach((piece, index) => {
            if (index === resumedAt && at > 0) it.open(at)
            it.update(piece, at)
            at += piece.length
          })
          const said = it.digest()
          if (said !== undefined) expect(said).toBe(sha256(Buffer.concat(pieces)))
          else expect(trusting).toBe(false)
        },
      ),
      runs,
    )
  })
  test('of a body that goes on in another life is none: what came before was not seen', () => {
    const it = checksum(() => ({ update: () => {}, digest: () => new Uint8Array(32) }), false)
    it.open(0)
    it.update(Uint8Array.of(1, 2), 0)
    it.open(2)
    it.update(Uint8Array.of(3), 2)
    expect(it.digest()).toBeUndefined()
  })
  test('of a body that goes on elsewhere is none', () => {
    const it = checksum(() => ({ update: () => {}, digest: () => new Uint8Array(32) }), true)
    it.open(0)
    it.update(Uint8Array.of(1, 2), 0)
    it.open(1)
    it.update(Uint8Array.of(2), 1)
    expect(it.digest()).toBeUndefined()
  })
})

describe('a reason', () => {
  const failures: readonly (readonly [Failure, string])[] = [
    [{ code: 'response', message: '', responseCode: '4.04' }, 'not-found'],
    [{ code: 'response', message: '', responseCode: '410' }, 'not-found'],
    [{ code: 'response', message: '', responseCode: '4.03' }, 'forbidden'],
    [{ code: 'response', message: '', responseCode: '4.06' }, 'rejected'],
    [{ code: 'response', message: '', responseCode: '503', retryable: true }, 'server-error'],
    [{ code: 'response', message: '', responseCode: '302' }, 'redirect'],
    [{ code: 'too-large', message: '' }, 'too-large'],
    [{ code: 'too-large', message: '', cause: 2 }, 'no-space'],
    [{ code: 'sink', message: '' }, 'store'],
    [{ code: 'aborted', message: '' }, 'broken'],
    [{ code: 'firmware', message: '' }, 'checksum'],
  ]
  test.each(failures)('of %j is %s', (failure, reason) => expect(reasonOf(failure)).toBe(reason))
})

test('Retry-After is seconds, or a date by the clock of the server [RFC 9110 §10.2.3]', () => {
  const hint = (headers: Record<string, string>) =>
    failureOf('http://h/f', { status: 503, headers, next: undefined as never }, 0).retryAfterMs
  expect(hint({ 'retry-after': '7' })).toBe(7_000)
  expect(hint({ 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' })).toBe(10_000)
  expect(hint({ 'retry-after': 'soon' })).toBeUndefined()
})

test('a file that came encoded cannot be gone on with, nor a part of one be taken: ranges count other octets [RFC 9110 §8.4]', () => {
  const response = (status: number, headers: Record<string, string>) => ({ status, headers, next: undefined as never })
  const about = { etag: '"1"', 'content-length': '10' }
  expect(tagOf(response(200, about))).toEqual(new TextEncoder().encode('"1"'))
  expect(tagOf(response(200, { ...about, 'content-encoding': 'gzip' }))).toBeUndefined()
  expect(sizeOf(response(200, { ...about, 'content-encoding': 'gzip' }), 0)).toBeUndefined()
  const part = { ...about, 'content-range': 'bytes 5-14/15' }
  expect(beginOf(response(206, part), 5)).toBe(5)
  expect(beginOf(response(206, part), 4)).toBeUndefined()
  expect(beginOf(response(206, { ...part, 'content-encoding': 'gzip' }), 5)).toBeUndefined()
})
