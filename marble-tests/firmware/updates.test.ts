/** What an update does in time: answers, notifications, installation, failures, resets (LwM2M Core §E.6). */
import { concat, concatMap, defer, EMPTY, ignoreElements, NEVER, of, throwError, timer } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { Lwm2mError } from '../../src/core/error.ts'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import { at } from '../client/device.ts'
import { execute, octets, packaged, played, read, textIn, textOf, uri, type Around } from './device.ts'

const image = packaged(octets('image'))
const observe: ManagementOperation = { type: 'observe', path: at('/5/0/3') }
const failing = (cause?: number) => () => throwError(() => new Lwm2mError('firmware', 'no', { cause }))

describe('an installation', () => {
  test('begins after the answer to the Execute and the notification of State 3 have left [LwM2M Core §E.6]', () => {
    const begun: number[] = []
    const { answers, transmitted } = played([observe, image, execute, read], {
      options: ({ scheduler }) => ({ install: () => defer(() => (begun.push(scheduler.now()), NEVER)) }),
    })
    const told = transmitted.flatMap(({ value, at: atMs }) => {
      const { type, exchange, outcome } = value as { type: string; exchange: unknown; outcome: { nodes?: { value: unknown }[] } }
      return type !== 'respond' ? [] : [`${exchange as number} ${String(outcome.nodes?.[0]?.value)} ${atMs}`]
    })
    expect(told.filter((line) => line.endsWith(' 8000'))).toEqual(['3 undefined 8000', '1 3 8000'])
    expect(begun).toEqual([8_500])
    expect(answers[3]?.state).toBe('3/0')
  })
  test('that succeeds leads to State 0 with Result 1, and nothing is kept [LwM2M Core §E.6]', () => {
    const installed: string[] = []
    const { answers, stored, resets } = played([image, execute, read], {
      options: () => ({ install: (what) => defer(() => (installed.push(textIn(what)), EMPTY)) }),
    })
    expect([answers[2]?.state, installed, stored.bodies.size, resets.length]).toEqual(['0/1', ['image'], 0, 1])
  })
  test('that fails leads to State 2 with Result 8, and can be tried again [LwM2M Core §E.6]', () => {
    let tries = 0
    const { answers } = played([image, execute, read, execute, read], {
      options: () => ({ install: () => (++tries === 1 ? failing()() : EMPTY) }),
    })
    expect(answers.map((one) => one?.state ?? one?.code)).toEqual(['2.04', '2.04', '2/8', '2.04', '0/1'])
  })
  test('that throws has failed', () => {
    const { answers } = played([image, execute, read], {
      options: () => ({
        install: () => {
          throw new Error('bug')
        },
      }),
    })
    expect(answers[2]?.state).toBe('2/8')
  })
})

describe('a verification', () => {
  test('that fails answers the Write with 5.00, and leads to State 0 with Result 5 and an empty store [LwM2M Core §E.6]', () => {
    const { answers, stored } = played([image, read, image, read], { options: () => ({ verify: failing() }) })
    expect(answers.map((one) => one?.state ?? one?.code)).toEqual(['5.00', '0/5', '5.00', '0/5'])
    expect(stored.bodies.size).toBe(0)
  })
  test('may say why', () => {
    expect(played([image, read], { options: () => ({ verify: failing(6) }) }).answers[1]?.state).toBe('0/6')
    expect(played([image, read], { options: () => ({ verify: failing(99) }) }).answers[1]?.state).toBe('0/5')
  })
  test('is waited for: the Write is answered when it is done', () => {
    const { answers } = played([image, read, read], {
      options: ({ scheduler }) => ({
        verify: () => timer(3_000, scheduler).pipe(ignoreElements()),
        name: 'n'.repeat(300),
        version: () => '2.0',
      }),
    })
    expect(answers.map((one) => one?.atMs)).toEqual([7_000, 6_000, 8_000])
    expect(answers.map((one) => one?.state)).toEqual([undefined, '1/0', '2/0'])
  })
})

describe('a Package URI', () => {
  test('that the application does not accept is 4.00, with its Result, and is not kept [LwM2M Core §E.6]', () => {
    const { answers } = played([uri('coap://files/f'), read], { options: () => ({ accept: failing() }) })
    expect([answers[0]?.code, answers[1]?.state, answers[1]?.uri]).toEqual(['4.00', '0/7', ''])
    expect(played([uri('coap://files/f'), read], { options: () => ({ accept: failing(2) }) }).answers[1]?.state).toBe('0/2')
    const throwing = () => {
      throw new Error('bug')
    }
    expect(played([uri('coap://files/f'), read], { options: () => ({ accept: throwing }) }).answers[1]?.state).toBe('0/7')
  })
  test('is kept when the application accepts it, however late', () => {
    const { answers } = played([uri('coap://files/f'), read, read], {
      options: ({ scheduler }) => ({ accept: () => timer(3_000, scheduler) }),
    })
    expect([answers[0]?.atMs, answers[1]?.state, answers[2]?.state, answers[2]?.uri]).toEqual([7_000, '0/0', '1/0', 'coap://files/f'])
  })
  test('is not put before the application while another update goes on', () => {
    const asked: string[] = []
    const { answers } = played([uri('coap://files/f'), uri('coap://files/g')], {
      options: () => ({ accept: (text) => defer(() => (asked.push(text), EMPTY)) }),
    })
    expect([answers[1]?.code, asked]).toEqual(['4.05', ['coap://files/f']])
  })
  test('resets the download that goes on: its requests are cancelled and its link closed', () => {
    const { transmitted } = played([uri('coap://files/f'), uri('')])
    const download = transmitted.filter(({ value }) => (value as { remote?: string }).remote?.startsWith('download') === true)
    expect(download.map(({ value, at: atMs }) => `${(value as { type: string }).type} ${atMs}`)).toEqual([
      'open 4000',
      'cancel 6000',
      'close 6000',
    ])
  })
})

