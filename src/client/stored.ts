/** Notifications while a server cannot be reached: kept with their times, the oldest dropped, and reported afterwards (LwM2M Core §6.4.2, §7.3.2, §E.2). */
import type { Remote } from '../core/ports.ts'
import type { Stamp } from '../core/machine.ts'
import { contentFormats } from '../format/format.ts'
import { responses } from '../message/code.ts'
import type { Node } from '../model/node.ts'
import { formatPath } from '../model/path.ts'
import { serverOf } from './account.ts'
import { evaluateAt, respond } from './observations.ts'
import { keep } from './observing.ts'
import { wake } from './queue.ts'
import { historyMax } from './reporting-attributes.ts'
import type { Observation, Stored } from './reporting-rows.ts'
import { abortSends, pump } from './sending.ts'
import { remoteOf } from './state.ts'
import { held, type Work } from './work.ts'

/** Keeps a notification for later, unless the Server Object or hqmax says that nothing is kept. */
export const store = (work: Work, row: Observation, nodes: readonly Node[]): void => {
  const { remote, exchange } = row
  const { stored } = work.state
  const most = nodes.length === 0 ? 1 : Math.max(...nodes.map(({ path }) => historyMax(work, row, path)))
  if (!storesFor(work, row.account) || most === 0) return
  const { now } = work.stamp
  const own = [...stored.in(remote)].filter((placed) => placed.row.exchange === exchange)
  const same = own.at(-1)?.row.storedAt === now ? own.pop() : undefined
  if (same !== undefined) stored.remove(remote, same.key)
  while (own.length >= most) stored.remove(remote, own.shift()!.key)
  makeRoom(work, remote)
  stored.put(remote, work.nextTransaction++, { exchange, storedAt: now, nodes, gone: false })
  work.touched = true
}
/** Notification Storing When Disabled or Offline (/1/x/6): true unless it says otherwise. */
const storesFor = (work: Work, account: number): boolean => held(work, 1, serverOf(work, account), 6) !== false

/** Where there are too many, the oldest of the account go, and the oldest of the account that has most. */
const makeRoom = ({ it: { limits }, state: { stored } }: Work, remote: Remote): void => {
  while (stored.count(remote) >= limits.storedPerAccountMax) stored.remove(remote, stored.oldest(remote)!.key)
  while (stored.full) {
    const fullest = [...stored.scopes()].reduce((most, scope) => (stored.count(scope) > stored.count(most) ? scope : most))
    stored.remove(fullest, stored.oldest(fullest)!.key)
  }
}

/** An observation that ended while nobody would hear it: that is said afterwards. */
export const storeEnd = (work: Work, { remote, exchange }: Observation): void => {
  const { stored } = work.state
  if ([...stored.in(remote)].some(({ row }) => row.exchange === exchange && row.gone)) return
  makeRoom(work, remote)
  stored.put(remote, work.nextTransaction++, { exchange, storedAt: work.stamp.now, nodes: [], gone: true })
  work.touched = true
}

/** What waits for servers that can be reached goes, one that is asleep is woken for it, and for one that is gone it is let go. At the end of each step. */
export const reportStored = (work: Work): void => {
  const { stored, sends, accounts } = work.state
  if (stored.size === 0 && sends.size === 0) return
  for (const { row } of [...accounts.in('')]) {
    const remote = remoteOf(row.account)
    if (stored.count(remote) + sends.count(remote) === 0) continue
    if (row.phase === 'registered') reconnected(work, row.account)
    else if (row.phase === 'asleep') wake(work, row.account)
    else if (row.phase === 'stopped' || row.phase === 'failed') abortSends(work, remote, true)
  }
}

/** The server can be reached again, in the same registration: what was stored is reported, what ended meanwhile is said, Sends go on. */
export const reconnected = (work: Work, account: number): void => {
  const remote = remoteOf(account)
  const { stored, observations } = work.state
  const waiting = [...stored.in(remote)]
  for (const { key } of waiting) stored.remove(remote, key)
  if (waiting.length > 0) work.touched = true
  const entries = waiting.map(({ row }) => row).filter(({ gone }) => !gone)
  if (storesFor(work, account))
    for (const exchange of new Set(entries.map((entry) => entry.exchange))) {
      const row = observations.get(remote, exchange)
      const own = entries.filter((entry) => entry.exchange === exchange)
      if (row === undefined) continue
      const nodes = history(work, row, own)
      if (isTimed(row)) keep(work, { ...row, history: { nodes, sentAt: work.stamp.now } })
      respond(work, row, { code: responses.Content, nodes }, false)
    }
  if (waiting.length > 0) evaluateAt(work, {}, [remote])
  pump(work, account)
}

/** What is reported of what was stored: everything with its time where the format has times, else the newest. */
const history = (work: Work, row: Observation, entries: readonly Stored[]): readonly Node[] => {
  const newest = entries.at(-1)!
  if (!isTimed(row)) return newest.nodes
  const counts = new Map<string, number>()
  // Counted from the newest: the oldest are too many.
  const isKept = ({ path }: Node): boolean => {
    const name = formatPath(path)
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return count <= historyMax(work, row, path)
  }
  const backwards = [...entries].reverse().map(({ storedAt, nodes }) => {
    const time = timeOf(work.stamp, storedAt)
    return nodes.filter(isKept).map((node): Node => ({ ...node, time }))
  })
  return backwards.reverse().flat()
}
/** Whether an observation is told in a format with times (LwM2M Core §7.4). */
export const isTimed = ({ format }: Observation): boolean => format !== undefined && timed.has(format)
const timed: ReadonlySet<number> = new Set([contentFormats.senmlJson, contentFormats.senmlCbor, contentFormats.json])

/** Seconds since 1970 where the clock is set; otherwise, before now (RFC 8428 §4.5.3). */
export const timeOf = ({ now, wall }: Stamp, at: number): number => {
  const seconds = (wall - (now - at)) / 1000
  return seconds >= 2 ** 28 ? seconds : (at - now) / 1000
}
