/** One entry of a server's database: plain data as JSON behind a checksum, so that damage is seen (CRC-32, ISO 3309). */

/** As octets: four of checksum, then the text. */
export const encodeEntry = (value: unknown): Uint8Array => {
  const text = new TextEncoder().encode(JSON.stringify(marked(value)))
  const octets = new Uint8Array(4 + text.length)
  new DataView(octets.buffer).setUint32(0, crc32(text))
  octets.set(text, 4)
  return octets
}

/** The same read back; `undefined` when it is not what was written. */
export const decodeEntry = (octets: Uint8Array): unknown => {
  if (octets.length < 4) return undefined
  const text = octets.subarray(4)
  if (new DataView(octets.buffer, octets.byteOffset).getUint32(0) !== crc32(text)) return undefined
  try {
    return unmarked(JSON.parse(new TextDecoder().decode(text)))
  } catch {
    return undefined
  }
}

/** What JSON cannot say is said by a record with one field that begins with `$`; fields that do so themselves get another. */
const marked = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return { $octets: hexOf(value) }
  if (typeof value === 'bigint') return { $integer: String(value) }
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) }
  if (Object.is(value, -0)) return { $number: '-0' }
  if (Array.isArray(value)) return value.map(marked)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.startsWith('$') ? `$${name}` : name, marked(field)]))
}
const unmarked = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(unmarked)
  if (!isRecord(value)) return value
  if (typeof value['$octets'] === 'string') return octetsOf(value['$octets'])
  if (typeof value['$integer'] === 'string') return BigInt(value['$integer'])
  if (typeof value['$number'] === 'string') return Number(value['$number'])
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.startsWith('$') ? name.slice(1) : name, unmarked(field)]))
}
const hexOf = (octets: Uint8Array): string => Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('')
const octetsOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

/** Whether it has fields. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)

const crc32 = (octets: Uint8Array): number => {
  let crc = 0xffffffff
  for (const octet of octets) crc = table[(crc ^ octet) & 255]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
const table = Uint32Array.from({ length: 256 }, (_, octet) => {
  let crc = octet
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})
