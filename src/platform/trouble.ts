/** What the platform's errors mean. */
import { Lwm2mError } from '../core/error.ts'
import type { Undeliverable } from '../core/ports.ts'

/** The platform's name of the error, `EADDRINUSE` and the like. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? ''

/** Why a datagram could not leave. */
export const reasonOf = (error: unknown): Undeliverable['reason'] => (codeOf(error) === 'EMSGSIZE' ? 'too-large' : 'unreachable')

/** A socket that peers should come to cannot be bound. */
export const unbindable = (where: string, cause: unknown): Lwm2mError =>
  new Lwm2mError('invalid', `cannot listen at ${where}: ${codeOf(cause)}`, {
    cause,
    hint: hints.get(codeOf(cause)) ?? 'check the address and the port',
    retryable: codeOf(cause) === 'EADDRINUSE',
  })

const hints: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'something else is bound to that port: choose another, or 0 for any'],
  ['EACCES', 'this port needs a privilege: choose one above 1023'],
  ['EADDRNOTAVAIL', 'no interface has that address'],
])
