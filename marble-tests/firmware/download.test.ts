/** When a download asks for which part of the file: losses, hints, changes, redirections, hours, somebody's word (RFC 7959 §2.4; RFC 9110 §13.1.5, §14, §15.4). */
import { describe, expect, test } from 'vitest'
import type { Machine } from '../../src/core/machine.ts'
import { pull } from '../../src/firmware/download/pull.ts'
import type { Failure } from '../../src/firmware/download/reason.ts'
import type { PullEffect, PullEvent, PullSettings, PullState } from '../../src/firmware/download/words.ts'
import { alone, ladder, like } from '../../src/testing/index.ts'

const [first, another] = [Uint8Array.of(1), Uint8Array.of(2)]
/** What comes of an attempt. */
const of = (attempt: number) => ({
  opened: (offset: number, etag: Uint8Array | undefined = first): PullEvent => ({ type: 'opened', attempt, offset, total: 9_000, etag }),
  stored: (bytes: number): PullEvent => ({ type: 'stored', attempt, bytes }),
  lost: (failure: Partial<Failure> = {}): PullEvent => ({
    type: 'failed',
    attempt,
    failure: { code: 'timeout', message: 'silent', retryable: true, ...failure },
  }),
  redirected: (location: string): PullEvent => ({ type: 'redirected', attempt, location, status: 302 }),
  ended: (): PullEvent => ({ type: 'ended', attempt }),
})
const changed = { code: 'changed', message: 'another file' } as const
const unavailable = (retryAfterMs: number) => ({ code: 'response', responseCode: '5.03', message: '', retryAfterMs }) as const
const from = (offset: number, more: Partial<PullEffect & { type: 'fetch' }> = {}) => like({ type: 'fetch', offset, ...more })
const failed = (reason: string) => like({ type: 'fail', reason })

/** The machine without its progress, which has tests of its own. */
const unreported = (machine: Machine<PullState, PullEvent, PullEffect>): Machine<PullState, PullEvent, PullEffect> => ({
  ...machine,
  step: (state, event, stamp) => {
    const [next, effects] = machine.step(state, event, stamp)
    return [next, effects.filter(({ type }) => type !== 'report')]
  },
})
/** `b` begins; `z` is that nothing is to be under way. One character is a second. */
const played = (
  submitted: string,
  delivered: string,
  values: Readonly<Record<string, unknown>>,
  { uri = 'http://files/f', dice = 0, ...settings }: Partial<PullSettings> & { readonly uri?: string; readonly dice?: number } = {},
) =>
  ladder(
    alone(unreported(pull(uri, { retries: 5, retryDelayMs: 1_000, redirectsMax: 5, ...settings }))),
    { dice, values: { b: { type: 'begin', found: undefined }, z: { type: 'halt' }, y: { type: 'succeed' }, ...values } },
    { submitted, delivered },
  )

describe('a download that is lost', () => {
  test('goes on behind the last octet stored, if that is of a file with an entity tag [RFC 9110 §14.2]', () => {
    const values = { o: of(1).opened(0), s: of(1).stored(4_096), f: of(1).lost(), e: of(2).ended(), 0: from(0), 4: from(4_096) }
    played('bosf-e', '0---4y', values)
  })
  test('begins anew without one', () => {
    const values = { o: { ...of(1).opened(0), etag: undefined }, s: of(1).stored(4_096), f: of(1).lost(), 0: from(0) }
    played('bosf--', '0---0-', values)
  })
  test('waits twice as long each time that nothing new came, and gives up after its retries', () => {
    const values = { 1: of(1).lost(), 2: of(2).lost(), 3: of(3).lost(), 4: of(4).lost(), f: from(0), x: failed('timeout') }
    played('b12-3---4', 'f-f-f---(fx)', values, { retries: 3 })
  })
  test('counts its losses anew when something new came', () => {
    const values = {
      1: of(1).lost(),
      o: of(2).opened(0),
      s: of(2).stored(1_024),
      2: of(2).lost(),
      3: of(3).lost(),
      f: from(0),
      g: from(1_024),
      x: failed('timeout'),
    }
    played('b1os2-3--', 'f-f--gx', values, { retries: 1 })
  })
  test('asks again no earlier than the server said [RFC 7252 §5.9.3.4] [RFC 9110 §10.2.3]', () => {
    played('b1', 'f---------f', { 1: of(1).lost(unavailable(9_000)), f: from(0) })
  })
  test('asks up to a quarter later than that, so that a fleet does not come all at once', () => {
    const { delivered } = played('b1', '*', { 1: of(1).lost(unavailable(8_000)) }, { dice: 0.5 })
    expect(delivered.length).toBeGreaterThan(0)
    played('b1---------', 'f---------f', { 1: of(1).lost(unavailable(8_000)), f: from(0) }, { dice: 0.5 })
  })
  test('is not tried again after what will not pass', () => {
    const gone = { code: 'response', responseCode: '4.04', message: '', retryable: false } as const
    played('b1-----', 'fx', { 1: of(1).lost(gone), f: from(0), x: failed('not-found') })
  })
})

