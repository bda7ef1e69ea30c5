/** The hours of the day in which a download may use the network: when they next begin or end. */

/** From one time of day until another, `HH:MM`; until the next day when it ends before it begins. */
export interface Hours {
  readonly from: string
  readonly until: string
  /** How far the local time is ahead of UTC. Default 0: the times are of UTC. */
  readonly utcOffsetMinutes?: number
}

/** Whether it is within the hours, and how long that stays so. */
export interface Opening {
  readonly open: boolean
  readonly forMs: number
}

/** How it stands at a wall time, in ms since 1970 UTC. Without hours, and with hours that begin when they end, it is always open. */
export const openingAt = (hours: Hours | undefined, wall: number): Opening => {
  const from = minutesOf(hours?.from ?? '')
  const until = minutesOf(hours?.until ?? '')
  if (from === undefined || until === undefined || from === until) return { open: true, forMs: Infinity }
  const now = modulo(wall + (hours?.utcOffsetMinutes ?? 0) * minuteMs, dayMs)
  const [toFrom, toUntil] = [modulo(from * minuteMs - now, dayMs), modulo(until * minuteMs - now, dayMs)]
  // What ends next has begun. At the very end it is over: the next to come is the beginning.
  const open = toUntil !== 0 && (toFrom === 0 || toUntil < toFrom)
  return { open, forMs: open ? toUntil : toFrom }
}

/** Why the hours cannot be meant; `undefined` when they can. */
export const hoursFault = (hours: Hours | undefined): string | undefined =>
  hours === undefined || (minutesOf(hours.from) !== undefined && minutesOf(hours.until) !== undefined)
    ? undefined
    : `hours are from HH:MM until HH:MM, not from ${hours.from} until ${hours.until}`

const minutesOf = (time: string): number | undefined => {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time)
  return found === null ? undefined : Number(found[1]) * 60 + Number(found[2])
}
const modulo = (value: number, by: number): number => ((value % by) + by) % by
const minuteMs = 60_000
const dayMs = 86_400_000
