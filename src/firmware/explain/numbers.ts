/** Numbers as people read them. */

/** With commas: 4,096. */
export const count = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
/** `4.2 s`, `31 s`, `12 min`, `3.5 h`. */
export const lasting = (ms: number): string => {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`
  if (seconds < 180) return `${Math.round(seconds)} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Number((seconds / 3_600).toFixed(1))} h`
}
/** first, second, third, 4th. */
export const ordinal = (value: number): string => ['no', 'first', 'second', 'third', 'fourth', 'fifth'][value] ?? `${value}th`
