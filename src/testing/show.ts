/** Any value on one line, for a person who looks for what went wrong. */

/** The value as one line: octets in hex, long ones cut, secrets unseen. */
export const show = (value: unknown, depth = 4): string => {
  if (typeof value === 'string') return `'${value.length > 80 ? `${value.slice(0, 77)}...` : value}'`
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'part' in value ? `like ${show(value.part, depth)}` : `a predicate ${value.name}`.trim()
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Uint8Array) return octets(value)
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (depth === 0) return '…'
  if (Array.isArray(value)) return showList(value, depth)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return odd(value)
  return showRecord(value as Readonly<Record<string, unknown>>, depth)
}

/** Octets as lower-case hex. */
export const hex = (bytes: Uint8Array): string => {
  let text = ''
  for (const octet of bytes) text += octet.toString(16).padStart(2, '0')
  return text
}

const octets = (bytes: Uint8Array): string =>
  bytes.length <= 32 ? `h'${hex(bytes)}'` : `h'${hex(bytes.subarray(0, 24))}…' (${bytes.length} octets)`
const showList = (list: readonly unknown[], depth: number): string =>
  `[${list
    .slice(0, 12)
    .map((item) => show(item, depth - 1))
    .join(', ')}${list.length > 12 ? `, … (${list.length})` : ''}]`
const showRecord = (record: Readonly<Record<string, unknown>>, depth: number): string => {
  const fields = Object.entries(record).filter(([, field]) => field !== undefined)
  return fields.length === 0 ? '{}' : `{ ${fields.map(([name, field]) => `${name}: ${show(field, depth - 1)}`).join(', ')} }`
}
const odd = (value: object): string => {
  const name = (value.constructor as { readonly name?: string } | undefined)?.name ?? 'object'
  return 'toJSON' in value ? show((value as { readonly toJSON: () => unknown }).toJSON()) : `a ${name}`
}
