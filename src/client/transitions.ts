/** From which phase an account may go to which, and why: what docs/lifecycle.md is drawn from, and what a law holds the machine to (LwM2M Core §6.1, §6.2). */
import type { Account, Phase } from './state.ts'

/** One arrow of the diagram. */
export interface Transition {
  readonly from: Phase
  readonly to: Phase
  readonly when: string
}
const from = (phase: Phase, arrows: Readonly<Partial<Record<Phase, string>>>): readonly Transition[] =>
  Object.entries(arrows).map(([to, when]) => ({ from: phase, to: to as Phase, when }))

/** The account of a server. Every phase but `failed` is left by itself, that one by the application or by bootstrap; `stopped` is the end. */
export const serverTransitions: readonly Transition[] = [
  ...from('idle', {
    waiting: 'bootstrap is over, or an initial delay begins',
    connecting: 'its turn',
    failed: 'the account cannot be used',
    offline: 'no network',
    disabled: 'suspended',
    stopped: 'stop',
  }),
  ...from('waiting', {
    connecting: 'the time has come',
    idle: 'others go first, or bootstrap',
    failed: 'the account cannot be used',
    offline: 'no network',
    disabled: 'suspended',
    stopped: 'stop',
  }),
  ...from('connecting', {
    registering: 'the link is there',
    updating: 'the link of a registration is there again',
    registered: 'a secured link of a registration is there again',
    deregistering: 'woken to say that we go',
    waiting: 'no link, attempts left',
    failed: 'no link, no attempts left',
    idle: 'bootstrap',
    disabled: 'suspended, or no link to say that we go',
    offline: 'no network',
    stopped: 'stop',
  }),
  ...from('registering', {
    registered: '2.01',
    waiting: 'error or no answer, attempts left',
    failed: 'error or no answer, no attempts left',
    connecting: 'register',
    deregistering: '2.01 after stop',
    idle: 'bootstrap',
    disabled: 'suspended',
    offline: 'no network',
    stopped: 'stop',
  }),
  ...from('registered', {
    updating: 'Update is due, wanted, or has news',
    asleep: 'queue mode: nothing was said for a while',
    connecting: 'the link broke, or register',
    deregistering: 'Disable, suspended, bootstrap, restart or stop',
    offline: 'no network',
    stopped: 'stop without De-register',
  }),
  ...from('updating', {
    registered: '2.04',
    connecting: 'error, no answer, or the link broke',
    registering: '4.04 on a secured link',
    deregistering: 'Disable, suspended, bootstrap, restart or stop',
    offline: 'no network',
    stopped: 'stop without De-register',
  }),
  ...from('asleep', {
    connecting: 'Update is due, or there is something to say',
    offline: 'no network',
    stopped: 'stop without De-register',
  }),
  ...from('deregistering', {
    disabled: 'any answer, after Disable or suspension',
    idle: 'any answer, before bootstrap',
    waiting: 'any answer, before a restart',
    connecting: 'register',
    offline: 'register, no network',
    stopped: 'any answer, after stop',
  }),
  ...from('disabled', {
    connecting: 'the time is over',
    waiting: 'restart, or an initial delay',
    idle: 'bootstrap, or others go first',
    failed: 'the account cannot be used',
    offline: 'the time is over, no network',
    stopped: 'stop',
  }),
  ...from('offline', {
    connecting: 'network',
    waiting: 'network, nothing registered',
    idle: 'bootstrap',
    disabled: 'suspended',
    stopped: 'stop',
  }),
  ...from('failed', {
    connecting: 'register',
    offline: 'register, no network',
    waiting: 'restart, or bootstrapped',
    idle: 'bootstrap',
    stopped: 'stop',
  }),
]

/** The account of the bootstrap server. */
export const bootstrapTransitions: readonly Transition[] = [
  ...from('idle', { waiting: 'every server was left', failed: 'no attempts left', stopped: 'stop' }),
  ...from('waiting', {
    connecting: 'the hold-off time or the wait is over',
    requesting: 'over, and the link is there',
    bootstrapping: 'LwM2M 1.0: it begins by itself',
    failed: 'the account cannot be used',
    idle: 'restart',
    offline: 'no network',
    stopped: 'stop',
  }),
  ...from('connecting', {
    requesting: 'the link is there',
    waiting: 'no link',
    failed: 'no link, no attempts left',
    idle: 'restart',
    offline: 'no network',
    stopped: 'stop',
  }),
  ...from('requesting', {
    bootstrapping: '2.04, or its first operation',
    idle: 'the Pack counts, or restart',
    waiting: 'error or no answer',
    failed: 'no attempts left',
    offline: 'no network',
    stopped: 'stop',
  }),
  ...from('bootstrapping', {
    idle: 'Finish, or restart',
    waiting: 'silence, or the link broke',
    failed: 'no attempts left',
    offline: 'no network',
    stopped: 'stop',
  }),
  ...from('offline', { waiting: 'network', idle: 'restart', stopped: 'stop' }),
  ...from('failed', { idle: 'restart, or bootstrap', stopped: 'stop' }),
]

/** Whether the diagram has that arrow. */
export const isTransition = (role: Account['role'], one: Phase, other: Phase): boolean =>
  (role === 'server' ? serverTransitions : bootstrapTransitions).some((arrow) => arrow.from === one && arrow.to === other)