describe('how a package may come', () => {
  test('only pushed: a Package URI is refused with Result 9', () => {
    const { answers } = played([uri('coap://files/f'), read, image], { options: () => ({ delivery: 'push' }) })
    expect(answers.map((one) => one?.state ?? one?.code)).toEqual(['4.00', '0/9', '2.04'])
  })
  test('only pulled: a Package is refused with 4.05', () => {
    const { answers, stored } = played([image, uri('coap://files/f'), read], { options: () => ({ delivery: 'pull' }) })
    expect(answers.map((one) => one?.state ?? one?.code)).toEqual(['4.05', '2.04', '1/0'])
    expect(stored.bodies.size).toBe(0)
  })
  test('no larger than the application says: Result 2, and nothing is stored', () => {
    const { answers, stored } = played([image, read], { options: () => ({ bytesMax: 4 }) })
    expect([answers[0]?.code.slice(0, 1), answers[1]?.state, stored.bodies.size]).toEqual(['5', '0/2', 0])
  })
})

describe('letting go of a package', () => {
  test('is waited for before the store is used again', () => {
    const { answers, stored } = played([image, uri(''), packaged(octets('next')), read, read], {
      options: ({ scheduler, storage }) => ({
        reset: () => concat(timer(5_000, scheduler).pipe(ignoreElements()), storage.remove('firmware')),
      }),
    })
    expect(answers.map((one) => one?.state ?? one?.code)).toEqual(['2.04', '2.04', '2.04', '1/0', '2/0'])
    expect(answers[2]?.atMs).toBe(11_000)
    expect(textOf(stored)).toBe('next')
  })
  test('holds up a download; one that is reset before its turn never begins', () => {
    const slow: Around = { options: ({ scheduler }) => ({ reset: () => timer(5_000, scheduler) }), untilMs: 40_000 }
    const opened = (operations: readonly ManagementOperation[]) =>
      played(operations, slow).transmitted.flatMap(({ value, at: atMs }) => {
        const { type, remote = '' } = value as { readonly type: string; readonly remote?: string }
        return type === 'open' && remote.startsWith('download') ? [atMs] : []
      })
    expect(opened([uri(''), uri('coap://files/f')])).toEqual([9_000])
    expect(opened([uri(''), uri('coap://files/f'), uri('')])).toEqual([])
  })
  test('may fail: the update goes on', () => {
    const { answers } = played([image, uri(''), packaged(octets('next')), read], { options: () => ({ reset: failing() }) })
    expect(answers.map((one) => one?.state ?? one?.code)).toEqual(['2.04', '2.04', '2.04', '2/0'])
  })
})

describe('after a restart', () => {
  /** What is remembered from a life that ended after these requests. */
  const leftBy = (operations: readonly ManagementOperation[]) => played(operations, { options: () => ({ install: () => NEVER }) }).stored
  test('a download goes on: State 1, and the link is opened anew [LwM2M Core §E.6]', () => {
    const { answers, transmitted } = played([read], { stored: leftBy([uri('coap://files/f')]) })
    expect(answers[0]).toMatchObject({ state: '1/0', uri: 'coap://files/f' })
    expect(transmitted.some(({ value }) => (value as { readonly uri?: string }).uri === 'coap://files/f')).toBe(true)
  })
  test('a package that was downloaded can be installed', () => {
    const installed: string[] = []
    const { answers } = played([read, execute, read], {
      stored: leftBy([image]),
      options: () => ({ install: (what) => of(what).pipe(concatMap((one) => defer(() => (installed.push(textIn(one)), EMPTY)))) }),
    })
    expect(answers.map((one) => one?.state ?? one?.code)).toEqual(['2/0', '2.04', '0/1'])
    expect(installed).toEqual(['image'])
  })
  test('in the midst of an installation, the application says how it ended', () => {
    const stored = leftBy([image, execute])
    const copy = () => ({ values: new Map(stored.values), bodies: new Map(stored.bodies) })
    expect(played([read], { stored: copy(), options: () => ({ installed: () => EMPTY }) }).answers[0]?.state).toBe('0/1')
    expect(played([read], { stored: copy(), options: () => ({ installed: failing() }) }).answers[0]?.state).toBe('2/8')
    expect(played([read], { stored: copy() }).answers[0]?.state).toBe('2/8')
    expect(played([read], { stored: copy(), options: () => ({ installed: () => NEVER }) }).answers[0]?.state).toBe('3/0')
  })
  test('what is remembered and cannot be read is as nothing', () => {
    for (const text of ['', '{', 'null', '{"state":7}', '{"state":1,"result":0}'])
      expect(
        played([read], { stored: { values: new Map([['firmware-update', octets(text)]]), bodies: new Map() } }).answers[0]?.state,
      ).toBe('0/0')
  })
})
