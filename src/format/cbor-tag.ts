/** The numbers that two CBOR tags stand for: dates as text and decimal fractions (RFC 8949 §3.4.1, §3.4.4). */
import { whole } from '../model/value.ts'

const dateTime = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/

/** Seconds since 1970 of a date and time (RFC 3339 §5.6, without leap seconds); `undefined` when the text is none. */
export const dateNumber = (written: string): number | undefined => {
  const [, year, month, day, hour, minute, second, fraction, zone] = dateTime.exec(written) ?? []
  if (zone === undefined) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const real = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  const offset = zoneSeconds(zone)
  if (!real || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || offset === undefined) return undefined
  const seconds = date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offset
  return fraction === undefined ? seconds : seconds + Number(fraction)
}
const zoneSeconds = (zone: string): number | undefined => {
  if (zone.length === 1) return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4))
  if (hours > 23 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60)
}

/** mantissa · 10^exponent: exact where it is whole and of 64 bits, else the nearest double; `undefined` where that is infinite. */
export const decimalFraction = (mantissa: bigint, exponent: bigint): number | bigint | undefined => {
  if (exponent >= 0n && exponent < 20n) return whole(mantissa * 10n ** exponent)
  const value = Number(`${mantissa}e${exponent}`)
  return Number.isFinite(value) ? value : undefined
}