describe('a file that changed', () => {
  test('is begun anew once, at once [RFC 9110 §13.1.5]', () => {
    const values = {
      o: of(1).opened(0),
      s: of(1).stored(4_096),
      1: of(1).lost(),
      2: of(2).lost(changed),
      3: of(3).ended(),
      f: from(0),
      g: from(4_096),
    }
    played('bos1-2-3', 'f---gf-y', values)
  })
  test('again is no file', () => {
    const values = {
      o: of(1).opened(0),
      s: of(1).stored(4_096),
      1: of(1).lost(),
      2: of(2).lost(changed),
      t: of(3).stored(2_048),
      u: of(3).opened(0, another),
      3: of(3).lost(changed),
    }
    const { delivered } = played('bos1-2ut3', '*', values)
    expect(delivered.at(-1)?.value).toMatchObject({ type: 'fail', reason: 'changed' })
  })
  test('is taken from the start where a server answers with the whole of it, and counts as changed [RFC 9110 §14.2]', () => {
    const values = {
      o: of(1).opened(0),
      s: of(1).stored(4_096),
      1: of(1).lost(),
      p: of(2).opened(0, another),
      t: of(2).stored(1_024),
      2: of(2).lost(),
      q: of(3).opened(0, first),
      f: from(0),
      g: from(4_096),
      h: from(1_024, { attempt: 3 }),
      x: failed('changed'),
    }
    played('bos1-pt2-q', 'f---g---hx', values)
  })
})

describe('a redirection', () => {
  const to = (location: string) => ({ r: of(1).redirected(location), f: from(0, { uri: 'http://files/f', own: true }) })
  test('is followed at once, from where the file is lost [RFC 9110 §15.4]', () => {
    played('br', 'fg', { ...to('/there'), g: from(0, { uri: 'http://files/there', own: true }) })
  })
  test('to another server takes no credentials along', () => {
    played('br', 'fg', { ...to('https://me:secret@other/f'), g: from(0, { uri: 'https://other/f', own: false }) })
  })
  test('and back again takes none, either', () => {
    const values = { ...to('http://other/f'), s: of(2).redirected('http://files/f'), g: like({ own: false }) }
    played('brs', 'fgg', values)
  })
  test.each(['http://files/f', 'ftp://files/f', 'http://:99999/', 'coap://files/f'])('from https to %s is none', (location) => {
    const values = { ...to(location), f: like({ type: 'fetch' }), x: failed('redirect') }
    played('br', 'fx', values, { uri: 'https://files/f' })
  })
  test('too often ends the download', () => {
    const values = {
      r: of(1).redirected('/2'),
      s: of(2).redirected('/3'),
      t: of(3).redirected('/4'),
      f: like({ type: 'fetch' }),
      x: failed('redirect'),
    }
    played('brst', 'fffx', values, { redirectsMax: 2 })
  })
  test('is forgotten by the next attempt: it begins where it was asked for', () => {
    const values = { ...to('http://other/f'), l: of(2).lost(), g: from(0, { uri: 'http://other/f' }) }
    played('brl', 'fg-f', values)
  })
})

describe('a download that is told', () => {
  test('to rest does nothing until it is told to go on, and then goes on where it was', () => {
    const values = { o: of(1).opened(0), s: of(1).stored(1_024), p: { type: 'suspend' }, r: { type: 'resume' }, f: from(0), g: from(1_024) }
    played('bosp----r', 'f--z----g', values)
  })
  test('to rest while it waits does not ask again by itself', () => {
    const values = { 1: of(1).lost(), p: { type: 'suspend' }, r: { type: 'resume' }, f: from(0) }
    played('b(1p)----r--', 'f--------f', values)
  })
  test('to reconnect leaves the old link for a new one, and does not wait', () => {
    const values = {
      o: of(1).opened(0),
      s: of(1).stored(1_024),
      n: { type: 'reconnect' },
      2: of(2).lost(unavailable(60_000)),
      f: from(0),
      g: from(1_024),
    }
    played('bosn2n', 'f--g-g', values)
  })
  test('its hours rests outside them, and goes on when they begin again', () => {
    // The wall clock of a ladder begins at midnight UTC.
    const values = { o: of(1).opened(0), s: of(1).stored(1_024), f: from(0), g: from(1_024) }
    played('1m bos', '1m f 59s z', values, { hours: { from: '00:00', until: '00:02' } })
    played('b--', 'f 59s z 59s f', values, { hours: { from: '00:02', until: '00:01' } })
  })
})

describe('what is stored', () => {
  const verified = (sha256: string): PullEvent => ({ type: 'verified', sha256 })
  const sha256 = 'ab'.repeat(32)
  const v = like({ type: 'verify' })
  test('is read again, and is done when its digest is right', () => {
    played('bew', 'fvy', { e: of(1).ended(), w: verified(sha256), v, f: from(0) }, { sha256 })
  })
  test('is no use when its digest is wrong', () => {
    played(
      'bew',
      'fvx',
      { e: of(1).ended(), w: verified('cd'.repeat(32)), v, f: from(0), x: like({ type: 'fail', reason: 'checksum', forget: true }) },
      { sha256 },
    )
  })
  test('and was resumed is fetched once more from the start when its digest is wrong', () => {
    const values = {
      b: { type: 'begin', found: { bytes: 4_096, total: 9_000, etag: first } },
      o: of(1).opened(4_096),
      e: of(1).ended(),
      w: verified('cd'.repeat(32)),
      g: from(4_096),
      f: from(0),
      v,
    }
    played('boew', 'g-vf', values, { sha256 })
  })
})
