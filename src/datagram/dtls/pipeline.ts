/** DTLS as a layer between the street of datagrams and whoever wants it secured (RFC 6347). */
import { defaultIfEmpty, map, Observable, of, catchError, Subject, take } from 'rxjs'
import type { Layer } from '../../core/duplex.ts'
import type { Environment } from '../../core/environment.ts'
import { Lwm2mError } from '../../core/error.ts'
import { single } from '../../core/part.ts'
import type { DatagramDown, DatagramUp } from '../../core/ports.ts'
import { attend } from '../../core/run.ts'
import { down, up } from '../../core/stack.ts'
import { dtls as dtlsMachine, type Dtls, type DtlsEffect, type DtlsEvent } from './dtls.ts'
import type { Context } from './handshaking.ts'
import { hexOf } from './octets.ts'
import { defaultDtlsParameters, type Credentials, type DtlsOptions, type DtlsParameters } from './options.ts'
import type { Found, KeyLog, LookUp } from './peers.ts'
import { restored, saved, standing } from './saved.ts'

/** Secured datagrams with many peers, both roles on one street. Needs `env.crypto.ciphers`; without them it throws `unsupported`. */
export const dtls = (env: Environment, options: DtlsOptions): Layer<DatagramDown, DatagramUp, DatagramDown, DatagramUp> => {
  const { credentials, keyLog, save$ } = options
  const machine = dtlsMachine(contextOf(env, options))
  return (below) => (submitted$) =>
    new Observable((observer) => {
      const transmitted$ = new Subject<DatagramDown>()
      const fail = (error: unknown) => observer.error(error)
      let state: Dtls | undefined
      const begun =
        options.from === undefined ? {} : { from: restored(machine, options.from, { now: env.scheduler.now(), wall: env.wall() }) }
      const part = single(machine, {
        ...begun,
        ...(save$ === undefined ? {} : { witness: (_stamp, _event, next) => void (state = next) }),
      })
      const perform = (effect: DtlsEffect) => {
        if (effect.type === 'down') transmitted$.next(effect.value)
        else if (effect.type === 'up') observer.next(effect.value)
        else if (effect.type === 'key-log') keyLog?.(lineOf(effect))
        else if (effect.type === 'unheard') options.unheard?.(effect)
        else observer.add(answer(credentials, effect).subscribe((event) => attended.post(event)))
      }
      const attended = attend<DtlsEvent, DtlsEffect>(part, env, perform, fail)
      observer.add(attended.stop)
      for (const word of begun.from === undefined ? [] : standing(begun.from)) observer.next(word)
      observer.add(
        below(transmitted$).subscribe({ next: (value) => attended.post(up(value)), error: fail, complete: () => observer.complete() }),
      )
      observer.add(submitted$.subscribe({ next: (value) => attended.post(down(value)), error: fail }))
      if (save$ !== undefined)
        observer.add(
          save$.subscribe(() =>
            options.saved?.(saved(machine, state ?? begun.from ?? machine.initial, { now: env.scheduler.now(), wall: env.wall() })),
          ),
        )
    })
}

/** What the machine is told. */
export const contextOf = ({ crypto }: Pick<Environment, 'crypto'>, options: DtlsOptions): Context => {
  const { credentials, keyLog } = options
  const { ciphers } = crypto
  if (ciphers === undefined) throw new Lwm2mError('unsupported', 'this environment has no ciphers, which DTLS needs')
  const p: DtlsParameters = { ...defaultDtlsParameters, ...options, keyLog: keyLog !== undefined }
  const fault = faultOf(p)
  if (fault !== undefined) throw new Lwm2mError('invalid', fault)
  return { crypto, ciphers, p, hint: credentials.hint, opens: credentials.own !== undefined, serves: credentials.peer !== undefined }
}
const faultOf = ({ suites, connectionIdBytes = 0, datagramBytesMax, retransmitMs }: DtlsParameters): string | undefined => {
  if (suites.length === 0) return 'no cipher suites'
  if (!Number.isInteger(connectionIdBytes) || connectionIdBytes < 0 || connectionIdBytes > 20) return 'connectionIdBytes is from 0 to 20'
  if (!(datagramBytesMax >= 200)) return 'datagramBytesMax is at least 200'
  return retransmitMs > 0 ? undefined : 'retransmitMs is above 0'
}

/** One answer to each look-up, whatever becomes of it. */
const answer = ({ own, peer }: Credentials, { remote, number, query }: LookUp): Observable<Found> => {
  const nobody: Found = { type: 'found', remote, number }
  const asked =
    query.role === 'client'
      ? own?.({ remote, account: query.account, hint: query.hint }).pipe(
          map((psk): Found => ({ ...nobody, identity: psk?.identity, key: psk?.key })),
        )
      : peer?.({ remote, identity: query.identity }).pipe(map((key): Found => ({ ...nobody, key })))
  return (asked ?? of(nobody)).pipe(
    take(1),
    defaultIfEmpty(nobody),
    catchError(() => of(nobody)),
  )
}

/** As Wireshark reads it (NSS key log format). */
const lineOf = ({ clientRandom, master }: KeyLog): string => `CLIENT_RANDOM ${hexOf(clientRandom)} ${hexOf(master.reveal())}`
