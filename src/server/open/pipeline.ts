/** A server works while anything of it is subscribed: it opens with the first subscription and closes with the last. */
import { ignoreElements, Observable, share } from 'rxjs'

/** The same stream; while it is subscribed, the server is open. */
export type WhileOpen = <Value>(stream$: Observable<Value>) => Observable<Value>

/** `work$` is all that an open server does: it runs once, for all. */
export const openWith = (work$: Observable<unknown>): WhileOpen => {
  const open$ = work$.pipe(ignoreElements(), share())
  return <Value>(stream$: Observable<Value>): Observable<Value> =>
    new Observable((observer) => {
      // First what is awaited, then what makes it happen.
      const inner = stream$.subscribe(observer)
      if (observer.closed) return
      observer.add(inner)
      observer.add(open$.subscribe({ error: (error: unknown) => observer.error(error) }))
    })
}
