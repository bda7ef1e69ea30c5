/** What is known of each name, now and after each change: whoever watches one hears of that one only. */
import { Observable } from 'rxjs'

/** Names and who watches them. */
export interface Watched<Value> {
  /** What is known of that name now, and after each change. */
  readonly watch: (name: string) => Observable<Value>
  /** What is known of that name is another now. */
  readonly changed: (name: string) => void
}

/** Watches what `read` says. A name is forgotten when nobody watches it any more. */
export const watched = <Value>(read: (name: string) => Value): Watched<Value> => {
  const watchers = new Map<string, Set<() => void>>()
  return {
    watch: (name) =>
      new Observable((observer) => {
        const mine = watchers.get(name) ?? new Set()
        const tell = () => observer.next(read(name))
        watchers.set(name, mine.add(tell))
        observer.add(() => {
          mine.delete(tell)
          if (mine.size === 0 && watchers.get(name) === mine) watchers.delete(name)
        })
        tell()
      }),
    changed: (name) => {
      for (const tell of [...(watchers.get(name) ?? [])]) tell()
    },
  }
}
