/** One street out of many, by the scheme of the remote. */
import { Observable, Subject } from 'rxjs'
import { expect, test } from 'vitest'
import type { LinkDown, LinkUp } from '../../src/core/ports.ts'
import { byScheme } from '../../src/exchange/links.ts'

type Down = LinkDown | { readonly type: 'message'; readonly remote: string }
type Up = LinkUp | { readonly type: 'message'; readonly remote: string }

const town = (...schemes: readonly string[]) => {
  const log: string[] = []
  const up$ = new Map(schemes.map((scheme) => [scheme, new Subject<Up>()]))
  const street = (scheme: string) => (down$: Observable<Down>) =>
    new Observable<Up>((observer) => {
      observer.add(down$.subscribe(({ type, remote }) => log.push(`${scheme} < ${type} ${remote}`)))
      observer.add(up$.get(scheme)!.subscribe(observer))
    })
  const down$ = new Subject<Down>()
  const end = byScheme<Down, Up>(Object.fromEntries(schemes.map((scheme) => [scheme, street(scheme)])))(down$).subscribe({
    next: (word) => log.push(`${word.type} ${'remote' in word ? word.remote : ''} ${'reason' in word ? word.reason : ''}`.trim()),
    error: (error: unknown) => log.push(String(error)),
    complete: () => log.push('|'),
  })
  return { log, down: (word: Down) => down$.next(word), up: (scheme: string, word: Up) => up$.get(scheme)!.next(word), streets: up$, end }
}
const message = (remote: string) => ({ type: 'message', remote }) as const

test('a word goes down the street of its remote’s scheme', () => {
  const { log, down } = town('coap', 'coaps', 'coap+tcp')
  down(message('coap://10.0.0.1:5683'))
  down(message('coaps://10.0.0.1:5684'))
  down(message('coap+tcp://10.0.0.1:5683'))
  expect(log).toEqual([
    'coap < message coap://10.0.0.1:5683',
    'coaps < message coaps://10.0.0.1:5684',
    'coap+tcp < message coap+tcp://10.0.0.1:5683',
  ])
})

test('a link that was opened goes where its URI said, until it is closed', () => {
  const { log, down, up } = town('coap', 'coaps')
  down({ type: 'open', remote: 'server', uri: 'coaps://example.com' })
  down(message('server'))
  down({ type: 'close', remote: 'server', keepSession: false })
  up('coaps', { type: 'closed', remote: 'server', reason: 'asked' })
  down(message('server'))
  expect(log).toEqual([
    'coaps < open server',
    'coaps < message server',
    'coaps < close server',
    'closed server asked',
    'undeliverable server unreachable',
  ])
})

test('what is for a scheme that nobody serves is unreachable; never is it sent down another street', () => {
  const { log, down } = town('coap')
  down(message('coaps://10.0.0.1:5684'))
  down({ type: 'open', remote: 'server', uri: 'coaps://example.com' })
  expect(log).toEqual(['undeliverable coaps://10.0.0.1:5684 unreachable', 'closed server unreachable'])
})

test('what comes up is joined; it ends with the last street, and fails with the first', () => {
  const { log, up, streets } = town('coap', 'coaps')
  up('coap', message('a'))
  up('coaps', message('b'))
  streets.get('coap')!.complete()
  up('coaps', message('c'))
  streets.get('coaps')!.complete()
  expect(log).toEqual(['message a', 'message b', 'message c', '|'])
  const other = town('coap', 'coaps')
  other.streets.get('coap')!.error(new Error('broken'))
  expect(other.log).toEqual(['Error: broken'])
})

test('unsubscribing leaves every street', () => {
  const { streets, end } = town('coap', 'coaps')
  end.unsubscribe()
  expect([...streets.values()].map(({ observed }) => observed)).toEqual([false, false])
})
