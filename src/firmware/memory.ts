/** The state of an update as octets that survive a restart, and back (LwM2M Core §E.6). */
import { idle, type Update } from './update/known.ts'

/** As UTF-8 JSON. */
export const remember = (update: Update): Uint8Array => new TextEncoder().encode(JSON.stringify(update))

/** What was remembered; `undefined` for what is none. What an older version did not know is as at first. */
export const recall = (bytes: Uint8Array | undefined): Update | undefined => {
  if (bytes === undefined) return undefined
  try {
    const found = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Update> | null
    if (found === null || typeof found !== 'object') return undefined
    const { delivery, orderedUtcMs } = found
    const known = { ...idle, ...found, delivery, orderedUtcMs } as Update
    return required.every((name) => name in found) && isUpdate(known) ? known : undefined
  } catch {
    return undefined
  }
}
const required: readonly (keyof Update)[] = ['state', 'result', 'uri', 'attempt', 'name', 'version']

const isUpdate = (found: Update): boolean =>
  isWithin(found.state, 3) &&
  isWithin(found.result, 11) &&
  isWithin(found.attempt) &&
  isWithin(found.severity, 2) &&
  isWithin(found.deferPeriodS) &&
  isWithin(found.changedUtcS) &&
  (found.orderedUtcMs === undefined || isWithin(found.orderedUtcMs)) &&
  typeof found.automatic === 'boolean' &&
  [found.uri, found.name, found.version, found.why].every((text) => typeof text === 'string') &&
  [undefined, 'pull', 'push'].includes(found.delivery)
const isWithin = (value: unknown, max: number = Number.MAX_SAFE_INTEGER): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max
