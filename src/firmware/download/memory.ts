/** What is remembered of an unfinished download, as octets that survive a restart, and back. */
import type { Place } from './file.ts'

/** Whose octets are in the store, and how many of them are sure to be there after a power cut. */
export interface Remembered extends Place {
  readonly uri: string
}

/** As UTF-8 JSON. The URI is without its credentials. */
export const remember = ({ uri, bytes, total, etag }: Remembered): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ uri, bytes, total, etag: etag === undefined ? undefined : [...etag] }))

/** What was remembered of this very URI; `undefined` when nothing was, or what there is makes no sense. */
export const recall = (bytes: Uint8Array | undefined, uri: string): Place | undefined => {
  if (bytes === undefined) return undefined
  try {
    const found = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Remembered & { readonly etag: unknown }> | null
    if (found === null || found.uri !== uri || !isCount(found.bytes) || !(found.total === undefined || isCount(found.total)))
      return undefined
    return { bytes: found.bytes, total: found.total, etag: tagOf(found.etag) }
  } catch {
    return undefined
  }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const tagOf = (value: unknown): Uint8Array | undefined =>
  Array.isArray(value) && value.length <= tagMax && value.every((octet) => isCount(octet) && octet < 256)
    ? Uint8Array.from(value as readonly number[])
    : undefined
const tagMax = 1_024
