/** What can go wrong with what a client asks, and what it does then: run as ladders by failures.test.ts, printed in docs/lifecycle.md. */
import { answered, closed, failed } from './device.ts'

/** What the client is doing when it goes wrong. */
export type Doing = 'Register' | 'Update' | 'De-register' | 'Bootstrap-Request' | 'Bootstrap-Pack-Request' | 'waking'

/** One row: the same thing in the same situation has one outcome. */
export interface Failure {
  readonly doing: Doing
  readonly what: string
  readonly word: unknown
  /** The link is secured. */
  readonly secured?: true
  /** What is sent next, as letters of life.ts, and where the account is then. */
  readonly sent: string
  readonly then: { readonly state: string; readonly reason: string }
  /** In words. */
  readonly does: string
}

const again = 'tries again as Resources 17-20 say; after the last attempt bootstrap, or failure'
const anew = 'registers anew, on a new link'
const kept = 'goes on with Update after a new handshake, the old session forgotten'

const register: readonly Failure[] = (
  [
    ['4.00', 'rejected'],
    ['4.01', 'rejected'],
    ['4.03', 'rejected'],
    ['4.09', 'rejected'],
    ['5.00', 'rejected'],
    ['5.03', 'rejected'],
    ['2.04', 'rejected'],
  ] as const
).map(([code, reason]) => ({
  doing: 'Register' as const,
  what: code,
  word: answered(code, { location: ['rd', 'x'] }),
  sent: 'C',
  then: { state: 'waiting', reason },
  does: again,
}))

export const failures: readonly Failure[] = [
  ...register,
  {
    doing: 'Register',
    what: '2.01 without a Location-Path',
    word: answered('2.01'),
    sent: 'C',
    then: { state: 'waiting', reason: 'no-location' },
    does: again,
  },
  {
    doing: 'Register',
    what: '4.12',
    word: answered('4.12'),
    sent: 'R',
    then: { state: 'registering', reason: 'version' },
    does: 'registers with the next older version at once; below 1.0 it is any other error',
  },
  { doing: 'Register', what: 'no answer', word: failed('timeout'), sent: 'C', then: { state: 'waiting', reason: 'timeout' }, does: again },
  { doing: 'Register', what: 'RST', word: failed('reset'), sent: 'C', then: { state: 'waiting', reason: 'unreachable' }, does: again },
  {
    doing: 'Register',
    what: 'not understood',
    word: failed('refused'),
    sent: 'C',
    then: { state: 'waiting', reason: 'unreachable' },
    does: again,
  },
  {
    doing: 'Register',
    what: 'the link broke',
    word: closed('lost'),
    sent: 'X',
    then: { state: 'waiting', reason: 'unreachable' },
    does: again,
  },

  ...(['4.00', '4.01', '4.03', '4.04', '5.00', '2.05'] as const).map((code): Failure => ({
    doing: 'Update',
    what: code,
    word: answered(code),
    sent: '(CO)',
    then: { state: 'connecting', reason: 'update-failed' },
    does: anew,
  })),
  ...(['timeout', 'reset', 'unreachable'] as const).map((reason): Failure => ({
    doing: 'Update',
    what: { timeout: 'no answer', reset: 'RST', unreachable: 'unreachable' }[reason],
    word: failed(reason),
    sent: '(CO)',
    then: { state: 'connecting', reason: 'update-failed' },
    does: anew,
  })),
  {
    doing: 'Update',
    what: 'the link broke',
    word: closed('lost'),
    sent: '(XO)',
    then: { state: 'connecting', reason: 'lost' },
    does: anew,
  },
  {
    doing: 'Update',
    what: '4.04',
    secured: true,
    word: answered('4.04'),
    sent: 'R',
    then: { state: 'registering', reason: 'update-failed' },
    does: 'registers anew, on the same link',
  },
  {
    doing: 'Update',
    what: 'no answer',
    secured: true,
    word: failed('timeout'),
    sent: '(CO)',
    then: { state: 'connecting', reason: 'update-failed' },
    does: kept,
  },
  {
    doing: 'Update',
    what: 'the link broke',
    secured: true,
    word: closed('lost'),
    sent: '(XO)',
    then: { state: 'connecting', reason: 'lost' },
    does: 'goes on with Update after a new handshake',
  },

  ...(
    [
      ['an error', answered('4.04')],
      ['no answer', failed('timeout')],
      ['RST', failed('reset')],
    ] as const
  ).map(([what, word]): Failure => ({
    doing: 'De-register',
    what,
    word,
    sent: 'C',
    then: { state: 'stopped', reason: 'asked' },
    does: 'takes it for a yes',
  })),

  ...(['4.03', '4.04', '5.00'] as const).map((code): Failure => ({
    doing: 'Bootstrap-Request',
    what: code,
    word: answered(code),
    sent: 'C',
    then: { state: 'waiting', reason: 'rejected' },
    does: 'tries again, after a wait that doubles; what was written is undone',
  })),
  ...(['4.00', '4.15'] as const).map((code): Failure => ({
    doing: 'Bootstrap-Request',
    what: code,
    word: answered(code),
    sent: 'B',
    then: { state: 'requesting', reason: 'start' },
    does: 'asks again without pct, as LwM2M 1.0 did; then it is any other error',
  })),
  {
    doing: 'Bootstrap-Request',
    what: 'no answer',
    word: failed('timeout'),
    sent: 'C',
    then: { state: 'waiting', reason: 'timeout' },
    does: 'tries again, after a wait that doubles',
  },
  {
    doing: 'Bootstrap-Request',
    what: 'RST',
    word: failed('reset'),
    sent: 'C',
    then: { state: 'waiting', reason: 'unreachable' },
    does: 'tries again, after a wait that doubles',
  },
  {
    doing: 'Bootstrap-Request',
    what: 'the link broke',
    word: closed('lost'),
    sent: 'X',
    then: { state: 'waiting', reason: 'unreachable' },
    does: 'tries again, after a wait that doubles',
  },

  ...(['4.04', '4.05', '5.01'] as const).map((code): Failure => ({
    doing: 'Bootstrap-Pack-Request',
    what: code,
    word: answered(code),
    sent: 'B',
    then: { state: 'requesting', reason: 'start' },
    does: 'sends Bootstrap-Request instead',
  })),
  {
    doing: 'Bootstrap-Pack-Request',
    what: 'no answer',
    word: failed('timeout'),
    sent: 'B',
    then: { state: 'requesting', reason: 'start' },
    does: 'sends Bootstrap-Request instead',
  },
  {
    doing: 'Bootstrap-Pack-Request',
    what: 'a Pack that makes no account',
    word: answered('2.05', { nodes: [] }),
    sent: 'B',
    then: { state: 'requesting', reason: 'start' },
    does: 'undoes it and sends Bootstrap-Request instead',
  },

  {
    doing: 'waking',
    what: 'no link',
    word: closed('unreachable'),
    sent: '',
    then: { state: 'waiting', reason: 'unreachable' },
    does: again,
  },
  {
    doing: 'waking',
    what: 'no answer to Update',
    word: failed('timeout'),
    sent: '(CO)',
    then: { state: 'connecting', reason: 'update-failed' },
    does: anew,
  },
]
