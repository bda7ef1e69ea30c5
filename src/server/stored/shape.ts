/** Whether what was read from a store is what it is meant to be: another version, or another program, may have written it. */
import type { Command, KeptCommand } from '../commands/command.ts'
import type { KeptObservation } from '../observations/kept.ts'
import type { Profile } from '../profiles.ts'
import type { KeptRegistration, KeptSession } from '../store.ts'
import { isRecord } from './entry.ts'

/** Whether it is a registration. */
export const isRegistration = (value: unknown): value is KeptRegistration =>
  has(value, {
    endpointClientName: isText,
    location: isText,
    remote: isText,
    identity: isOptional(isOctets),
    version: isText,
    lifetimeSeconds: isCount,
    binding: isText,
    queueMode: isFlag,
    sms: isOptional(isText),
    has: isInventory,
    registered: isNumber,
    updated: isNumber,
  })
/** Whether it is a Profile ID with what it stands for. */
export const isProfile = (value: unknown): value is Profile => has(value, { id: isText, objects: isListing })
/** Whether it is an observation. */
export const isObservation = (value: unknown): value is KeptObservation =>
  has(value, {
    endpointClientName: isText,
    location: isText,
    token: isToken,
    code: isText,
    options: isListOf((option) => has(option, { number: isCount, value: isOctets })),
    payload: isOctets,
  })
/** Whether it is a command. */
export const isCommand = (value: unknown): value is KeptCommand =>
  has(value, {
    id: isText,
    endpointClientName: isText,
    command: (command) => isRecord(command) && types.has(command['type'] as Command['type']),
    submitted: isNumber,
    expires: isNumber,
  })
const types: ReadonlySet<Command['type']> = new Set<Command['type']>([
  'read',
  'read-composite',
  'discover',
  'write',
  'write-composite',
  'write-attributes',
  'execute',
  'create',
  'delete',
])
/** Whether it is a piece of what secures links. */
export const isSession = (value: unknown): value is KeptSession => has(value, { name: isText, octets: isOctets })

type Is = (value: unknown) => boolean
const has = (value: unknown, fields: Readonly<Record<string, Is>>): boolean =>
  isRecord(value) && Object.entries(fields).every(([name, is]) => is(value[name]))
const isText: Is = (value) => typeof value === 'string'
const isNumber: Is = (value) => typeof value === 'number'
const isCount: Is = (value) => Number.isInteger(value) && (value as number) >= 0
const isFlag: Is = (value) => typeof value === 'boolean'
const isOctets: Is = (value) => value instanceof Uint8Array
const isToken: Is = (value) => typeof value === 'string' && /^([0-9a-f]{2}){1,8}$/.test(value)
const isOptional =
  (is: Is): Is =>
  (value) =>
    value === undefined || is(value)
const isListOf =
  (is: Is): Is =>
  (value) =>
    Array.isArray(value) && value.every(is)
const isListing: Is = isListOf((listed) => has(listed, { path: isRecord, attributes: isRecord }))
const isInventory: Is = (value) =>
  has(value, { root: isOptional(isText), contentFormats: isOptional(isListOf(isCount)), objects: isListing })
