/** A device with the Firmware Update object alone, and what a server asks of it, one request after the other. */
import { EMPTY, type Observable } from 'rxjs'
import { configure } from '../../src/client/configure.ts'
import { client } from '../../src/client/pipeline.ts'
import type { Command, Notice } from '../../src/client/word.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Environment } from '../../src/core/environment.ts'
import { defaultParameters } from '../../src/exchange/parameters.ts'
import type { FirmwareImage, FirmwareStore } from '../../src/firmware/image.ts'
import { storedIn } from '../../src/firmware/image.ts'
import type { FirmwareBasics, FirmwarePulled, FirmwarePushed } from '../../src/firmware/options.ts'
import type { Installation } from '../../src/firmware/outcome.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import type { Node } from '../../src/model/node.ts'
import type { Value } from '../../src/model/value.ts'
import type { ClientObject } from '../../src/operation/object.ts'
import type { ManagementOperation, Outcome } from '../../src/operation/operation.ts'
import type { OperationDown, OperationUp } from '../../src/operation/word.ts'
import { digests } from '../../src/simulation/digest.ts'
import { memory, type Stored } from '../../src/simulation/storage.ts'
import { ladder } from '../../src/testing/index.ts'
import { at, inside, node, requested } from '../client/device.ts'

export const octets = (text: string): Uint8Array => new TextEncoder().encode(text)
export const write = (path: string, value: Value): ManagementOperation => ({
  type: 'write',
  mode: 'replace',
  path: at(path),
  nodes: [node(path, value)],
})
export const execute: ManagementOperation = { type: 'execute', path: at('/5/0/2'), arguments: {} }
export const cancel: ManagementOperation = { type: 'execute', path: at('/5/0/10'), arguments: {} }
export const uri = (text: string): ManagementOperation => write('/5/0/1', text)
export const packaged = (bytes: Uint8Array): ManagementOperation => write('/5/0/0', bytes)
export const read: ManagementOperation = { type: 'read', path: at('/5/0') }

/** What the world around the object may be. */
export interface Around {
  readonly options?: (env: Environment, store: FirmwareStore) => Partial<FirmwareBasics> & (FirmwarePulled | FirmwarePushed)
  readonly stored?: Stored
  readonly env?: Partial<Environment>
  /** Sees the object before it runs. */
  readonly use?: (object: ClientObject, env: Environment) => void
  readonly untilMs?: number
  /** The URI of the device's server. */
  readonly server?: string
}
/** An answer, and when it came. */
export interface Answered {
  readonly code: string
  readonly atMs: number
  /** Of a Read of `/5/0`: State/Result and the URI. */
  readonly state?: string
  readonly uri?: string
  /** Of a Read: everything, by Resource, or by Resource and Resource Instance. */
  readonly values?: Readonly<Record<string, Value>>
}

/** Asks one thing every two seconds, from the second 4 on; gives the answers in the order of the requests, and everything that was sent. */
export const played = (operations: readonly ManagementOperation[], around: Around = {}) => {
  const stored: Stored = around.stored ?? { values: new Map(), bodies: new Map() }
  const resets: number[] = []
  const layer = (env: Environment) => {
    const store = storedIn(env.storage)
    const object = firmware({
      store,
      install: (): Observable<Installation> => EMPTY,
      reset: () => {
        resets.push(env.scheduler.now())
        return env.storage.remove('firmware')
      },
      ...around.options?.(env, store),
    })
    around.use?.(object, env)
    const it = configure({
      endpointClientName: 'dev',
      accounts: [account(around.server ?? 'coap://server:5683')],
      objects: [object],
      parameters: defaultParameters,
    })
    return client(env, it, [object])
  }
  const values = Object.fromEntries(
    operations.map((operation, index) => [String.fromCharCode(65 + index), requested(index + 1, operation)]),
  )
  const { transmitted, delivered } = ladder<OperationUp, OperationDown, Command, Notice>(
    { layer },
    {
      values: { ...inside, ...values },
      dice: 0,
      env: { storage: memory(stored), crypto: digests, ...around.env },
      untilMs: around.untilMs ?? 4_000 + operations.length * 2_000,
    },
    { received: `(oc)${Object.keys(values).join('-')}`, transmitted: '*', delivered: '*' },
  )
  const answers = operations.map((_, index): Answered | undefined => {
    const found = transmitted.find(({ value }) => isAnswerTo(value, index + 1))
    if (found === undefined) return undefined
    const { outcome } = found.value as { readonly outcome: Outcome }
    return { code: outcome.code, atMs: found.at, ...(outcome.nodes === undefined ? {} : readOff(outcome.nodes)) }
  })
  return { answers, transmitted, delivered, stored, resets }
}
const account = (at: string) =>
  at.startsWith('coaps:') ? { uri: at, psk: { identity: 'me', key: new Secret(octets('key')) } } : { uri: at }
const isAnswerTo = (value: unknown, number: number): boolean => {
  const word = value as { readonly type: string; readonly exchange?: unknown }
  return word.type === 'respond' && word.exchange === number
}
const readOff = (nodes: readonly Node[]): Pick<Answered, 'state' | 'uri' | 'values'> => {
  const held = (resource: number) => nodes.find(({ path }) => path.resource === resource)?.value
  const values = Object.fromEntries(
    nodes.map(({ path: { resource, resourceInstance }, value }) => [
      resourceInstance === undefined ? `${resource}` : `${resource}/${resourceInstance}`,
      value,
    ]),
  )
  return { state: `${held(3) as number}/${held(5) as number}`, uri: held(1) as string, values }
}

/** What the store holds, as text; '' for nothing. */
export const textOf = ({ bodies }: Stored): string => {
  const held = bodies.get('firmware')
  return held === undefined ? '' : new TextDecoder().decode(held)
}
/** What was installed, as text. */
export const textIn = ({ source, size }: FirmwareImage): string => {
  let text = ''
  source.read(0, size).subscribe((bytes) => (text = new TextDecoder().decode(bytes)))
  return text
}
