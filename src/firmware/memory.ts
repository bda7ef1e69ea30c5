/** The state of an update as octets that survive a restart, and back (LwM2M Core §E.6). */
import type { Update } from './update.ts'

/** As UTF-8 JSON. */
export const remember = (update: Update): Uint8Array => new TextEncoder().encode(JSON.stringify(update))

/** What was remembered; `undefined` for what is none. */
export const recall = (bytes: Uint8Array | undefined): Update | undefined => {
  if (bytes === undefined) return undefined
  try {
    const found = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Update> | null
    return isUpdate(found) ? { ...found, delivery: found.delivery } : undefined
  } catch {
    return undefined
  }
}

const isUpdate = (found: Partial<Update> | null): found is Update =>
  found !== null &&
  isWithin(found.state, 3) &&
  isWithin(found.result, 9) &&
  isWithin(found.attempt, Number.MAX_SAFE_INTEGER) &&
  [found.uri, found.name, found.version].every((text) => typeof text === 'string') &&
  [undefined, 'pull', 'push'].includes(found.delivery)
const isWithin = (value: unknown, max: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
