/** How a bootstrap begins: a client asks, its configuration is found or not (LwM2M Core 1.2.2 §6.1.3.3, §6.1.7.1, §6.1.7.7). */
import { none, type Stamp } from '../../core/machine.ts'
import { contentFormats } from '../../format/format.ts'
import { responses, type Code } from '../../message/code.ts'
import { formatsFor } from './formats.ts'
import { discover, finish, idle, refuse, refused, reply, superseded, tell, type Made, type Session, type SessionRules } from './session.ts'
import { perform } from './stepping.ts'
import type { BootstrapAsked, BootstrapConfigured, BootstrapOrdered, SessionEffect } from './words.ts'

/** A client that asks anew has forgotten what was before (§6.1.3.3). */
export const asked = (row: Session | undefined, serial: number, event: BootstrapAsked, stamp: Stamp, rules: SessionRules): Made => {
  const wrong = wrongRequest(event, rules)
  if (wrong !== undefined) return [row, refuse(event, ...wrong)]
  const sameWindow = row !== undefined && stamp.now < row.windowEndsAt
  const requests = sameWindow ? row.requests + 1 : 1
  if (requests > rules.requestsMax)
    return [row, refuse(event, responses.TooManyRequests, 'asks too often', Math.ceil((row!.windowEndsAt - stamp.now) / 1_000))]
  const next = begun(event, serial, stamp, rules, { operation: event.operation, ticket: event.ticket, requests })
  const kept = sameWindow ? { ...next, windowEndsAt: row.windowEndsAt } : next
  return [kept, [...(row === undefined ? none : superseded(row, stamp)), lookUp(kept)]]
}
/** The application has it begin. */
export const ordered = (row: Session | undefined, serial: number, event: BootstrapOrdered, stamp: Stamp, rules: SessionRules): Made => {
  const next = begun(event, serial, stamp, rules, { operation: undefined, ticket: undefined, requests: row?.requests ?? 0 })
  return [next, [...(row === undefined ? none : superseded(row, stamp)), lookUp(next)]]
}
const begun = (
  { endpointClientName, remote }: Pick<Session, 'endpointClientName' | 'remote'>,
  serial: number,
  { now }: Stamp,
  rules: SessionRules,
  asked: Pick<Session, 'operation' | 'ticket' | 'requests'>,
): Session => ({
  ...asked,
  endpointClientName,
  remote,
  session: serial + 1,
  phase: 'looking-up',
  at: 0,
  steps: [discover],
  formats: formatsFor(asked.operation, rules.formats),
  retries: 0,
  dueAt: now + rules.lookUpMs,
  endsAt: now + rules.sessionMaxMs,
  windowEndsAt: now + rules.requestWindowMs,
})
const lookUp = ({ endpointClientName, session, operation }: Session): SessionEffect => ({
  type: 'look-up',
  endpointClientName,
  session,
  ...(operation === undefined ? {} : { operation }),
})

/** Why a request is refused, if it is (LwM2M Transport §6.4.2, Table 6.7-1). */
const wrongRequest = ({ endpointClientName, operation }: BootstrapAsked, { nameMax, formats, pack }: SessionRules): Refused | undefined => {
  if (endpointClientName === '' || endpointClientName.length > nameMax)
    return [responses.BadRequest, 'ep: no endpoint client name, or too long']
  if (operation.type === 'bootstrap-request')
    return operation.pct === undefined || formats.includes(operation.pct)
      ? undefined
      : [responses.UnsupportedContentFormat, `pct: content format ${operation.pct} is not spoken here`]
  if (!pack) return [responses.NotImplemented, 'no Bootstrap-Packs here']
  return operation.accept === undefined || (operation.accept !== contentFormats.tlv && formats.includes(operation.accept))
    ? undefined
    : [responses.NotAcceptable, `a Bootstrap-Pack is not made in content format ${operation.accept}`]
}
type Refused = readonly [code: Code, why: string]

/** The configuration was found, or not. */
export const configured = (row: Session, { found, pack, steps }: BootstrapConfigured, stamp: Stamp, rules: SessionRules): Made => {
  if (row.phase !== 'looking-up') return [row, none]
  if (found !== 'yes')
    return found === 'no'
      ? refused(row, responses.BadRequest, 'ep: this endpoint is not known')
      : refused(row, responses.ServiceUnavailable, 'the configuration cannot be had now', Math.ceil(rules.retryMs / 1_000))
  if (row.operation?.type === 'bootstrap-pack-request')
    return pack === true ? packed(row, stamp) : refused(row, responses.MethodNotAllowed, 'no Bootstrap-Pack for this endpoint')
  const { endpointClientName, remote, operation, ticket } = row
  const pct = operation?.pct
  const told = tell({
    type: 'begun',
    endpointClientName,
    remote,
    by: operation === undefined ? 'server' : 'client',
    ...(pct === undefined ? {} : { pct }),
  })
  const next = { ...row, ticket: undefined, ...(steps === undefined ? {} : { steps: [...steps, finish] }) }
  return perform(next, stamp, [...(ticket === undefined ? none : [reply(ticket, { code: responses.Changed })]), told])
}
/** One answer, and it is over: there is no Finish after a Pack (§6.1.7.7). */
const packed = (row: Session, { now }: Stamp): Made => {
  const { endpointClientName, remote, ticket, session } = row
  return [
    idle(row, now),
    [
      { type: 'reply', ticket: ticket!, outcome: { code: responses.Content }, session },
      tell({ type: 'packed', endpointClientName, remote }),
      { type: 'forget', session },
    ],
  ]
}
