/** A firmware update as the server sees it (LwM2M Core 1.2.2 §E.6). One character is one second. */
import { describe, expect, test } from 'vitest'
import { update, type UpdateEffect, type UpdateEvent } from '../../src/server/firmware/update.ts'
import { alone, ladder, like } from '../../src/testing/index.ts'

const heard = (state: number, result: number, asked = false): UpdateEvent => ({ type: 'heard', state, result, ...(asked ? { asked } : {}) })
const events: Readonly<Record<string, UpdateEvent>> = {
  b: { type: 'begin' },
  '0': heard(0, 0),
  '1': heard(1, 0),
  '2': heard(2, 0),
  '3': heard(3, 0),
  S: heard(0, 1),
  a: heard(0, 0, true),
  o: { type: 'offered' },
  e: { type: 'executed' },
  c: { type: 'cleared' },
  r: { type: 'registered' },
}
const effects: Readonly<Record<string, unknown>> = {
  I: like({ type: 'inquire' }),
  O: like({ type: 'offer' }),
  E: like({ type: 'execute' }),
  C: like({ type: 'clear' }),
  Y: like({ type: 'succeed' }),
  N: like({ type: 'fail' }),
  p: like({ type: 'report' }),
}
const unheard: UpdateEvent = { type: 'unheard', code: 'response', message: 'read /5/0/3 is answered 4.04' }
const times = { pollMs: 60_000, stallMs: 300_000, reportMs: 1_000, deferMs: 7_200_000 }
const play = (submitted: string, delivered: string, more: Readonly<Record<string, UpdateEvent>> = {}) =>
  ladder(alone(update(1_000, times)), { values: { ...events, ...effects, ...more } }, { submitted, delivered }).delivered.map(
    ({ value }) => value as UpdateEffect,
  )
const last = (seen: readonly UpdateEffect[]) => seen.at(-1)

