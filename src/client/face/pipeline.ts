/** A client at hand stands on its street: one run for all who listen, and commands that are methods (LwM2M Core 1.2.2 §6). */
import {
  filter,
  ignoreElements,
  map,
  merge,
  Observable,
  share,
  startWith,
  Subject,
  take,
  takeUntil,
  takeWhile,
  tap,
  timer,
  type SchedulerLike,
} from 'rxjs'
import type { Duplex } from '../../core/duplex.ts'
import { Lwm2mError } from '../../core/error.ts'
import type { Node } from '../../model/node.ts'
import { parsePath, type PathString } from '../../model/path.ts'
import { clientStateOf } from '../client-state.ts'
import type { SendCommand } from '../sending.ts'
import type { AccountNotice, ApplicationCommand, Notice } from '../word.ts'
import type { Client, SendOptions, SendOutcome } from './client.ts'

/** The client of a street on which commands go in and notices come out. */
export const face = (street: Duplex<ApplicationCommand, Notice>, scheduler: SchedulerLike): Client => {
  const command$ = new Subject<ApplicationCommand>()
  const command = (word: ApplicationCommand) => command$.next(word)
  const run = sharedRun(street, command$)
  const { notice$, state$ } = run
  let sends = 0
  return {
    notice$,
    state$,
    lifecycle$: state$.pipe(map(clientStateOf)),
    run$: notice$.pipe(ignoreElements()),
    add: (object) => command({ type: 'add', object }),
    remove: (object) => command({ type: 'remove', object }),
    addInstance: ({ id: object }, instance, resources) => command({ type: 'add-instance', object, instance, resources }),
    removeInstance: (object, instance) => command({ type: 'remove-instance', object, instance }),
    command,
    send: (what, options = {}) =>
      new Observable((observer) => {
        const send = `send ${++sends}`
        if (run.isGoing()) return observer.add(sent(run, command, sendCommand(send, what, options)).subscribe(observer))
        observer.next({ account: options.account ?? -1, result: 'aborted' })
        return observer.complete()
      }),
    stop: (withinMs = 5_000) =>
      new Observable((observer) => {
        if (!run.isGoing()) return observer.complete()
        const late$ = timer(withinMs, scheduler).pipe(tap(run.cut))
        observer.add(stopped(merge(notice$, late$)).subscribe(observer))
        command({ type: 'stop' })
        return
      }),
  }
}

/** One run for all who listen. It is over when the client has stopped, or is cut short. */
interface Run {
  readonly notice$: Observable<Notice>
  /** Where each account is: now, and after each change. */
  readonly state$: Observable<readonly AccountNotice[]>
  readonly isGoing: () => boolean
  readonly cut: () => void
}
const sharedRun = (street: Duplex<ApplicationCommand, Notice>, command$: Observable<ApplicationCommand>): Run => {
  const cut$ = new Subject<void>()
  const states = new Map<number, AccountNotice>()
  let going = false
  const note = (notice: Notice) => {
    if (notice.type !== 'account') return
    if (notice.reason === 'removed') states.delete(notice.account)
    else states.set(notice.account, notice)
  }
  const alone$ = new Observable<Notice>((observer) => {
    going = true
    states.clear()
    observer.add(() => (going = false))
    observer.add(street(command$).subscribe(observer))
  })
  const notice$ = alone$.pipe(
    tap(note),
    takeWhile(({ type }) => type !== 'stopped', true),
    takeUntil(cut$),
    share(),
  )
  const state$ = notice$.pipe(
    filter(({ type }) => type === 'account'),
    startWith(undefined),
    map(() => [...states.values()]),
    filter((accounts) => accounts.length > 0),
  )
  return { notice$, state$, isGoing: () => going, cut: () => cut$.next() }
}

const sendCommand = (send: string, what: PathString | readonly PathString[] | readonly Node[], options: SendOptions): SendCommand => {
  const all: readonly (PathString | Node)[] = typeof what === 'string' ? [what] : what
  const texts = all.filter((one) => typeof one === 'string')
  const paths = texts.map((text) => {
    const path = parsePath(text)
    if (path === undefined) throw new Lwm2mError('invalid', `${text} is no path`)
    return path
  })
  return { type: 'send', send, paths, nodes: all.filter((one) => typeof one !== 'string'), ...options }
}

/** What becomes of a Send at each server that is meant. Unsubscribing takes it back. */
const sent = ({ notice$ }: Run, command: (word: ApplicationCommand) => void, word: SendCommand): Observable<SendOutcome> =>
  new Observable((observer) => {
    const { send } = word
    observer.add(() => command({ type: 'unsend', send }))
    observer.add(
      notice$
        .pipe(
          filter((notice) => notice.type === 'sent'),
          filter((notice) => notice.send === send),
          takeWhile((notice, index) => index + 1 !== notice.of, true),
          map(({ account, result, code, path }) => ({
            ...{ account, result },
            ...(code === undefined ? {} : { code }),
            ...(path === undefined ? {} : { path }),
          })),
        )
        .subscribe(observer),
    )
    command(word)
  })

/** Completes when the client has stopped, or it is too late for that. */
const stopped = (what$: Observable<Notice | 0>): Observable<never> =>
  what$.pipe(
    filter((what) => what === 0 || what.type === 'stopped'),
    take(1),
    ignoreElements(),
  )
