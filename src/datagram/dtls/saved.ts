/** What survives a restart: sessions and established links (RFC 5246 §7.3, RFC 9146). */
import type { Machine, Stamp } from '../../core/machine.ts'
import { copy, restore, snapshot } from '../../core/snapshot.ts'
import type { DtlsSaved } from './options.ts'
import type { Dtls, DtlsEffect, DtlsEvent } from './peers.ts'

type DtlsMachine = Machine<Dtls, DtlsEvent, DtlsEffect>
type Moment = Pick<Stamp, 'now' | 'wall'>

/** Without handshakes under way: those begin again. */
export const saved = (machine: DtlsMachine, state: Dtls, moment: Moment): DtlsSaved => {
  const kept = copy(state)
  for (const { row } of [...kept.peers.all()]) {
    const { link, target } = row
    const sleeps = target !== undefined && (link?.peerCid?.length ?? 0) > 0
    if (link === undefined || (target !== undefined && !sleeps)) {
      kept.peers.remove('', row.name)
      if (kept.paths.get('', row.via) === row.name) kept.paths.remove('', row.via)
    } else
      kept.peers.put('', row.name, {
        ...row,
        ...(sleeps ? { target: { ...target, ready: true } } : {}),
        handshake: undefined,
        waiting: [],
        dormant: sleeps,
      })
  }
  for (const { key } of [...kept.incoming.all()]) kept.incoming.remove('', key)
  return snapshot(machine, kept, moment)
}

/** Sequence numbers go on far beyond those that may have been used since: none is ever used twice under one key. */
export const restored = (machine: DtlsMachine, { machine: name, now, wall, state }: DtlsSaved, moment: Moment): Dtls => {
  const begun = restore(machine, { machine: name, now, wall, state }, moment)
  for (const { row } of [...begun.peers.all()])
    if (row.link !== undefined) begun.peers.put('', row.name, { ...row, link: { ...row.link, sequence: row.link.sequence + skipped } })
  return begun
}
/** More records than anybody sends between two saves. */
const skipped = 2 ** 24
