/** Why an update is where it is: a closed set of causes, each with what it means (LwM2M Core §E.6, Resource 5/0/5). */
import { namedIn } from '../recorder/known.ts'

/** Why an update is where it is. */
export type Cause =
  | 'none'
  | 'not-ordered'
  | 'deferred'
  | 'verifying'
  | 'installing'
  | 'peer-silent'
  | 'slow-peer'
  | 'slow-store'
  | 'unreachable'
  | 'untrusted'
  | 'connection-lost'
  | 'rejected'
  | 'not-registered'
  | 'rebooted'
  | 'not-found'
  | 'forbidden'
  | 'blocks-lost'
  | 'too-large'
  | 'busy'
  | 'refused'
  | 'peer-failed'
  | 'wrong-block'
  | 'short-block'
  | 'malformed'
  | 'file-changed'
  | 'store-full'
  | 'store-failed'
  | 'out-of-memory'
  | 'damaged'
  | 'unsupported-package'
  | 'invalid-uri'
  | 'unsupported-protocol'
  | 'installation-failed'
  | 'cancelled'
  | 'not-supported'
  | 'overloaded'
  | 'unknown'
/** Every cause, and what it means. */
export const causes: Readonly<Record<Cause, string>> = {
  none: 'Nothing is wrong: it goes on, or it is done.',
  'not-ordered': 'The package is downloaded; the server has not executed Update (5/0/2).',
  deferred: 'The device was asked to install and lets it wait (Result 11).',
  verifying: 'Every octet is there; the device checks the package.',
  installing: 'The device installs the package and may reboot.',
  'peer-silent': 'The other side does not answer: what was sent is not acknowledged, or the next block does not come.',
  'slow-peer': 'The other side acknowledged, and has not answered yet.',
  'slow-store': 'A block waits to be stored, or to be read.',
  unreachable: 'The transport cannot reach the other side, or its name is unknown.',
  untrusted: 'The other side did not prove who it is: its certificate is not trusted, not valid now, or for another name.',
  'connection-lost': 'The connection was lost, and nothing says why.',
  rejected: 'The other side rejected a message with RST: it does not know us any more.',
  'not-registered': 'The device is not registered.',
  rebooted: 'The device was switched off, or restarted, in the midst of the update.',
  'not-found': 'The file is not there (4.04, 404).',
  forbidden: 'The other side does not let us (4.01, 4.03, 401, 403).',
  'blocks-lost': 'The other side has lost blocks of the body (4.08).',
  'too-large': 'The package is larger than what the other side, or we, take (4.13).',
  busy: 'The other side asks to come back later (5.03, 4.29, 503, 429).',
  refused: 'The other side refused (another error of class 4).',
  'peer-failed': 'The other side failed (another error of class 5).',
  'wrong-block': 'A block came that was not asked for.',
  'short-block': 'A block had fewer octets than its size.',
  malformed: 'What came breaks the rules of CoAP or HTTP.',
  'file-changed': 'The file became another one while it was downloaded.',
  'store-full': 'There is no room for the package (Result 2).',
  'store-failed': 'The store failed.',
  'out-of-memory': 'The device ran out of memory (Result 3).',
  damaged: 'The package is not what it should be (Result 5).',
  'unsupported-package': 'The package is not for this device (Result 6).',
  'invalid-uri': 'The Package URI is none, or leads nowhere (Result 7).',
  'unsupported-protocol': 'The protocol of the Package URI is not spoken (Result 9).',
  'installation-failed': 'The installation failed (Result 8).',
  cancelled: 'A server cancelled or reset the update (Result 10, or Idle without a Result).',
  'not-supported': 'The device cannot be updated this way: the order itself was refused.',
  overloaded: 'A bound of ours was reached.',
  unknown: 'The recording does not say.',
}

/** What the code of an error answer means for an update, CoAP's (`4.04`) or HTTP's (`404`). */
export const causeOfCode = (code: string): Cause => namedIn(named, code) ?? (/^5/.test(code) ? 'peer-failed' : 'refused')
const named: Readonly<Record<string, Cause>> = {
  '4.01': 'forbidden',
  '4.03': 'forbidden',
  '4.04': 'not-found',
  '4.08': 'blocks-lost',
  '4.13': 'too-large',
  '4.29': 'busy',
  '5.03': 'busy',
  '401': 'forbidden',
  '403': 'forbidden',
  '404': 'not-found',
  '410': 'not-found',
  '429': 'busy',
  '503': 'busy',
}

/** What an Update Result means; `undefined` for those that say nothing by themselves. */
export const causeOfResult: Readonly<Partial<Record<number, Cause>>> = {
  2: 'store-full',
  3: 'out-of-memory',
  4: 'connection-lost',
  5: 'damaged',
  6: 'unsupported-package',
  7: 'invalid-uri',
  8: 'installation-failed',
  9: 'unsupported-protocol',
  10: 'cancelled',
  11: 'deferred',
}
