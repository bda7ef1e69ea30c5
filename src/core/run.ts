/** The only loop: events in, turns out, effects performed, one alarm at the machine's own deadline. */
import { Observable, Subject, type OperatorFunction, type Subscription } from 'rxjs'
import type { Surroundings } from './environment.ts'
import type { Machine, Stamp, Tick } from './machine.ts'
import { single, type Mailbox, type Part } from './part.ts'

/** A part with its clock and its alarm. */
export interface Attended<Event> {
  readonly post: (event: Event) => void
  readonly stop: () => void
}

/** Sets the part to work. A throw is a bug and goes to `fail`; after it, and after `stop`, nothing more is emitted. */
export const attend = <Event, Effect>(
  part: Part<Event, Effect>,
  env: Surroundings,
  emit: (effect: Effect) => void,
  fail: (bug: unknown) => void,
): Attended<Event> => {
  const { scheduler } = env
  let alarm: Subscription | undefined
  let armedAt = Infinity
  let stopped = false
  const running = part(env, (effect) => {
    if (!stopped) emit(effect)
  })

  const stop = () => {
    stopped = true
    alarm?.unsubscribe()
    alarm = undefined
  }
  const post = (event: Event) => {
    if (stopped) return
    try {
      running.post(event, scheduler.now())
    } catch (bug) {
      stop()
      fail(bug)
      return
    }
    arm()
  }
  // An alarm that has become too early is left to ring: an early tick does nothing, and moving a timer at every message costs more.
  const arm = () => {
    const at = running.deadline()
    if (at >= armedAt || stopped) return
    alarm?.unsubscribe()
    armedAt = at
    alarm = scheduler.schedule(ring, Math.min(farthest, Math.max(0, Math.ceil(at - scheduler.now()))))
  }
  const ring = () => {
    armedAt = Infinity
    alarm = undefined
    if (stopped) return
    try {
      const now = scheduler.now()
      if (running.deadline() <= now) running.tick(now)
    } catch (bug) {
      stop()
      fail(bug)
      return
    }
    arm()
  }
  arm()
  return { post, stop }
}

/** A timer's longest delay on every platform: 2^31 - 1 ms. */
const farthest = 2 ** 31 - 1

/** One decision: what `run` publishes. */
export interface Made<State, Event, Effect> {
  readonly stamp: Stamp
  readonly event: Event | Tick
  readonly state: State
  readonly effects: readonly Effect[]
}

/** How a machine is run. */
export interface RunOptions<State, Event, Effect> {
  /** Where to begin, if not at the machine's initial state. */
  readonly from?: State
  readonly mailbox?: Mailbox<Event, Effect>
  /** Performs the effects, in order; what it answers comes back as events. It chooses its own flattening. */
  readonly perform?: OperatorFunction<Effect, Event>
}

/** The machine as an operator from events to its turns. The state in a turn is the machine's own: read it, do not keep it. */
export const run =
  <State, Event, Effect>(
    machine: Machine<State, Event, Effect>,
    env: Surroundings,
    { from, mailbox, perform }: RunOptions<State, Event, Effect> = {},
  ): OperatorFunction<Event, Made<State, Event, Effect>> =>
  (event$) =>
    new Observable((observer) => {
      const effect$ = new Subject<Effect>()
      const fail = (bug: unknown) => observer.error(bug)
      const part = single(machine, {
        ...(from === undefined ? {} : { from }),
        ...(mailbox === undefined ? {} : { mailbox }),
        witness: (stamp, event, state, effects) => observer.next({ stamp, event, state, effects }),
      })
      const attended = attend(part, env, (effect: Effect) => effect$.next(effect), fail)
      observer.add(attended.stop)
      if (perform !== undefined) observer.add(effect$.pipe(perform).subscribe({ next: attended.post, error: fail }))
      observer.add(
        event$.subscribe({ next: attended.post, error: fail, ...(perform === undefined ? { complete: () => observer.complete() } : {}) }),
      )
    })
