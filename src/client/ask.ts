/** Requests that are no operations, each on a link of its own: what an Object downloads (RFC 7252 §5; LwM2M Core §6.6). */
import { Observable, Subject } from 'rxjs'
import type { Random } from '../core/dice.ts'
import { Lwm2mError } from '../core/error.ts'
import type { Remote } from '../core/ports.ts'
import type { Response } from '../exchange/exchange.ts'
import { failureError } from '../exchange/response-error.ts'
import { token } from '../exchange/token.ts'
import type { ObjectWorld } from '../operation/object.ts'
import type { ClientDown, ClientUp } from './word.ts'

/** Asking, and what comes up for it. */
export interface Downloads {
  readonly ask: ObjectWorld['ask']
  /** Says whether the word was for a download. */
  readonly take: (word: ClientUp) => boolean
}

/** Which account's credentials are meant for a URI: those of the account at the same place, and no others. */
export type AccountOf = (uri: string) => number | undefined

/** A link is opened for each request and closed after it. */
export const downloads = (say: (word: ClientDown) => void, random: Random, accountOf: AccountOf = () => undefined): Downloads => {
  const open = new Map<Remote, Subject<Response>>()
  let count = 0
  const ask: ObjectWorld['ask'] = (uri, request) =>
    new Observable((observer) => {
      const remote = `download ${++count}`
      const exchange = token(random)
      const answer$ = new Subject<Response>()
      open.set(remote, answer$)
      observer.add(answer$.subscribe(observer))
      observer.add(() => {
        if (!open.delete(remote)) return
        say({ type: 'cancel', exchange, remote })
        say({ type: 'close', remote, keepSession: false })
      })
      const account = accountOf(uri)
      say({ type: 'open', remote, uri, ...(account === undefined ? {} : { account }) })
      say({ type: 'ask', exchange, request: { ...request, remote } })
    })
  const take = (word: ClientUp): boolean => {
    const remote = word.type === 'answered' ? word.request.remote : 'remote' in word ? word.remote : undefined
    if (remote?.startsWith('download ') !== true) return false
    const answer$ = open.get(remote)
    if (word.type === 'failed') answer$?.error(failureError(word))
    else if (word.type === 'closed')
      answer$?.error(new Lwm2mError('unreachable', `no link: ${word.reason} ${word.detail ?? ''}`, { cause: word.reason }))
    else if (word.type === 'answered') {
      answer$?.next(word.response)
      if (word.last) answer$?.complete()
    }
    return true
  }
  return { ask, take }
}
