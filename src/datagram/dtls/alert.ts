/** Alerts: what one end tells the other when something ends (RFC 5246 §7.2). */
import type { DtlsFailure } from './options.ts'

export const alerts = {
  closeNotify: 0,
  unexpectedMessage: 10,
  badRecordMac: 20,
  handshakeFailure: 40,
  illegalParameter: 47,
  decodeError: 50,
  decryptError: 51,
  protocolVersion: 70,
  internalError: 80,
  userCanceled: 90,
  noRenegotiation: 100,
  unknownPskIdentity: 115,
} as const
export interface Alert {
  readonly level: 'warning' | 'fatal'
  readonly description: number
}

export const alertBytes = ({ level, description }: Alert): Uint8Array => Uint8Array.of(level === 'fatal' ? 2 : 1, description)

/** `undefined` when it is none. */
export const alertOf = (bytes: Uint8Array): Alert | undefined => {
  const [level, description] = bytes
  if (bytes.length !== 2 || (level !== 1 && level !== 2)) return undefined
  return { level: level === 2 ? 'fatal' : 'warning', description: description! }
}

/** What we tell the peer of a failure; `undefined`: nothing, it is not there or knows. */
export const alertFor = (failure: DtlsFailure): number | undefined => told[failure]
const told: Readonly<Record<DtlsFailure, number | undefined>> = {
  silence: undefined,
  'wrong-key': alerts.decryptError,
  'no-credentials': alerts.unknownPskIdentity,
  'unknown-identity': undefined,
  'no-common-suite': alerts.handshakeFailure,
  version: alerts.protocolVersion,
  'extended-master-secret': alerts.handshakeFailure,
  'unexpected-message': alerts.unexpectedMessage,
  malformed: alerts.decodeError,
  'illegal-parameter': alerts.illegalParameter,
  finished: alerts.decryptError,
  alert: undefined,
  'close-notify': alerts.closeNotify,
  idle: alerts.closeNotify,
  sequence: alerts.closeNotify,
  limit: undefined,
}

/** What the peer's fatal alert means. */
export const failureOf = (description: number): DtlsFailure => {
  switch (description) {
    case alerts.closeNotify:
      return 'close-notify'
    case alerts.badRecordMac:
    case alerts.decryptError:
      return 'wrong-key'
    case alerts.unknownPskIdentity:
      return 'unknown-identity'
    case alerts.handshakeFailure:
      return 'no-common-suite'
    case alerts.protocolVersion:
      return 'version'
    default:
      return 'alert'
  }
}
