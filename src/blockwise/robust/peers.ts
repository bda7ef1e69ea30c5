/** What is known of peers: which know bursts, for a while, and which are reached in a way that needs none (RFC 9177 §4.1). */
import type { Remote } from '../../core/ports.ts'
import type { Stamp } from '../../core/machine.ts'
import { isReliableScheme } from '../../exchange/matching.ts'
import type { Parameters } from '../../exchange/parameters.ts'
import type { Robust } from './rows.ts'

/** Whether the peer knows bursts; `undefined`: nobody has asked it lately. */
export const knows = ({ peers }: Robust, remote: Remote): boolean | undefined => peers.get('', remote)?.knows

/** Notes it. When there is no room, the one that would be forgotten next makes some. */
export const learn = (p: Parameters, { peers }: Robust, remote: Remote, knows: boolean, { now }: Stamp): void => {
  if (peers.get('', remote) === undefined && peers.full) peers.remove('', peers.first()!.key)
  peers.put('', remote, { knows, forgottenAt: now + p.robustMemoryMs })
}

/** Whether the street to the peer keeps order and loses nothing: several blocks go in a message there (RFC 8323 §6). */
export const isReliable = ({ reliable }: Robust, remote: Remote): boolean =>
  isReliableScheme(remote) || reliable.get('', remote) !== undefined