describe('a firmware update', () => {
  test('goes from the offer over State 1, 2, 3 to Result 1 [LwM2M Core §E.6]', () => {
    const seen = play('b0---o---1--2---e-3-r--S', 'p(pO)(pI)p--(pE)p-p-I--(pY)')
    const reports = seen.flatMap((effect) => (effect.type === 'report' ? [effect.progress] : []))
    expect(reports.map(({ phase, state, result, elapsedMs }) => [phase, state, result, elapsedMs])).toEqual([
      ['starting', undefined, undefined, 0],
      ['offering', 0, undefined, 1_000],
      ['transferring', 0, undefined, 5_000],
      ['transferring', 1, 0, 9_000],
      ['executing', 2, 0, 12_000],
      ['installing', 2, 0, 16_000],
      ['installing', 3, 0, 18_000],
      ['updated', 0, 1, 23_000],
    ])
  })

  test('a client that defers keeps its own time: an hour later it installs, and the update is done [LwM2M Core §E.6]', () => {
    const seen = play('b0---o---1--2---e-D 3600s 3---S', '*', { D: heard(2, 11) })
    const phases = seen.flatMap((effect) => (effect.type === 'report' ? [effect.progress.phase] : []))
    expect(phases.slice(-4)).toEqual(['installing', 'deferred', 'installing', 'updated'])
  })

  test('a client that defers for longer than it may has failed', () => {
    const seen = play('b0---o---1--2---e-D 7300s -', '*', { D: heard(2, 11) })
    expect(last(seen)).toMatchObject({ type: 'fail', code: 'timeout', message: 'it has deferred the installation for 7200 s' })
  })

  test('a client without the Object cannot be updated, one that does not answer may yet', () => {
    expect(last(play('b-u', 'p-(pN)', { u: unheard }))).toMatchObject({ code: 'firmware', message: 'read /5/0/3 is answered 4.04' })
    play('b-u0', 'p--(pO)', { u: { ...unheard, code: 'timeout' } })
  })

  test('the Result of an earlier update is not taken for that of this one', () => {
    play('bS---o---1--2---e---S', 'p(pO)(pI)p--(pE)p---(pY)')
    play('b7---o---1--2---e---S', 'p(pO)(pI)p--(pE)p---(pY)', { 7: heard(0, 7) })
    for (const result of [1, 7]) play('b7---o---i', 'p(pO)(pI)', { 7: heard(0, result), i: { type: 'heard', state: 0 } })
  })

  test('what an earlier update left is reset first, once [LwM2M Core §E.6]', () => {
    play('b2---c---0', 'p(pC)(pI)(pO)')
    expect(last(play('b2---c---2', 'p(pC)(pI)(pN)'))).toMatchObject({ type: 'fail', code: 'firmware' })
  })

  test('an update that is being installed is not disturbed', () => {
    expect(last(play('b3', 'p(pN)'))).toMatchObject({ message: 'another update is being installed' })
  })

  test('a download that fails ends with the Result as its reason [LwM2M Core §E.6]', () => {
    expect(last(play('b0---o---1---4', 'p(pO)(pI)p---(pN)', { 4: heard(0, 4) }))).toEqual({
      type: 'fail',
      code: 'firmware',
      result: 4,
      message: 'Update Result 4: connection lost while downloading',
    })
  })

  test('State 0 may come before the Result that explains it: the server asks', () => {
    const idle: UpdateEvent = { type: 'heard', state: 0 }
    expect(last(play('b0---o---1---i---5', 'p(pO)(pI)p---(pI)(pN)', { i: idle, 5: heard(0, 5, true) }))).toMatchObject({ result: 5 })
    expect(last(play('b0---o---1---i---a', 'p(pO)(pI)p---(pI)(pN)', { i: idle }))).toMatchObject({
      message: 'the download was cancelled at the client',
    })
  })

  test('a client that begins to download late is waited for', () => {
    play('b0---o---a---1', 'p(pO)(pI)p---p')
  })

  test('a URI that is refused is explained by the Result, if there is one', () => {
    const declined: UpdateEvent = { type: 'declined', code: 'response', message: 'write /5/0/1 is answered 4.00' }
    expect(last(play('b0---d---9', 'p(pO)I---(pN)', { d: declined, 9: heard(0, 9, true) }))).toMatchObject({
      result: 9,
      message: 'Update Result 9: unsupported protocol',
    })
    expect(last(play('b0---d---u', 'p(pO)I---(pN)', { d: declined, u: unheard }))).toMatchObject({
      message: 'write /5/0/1 is answered 4.00',
    })
  })

  test('an offer whose answer was lost is not a refusal: State tells', () => {
    const lost: UpdateEvent = { type: 'declined', code: 'timeout', message: 'no answer' }
    play('b0---d---n--2', 'p(pO)I---p--(pE)', { d: lost, n: heard(1, 0, true) })
  })

  test('a client that reboots before it has answered the Execute is waited for', () => {
    const lost: UpdateEvent = { type: 'declined', code: 'timeout', message: '' }
    play('b0---o---1--2---l---r---S', 'p(pO)(pI)p--(pE)p---I---(pY)', { l: lost })
  })

  test('an Execute that is refused ends the update', () => {
    const refused: UpdateEvent = { type: 'declined', code: 'response', message: 'execute /5/0/2 is answered 4.05' }
    expect(last(play('b0---o---1--2---x', 'p(pO)(pI)p--(pE)(pN)', { x: refused }))).toMatchObject({
      message: 'execute /5/0/2 is answered 4.05',
    })
  })

  test('a client that says nothing is asked, and when nothing happens the update fails', () => {
    play('b', 'p 59s I 59s I 59s I 59s I 59s (pN)')
  })

  test('octets are told at most once in a while, with the rate of late', () => {
    const moved = (bytes: number): UpdateEvent => ({ type: 'moved', bytes })
    const seen = play('b0---o---1-(xyz)', 'p(pO)(pI)p--p', { x: moved(100), y: moved(300), z: moved(200) })
    expect(last(seen)).toMatchObject({ progress: { bytes: 300, total: 1_000, rate: 17 } })
  })
})
