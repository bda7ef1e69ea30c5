/** The client as a layer: its machine, and on it the application's functions and streams, keyed by path. */
import { BehaviorSubject, distinctUntilChanged, merge, Observable, startWith, Subject, tap } from 'rxjs'
import { layer, type Layer } from '../core/duplex.ts'
import type { Environment, Surroundings } from '../core/environment.ts'
import { single } from '../core/part.ts'
import type { LayerPart } from '../core/stack.ts'
import { nameOf, placeOf } from '../datagram/remote.ts'
import type { ClientObject, Keys } from '../operation/object.ts'
import type { OperationDown, OperationUp } from '../operation/word.ts'
import { answering } from './answering/pipeline.ts'
import { downloads, type AccountOf } from './ask.ts'
import type { Configuration } from './configuration.ts'
import { hosted } from './hosted/pipeline.ts'
import { noticesOf } from './notice.ts'
import type { Memory } from './persist/pipeline.ts'
import { clientMachine } from './step.ts'
import type { AccountNotice, ApplicationCommand, ClientDown, ClientUp, Notice } from './word.ts'

/** The machine alone, as a part to be stacked. */
export const clientPart = (it: Configuration, memory?: Memory): LayerPart<OperationUp, OperationDown, ClientDown, ClientUp> =>
  memory === undefined
    ? single(clientMachine(it))
    : single(clientMachine(it, memory.from), { witness: (_stamp, _event, state) => memory.see(state) })
/** The machine alone, on operations. */
export const accounts = (env: Surroundings, it: Configuration, memory?: Memory): Layer<OperationDown, OperationUp, ClientDown, ClientUp> =>
  layer(clientPart(it, memory), env)

/** Performs what the machine asks of the application, and feeds it with the application's streams; commands and notices pass. */
export const hosting =
  (
    env: Environment,
    objects: readonly ClientObject[],
    accountOf?: AccountOf,
    keys?: Keys,
  ): Layer<ClientDown, ClientUp, ApplicationCommand, Notice> =>
  (below) =>
  (command$) =>
    new Observable((observer) => {
      const down$ = new Subject<ClientDown>()
      const say = (word: ClientDown) => down$.next(word)
      const tell = (notice: Notice) => observer.next(notice)
      const { ask, take: takeDownload } = downloads(say, env.random.fork('downloads'), accountOf)
      const application = hosted(objects, say, tell)
      const answers = answering(application, say)
      observer.add(answers.subscription)
      const up = (word: ClientUp) => {
        if (takeDownload(word) || answers.take(word)) return
        if (word.type === 'answered' || word.type === 'failed' || word.type === 'persist') return
        if (word.type === 'written') application.written(word.proposal)
        if (word.type === 'refused' && word.offered !== undefined) application.refused(word.offered)
        tell(word)
      }
      const fail = (error: unknown) => observer.error(error)
      observer.add(below(down$).subscribe({ next: up, error: fail, complete: () => observer.complete() }))
      observer.add(application.start({ env, ask, ...(keys === undefined ? {} : { keys }) }))
      observer.add(command$.subscribe({ next: application.obey, error: fail }))
    })

/** The client on operations: what an application sees is commands and notices. With a memory it goes on where it was. */
export const client =
  (
    env: Environment,
    it: Configuration,
    objects: readonly ClientObject[],
    memory?: Memory,
  ): Layer<OperationDown, OperationUp, ApplicationCommand, Notice> =>
  (below) => {
    const places = new Map<number, string>()
    const secured$ = new BehaviorSubject(false)
    const accountOf = accountAt(places)
    const keys: Keys = { areThere$: secured$.pipe(distinctUntilChanged()), areFor: (uri) => accountOf(uri) !== undefined }
    const machine = accounts(env, it, memory)(below)
    const noting = (word: ClientUp) => {
      if (note(places, word)) secured$.next([...places.values()].some((place) => place.startsWith('coaps:')))
    }
    const spoken = (down$: Observable<ClientDown>) => machine(down$).pipe(tap(noting))
    if (memory === undefined) return hosting(env, objects, accountOf, keys)(spoken)
    const known = memory.from === undefined ? [] : noticesOf(memory.from)
    return hosting(
      env,
      objects,
      accountOf,
      keys,
    )((down$) =>
      spoken(merge(down$, memory.persisted$)).pipe(
        startWith(...known),
        tap((word) => {
          if (known.includes(word as AccountNotice)) noting(word)
          else memory.hear(word)
        }),
      ),
    )
  }

/** Where each account's server is, as far as the machine has told: accounts come and go. Says whether one did. */
const note = (places: Map<number, string>, word: ClientUp): boolean => {
  if (word.type !== 'account') return false
  const place = remoteAt(word.uri)
  if (place === undefined || word.reason === 'removed') places.delete(word.account)
  else places.set(word.account, place)
  return true
}
/** The account of a server, by the place that a URI names. */
const accountAt =
  (places: ReadonlyMap<number, string>): AccountOf =>
  (uri) => {
    const place = remoteAt(uri)
    return place === undefined ? undefined : [...places].find(([, other]) => other === place)?.[0]
  }
const remoteAt = (uri: string): string | undefined => {
  const place = placeOf(uri)
  return place === undefined ? undefined : nameOf(place.scheme, place.host, place.port)
}
