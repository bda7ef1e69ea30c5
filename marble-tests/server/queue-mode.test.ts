/** Commands for clients that sleep (LwM2M Transport 1.2.2 §6.5). */
import { describe, expect, test } from 'vitest'
import { defaultQueueLimits, queues, type QueueEvent } from '../../src/server/queue/queue.ts'
import { alone, ladder, type Lanes } from '../../src/testing/index.ts'

const endpointClientName = 'urn:a'
const word = (event: object): QueueEvent => ({ endpointClientName, ...event }) as QueueEvent
const release = (ticket: number) => ({ type: 'release', ticket })
const fail = (ticket: number, reason: string) => ({ type: 'fail', ticket, reason })
const values = {
  r: word({ type: 'registered', queueMode: true }),
  n: word({ type: 'registered', queueMode: false }),
  g: word({ type: 'gone' }),
  h: word({ type: 'heard' }),
  a: word({ type: 'asked', ticket: 1 }),
  b: word({ type: 'asked', ticket: 2 }),
  c: word({ type: 'asked', ticket: 3, expiryMs: 18_000_000 }),
  s: word({ type: 'settled', ticket: 1, heard: true }),
  t: word({ type: 'settled', ticket: 2, heard: true }),
  x: word({ type: 'settled', ticket: 1, heard: false }),
  w: word({ type: 'withdrawn', ticket: 1 }),
  v: word({ type: 'withdrawn', ticket: 2 }),
  W: { type: 'awake', endpointClientName, awake: true },
  Z: { type: 'awake', endpointClientName, awake: false },
  A: release(1),
  B: release(2),
  C: release(3),
  E: fail(3, 'expired'),
  F: fail(1, 'aborted'),
  G: fail(2, 'aborted'),
  R: fail(2, 'refused'),
}
/** One character is an hour, and so long does the client listen. */
const hours = (lanes: Lanes, limits = {}) =>
  ladder(alone(queues({ ...defaultQueueLimits, awakeMs: 3_600_000, ...limits })), { msPerChar: 3_600_000, values }, lanes)
/** One character is a second. */
const seconds = (lanes: Lanes, limits = {}) =>
  ladder(alone(queues({ ...defaultQueueLimits, ...limits })), { msPerChar: 1_000, values }, lanes)

describe('a client in queue mode', () => {
  test('listens for 93 s after it was last heard [LwM2M Transport §6.5]', () => {
    seconds({ submitted: 'r', delivered: 'W 92s Z' })
    seconds({ submitted: 'r 59s h', delivered: 'W 152s Z' })
  })

  test('is sent at once what it is asked while it listens, one command at a time [LwM2M Transport §6.5]', () => {
    seconds({ submitted: 'r--a-b--s---t', delivered: 'W--A----B 96s Z' })
  })

  test('is sent the next command when one was answered, not when one is withdrawn that waits', () => {
    seconds({ submitted: 'r--a-b-v--s', delivered: 'W--A 99s Z' })
    seconds({ submitted: 'r--a-b-w', delivered: 'W--A---B' })
  })

  test('is sent nothing while it sleeps; what waits goes out when it wakes, hours later [LwM2M Transport §6.5]', () => {
    hours({ submitted: 'r--a-----b-----------r', delivered: 'WZ-------------------(AW)' })
  })

  test('does not go to sleep while something is on its way, and is awake for 93 s after the answer', () => {
    seconds({ submitted: 'r--a 99s s', delivered: 'W--A 192s Z' })
  })

  test('that does not answer sleeps: the others wait for the next sign of life', () => {
    seconds({ submitted: 'r--ab 93s x---h', delivered: 'W--A 94s Z---(BW)' })
  })

  test('has what waits fail when its registration ends', () => {
    hours({ submitted: 'r-a-b---g', delivered: 'WZ------(FG)' })
  })

  test('keeps what waits when it registers anew', () => {
    hours({ submitted: 'r-a---r', delivered: 'WZ----(AW)' })
  })

  test('that leaves queue mode is sent all that waits', () => {
    hours({ submitted: 'r-a-b-n', delivered: 'WZ----(AB)' })
  })

  test('has a command fail with expired when it does not wake in time, to the millisecond', () => {
    hours({ submitted: 'r--c', delivered: 'WZ------E' })
    seconds({ submitted: 'r 99s c 17998s h', delivered: 'W 92s Z 18005s (CW)' })
  })

  test('has one command too many refused, and keeps those that wait', () => {
    hours({ submitted: 'r-abr', delivered: 'WZ-R(AW)' }, { waitingMax: 1 })
  })
})

test('a client that is not in queue mode is sent everything at once, several at a time', () => {
  seconds({ submitted: 'nab', delivered: '-AB' })
})

test('of a client beyond the number of queues nothing is held', () => {
  const other = ladder(
    alone(queues({ ...defaultQueueLimits, sleepersMax: 1 })),
    {
      values: {
        ...values,
        o: word({ type: 'registered', queueMode: true, endpointClientName: 'urn:b' }),
        p: word({ type: 'asked', ticket: 9, endpointClientName: 'urn:b' }),
        P: release(9),
      },
    },
    { submitted: 'rop', delivered: 'W-P' },
  )
  expect(other.delivered).toHaveLength(2)
})
