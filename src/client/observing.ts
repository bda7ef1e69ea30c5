/** Where observations are found: by the path that changed, by remote and exchange, and by what lies above them (LwM2M Core §6.4). */
import type { Remote } from '../core/ports.ts'
import type { ExchangeId } from '../exchange/exchange.ts'
import { depth, formatPath, type Path, type PathString } from '../model/path.ts'
import type { Observation, ReportingState } from './reporting-rows.ts'
import type { Work } from './work.ts'

/** Whether there is room for one more, of so many paths. */
export const hasRoom = ({ state: { observations, observers } }: Pick<Work, 'state'>, paths: number): boolean =>
  !observations.full && observers.size + 4 * paths <= observers.shape.limit

/** Puts an observation where it is looked for. */
export const enlist = (work: Work, row: Observation): void => {
  const { remote, exchange, paths } = row
  for (const path of paths)
    for (const scope of scopesOf(path)) work.state.observers.put(scope, keyOf(remote, exchange), { remote, exchange })
  keep(work, row)
}
/** A newer row of an observation that is there. */
export const keep = (work: Work, row: Observation): void => {
  work.state.observations.put(row.remote, row.exchange, row)
  work.touched = true
}
/** Takes an observation away, and what was stored for it. */
export const strike = (work: Work, remote: Remote, exchange: ExchangeId): Observation | undefined => {
  const { observations, observers, stored } = work.state
  const row = observations.get(remote, exchange)
  if (row === undefined) return undefined
  observations.remove(remote, exchange)
  for (const path of row.paths) for (const scope of scopesOf(path)) observers.remove(scope, keyOf(remote, exchange))
  if (stored.count(remote) > 0)
    for (const { key, row: waiting } of [...stored.in(remote)]) if (waiting.exchange === exchange) stored.remove(remote, key)
  work.touched = true
  return row
}
/**
 * After a restart observations go on by the tokens of their requests, under numbers that requests to come do not have; what was stored for them is kept.
 * Sends are gone with those who wait for them.
 */
export const reportingRestarted = (state: ReportingState): void => {
  const { observations, observers, stored, sends } = state
  for (const { scope, key } of [...sends.all()]) sends.remove(scope, key)
  for (const { scope, key } of [...observers.all()]) observers.remove(scope, key)
  const rows = observations.byAge().map(({ row }) => row)
  for (const { remote, exchange } of rows) observations.remove(remote, exchange)
  const waiting = stored.byAge()
  rows.forEach((row, index) => {
    const exchange = beyondRequests + index
    const dueAt = row.gathering ? row.evaluatedAt : row.dueAt
    const next: Observation = { ...row, exchange, request: { ...row.request, outlived: true }, gathering: false, dueAt }
    for (const path of next.paths)
      for (const scope of scopesOf(path)) observers.put(scope, keyOf(row.remote, exchange), { remote: row.remote, exchange })
    observations.put(row.remote, exchange, next)
    for (const placed of waiting)
      if (placed.scope === row.remote && placed.row.exchange === row.exchange)
        stored.put(row.remote, placed.key, { ...placed.row, exchange })
  })
}
/** The exchange layer counts requests from 1 on. */
const beyondRequests = 2 ** 40

const keyOf = (remote: Remote, exchange: ExchangeId) => `${remote} ${exchange}`

/** The observations that a change of a place concerns: of the place, of what it lies in, and of what lies in it. Each once. */
export const concernedBy = (
  { state: { observations, observers } }: Pick<Work, 'state'>,
  places: readonly Path[],
): readonly Observation[] => {
  const found = new Map<string | number, Observation>()
  const looked = new Set<string>()
  for (const place of places)
    for (const scope of around(place)) {
      if (looked.has(scope)) continue
      looked.add(scope)
      for (const { key, row } of observers.in(scope)) {
        const observation = found.has(key) ? undefined : observations.get(row.remote, row.exchange)
        if (observation !== undefined) found.set(key, observation)
      }
    }
  return [...found.values()]
}
/** The observations at a place and in it. */
export const within = ({ state: { observations, observers } }: Pick<Work, 'state'>, place: Path): readonly Observation[] => {
  const found = new Map<string | number, Observation>()
  for (const scope of [formatPath(place), beneath(place)])
    for (const { key, row } of observers.in(scope)) found.set(key, observations.get(row.remote, row.exchange)!)
  return [...found.values()]
}

/** The path itself, and for each level above it what lies there. */
const scopesOf = (path: Path): readonly string[] => [formatPath(path), ...levels(path).slice(0, -1).map(beneath)]
const around = (path: Path): readonly string[] => ['/', ...levels(path).map(formatPath), beneath(path)]
const beneath = (path: Path): `${PathString}/*` => `${formatPath(path)}/*`
const levels = (path: Path): readonly Path[] => {
  const { object, instance, resource, resourceInstance } = path
  return [{ object }, { object, instance }, { object, instance, resource }, { object, instance, resource, resourceInstance }].slice(
    0,
    depth(path),
  )
}
