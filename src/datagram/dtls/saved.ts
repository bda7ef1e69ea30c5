/** What survives a restart: sessions and established links (RFC 5246 §7.3, RFC 9146). */
import type { Machine, Stamp } from '../../core/machine.ts'
import type { Opened } from '../../core/ports.ts'
import { copy, restore, snapshot } from '../../core/snapshot.ts'
import { Table } from '../../core/table.ts'
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
  for (const { scope, key } of [...kept.unexplained.all()]) kept.unexplained.remove(scope, key)
  return snapshot(machine, kept, moment)
}

/** Sequence numbers go on far beyond those that may have been used since: none is ever used twice under one key. */
export const restored = (machine: DtlsMachine, { machine: name, now, wall, state }: DtlsSaved, moment: Moment): Dtls => {
  const begun = restore(machine, { machine: name, now, wall, state: within(machine.initial, state) }, moment)
  for (const { row } of [...begun.peers.all()])
    if (row.link !== undefined) begun.peers.put('', row.name, { ...row, link: { ...row.link, sequence: row.link.sequence + skipped } })
  return begun
}
/** More records than anybody sends between two saves. */
const skipped = 2 ** 24

/** The links that stand after a restart, as words for those above: they have to know who is there. */
export const standing = ({ peers }: Dtls): readonly Opened[] =>
  [...peers.all()].flatMap(({ row: { name, address, local, link, dormant } }) =>
    link === undefined || dormant ? [] : [{ type: 'opened' as const, remote: name, address, local, identity: link.identity }],
  )

/** Tables may have become smaller since: the rows that were there longest are left out. What an older version did not save begins as it does. */
const within = (initial: Dtls, state: unknown): unknown => {
  const said = state as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    Object.entries(initial).map(([name, begun]: [string, unknown]) => {
      const field = said[name]
      if (!(begun instanceof Table)) return [name, field ?? begun]
      const { rows = [], ...rest } = (field ?? {}) as { readonly rows?: readonly unknown[] }
      return [name, { ...rest, rows: rows.slice(Math.max(0, rows.length - begun.shape.limit)) }]
    }),
  )
}
