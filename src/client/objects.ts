/** Ready-made Objects for a client: any definition with its values, and the Device (LwM2M Core §E.4; IPSO Smart Objects). */
import type { Observable } from 'rxjs'
import type { ExecutableId, Held, ObjectDefinition, ResourceId } from '../model/definition.ts'
import type { Values } from '../model/value.ts'
import { device } from '../objects/device.ts'
import type { ClientObject, ExecuteFunction, Instance, Resource } from '../operation/object.ts'

/** How a Resource may be fed, of the type that its definition says. */
export type Fed<Type> =
  | Type
  | Observable<Type>
  | { readonly read: () => Observable<Type> }
  | { readonly write: (value: Type, account: number) => Observable<unknown>; readonly value?: Type | Observable<Type> }

/** The Resources of one Object Instance, typed by the definition: values and functions by Resource ID. */
export type Resources<Definition extends ObjectDefinition> = {
  readonly [Id in ResourceId<Definition>]?: Fed<Held<Definition['resources'][Id]>>
} & { readonly [Id in ExecutableId<Definition>]?: ExecuteFunction }

/**
 * An Object with its Instances: `instances(temperature, { 0: { 5700: celsius$, 5701: 'Cel' } })`. A Resource is a constant, an Observable, read on
 * demand, writable, or a function that executes. What is not given is not there.
 */
export const instances = <const Definition extends ObjectDefinition>(
  definition: Definition,
  rows: Readonly<Record<number, Resources<Definition>>>,
  more: Pick<ClientObject, 'accept' | 'written' | 'execute' | 'run' | 'sinkFor'> = {},
): ClientObject => ({ definition, instances: rows, ...more })

/** What a device says of itself; each may be an Observable. `reboot` and the like are done when a server asks for it. */
export interface DeviceDescription {
  readonly manufacturer?: Feedable<string>
  readonly modelNumber?: Feedable<string>
  readonly serialNumber?: Feedable<string>
  readonly firmwareVersion?: Feedable<string>
  readonly hardwareVersion?: Feedable<string>
  readonly softwareVersion?: Feedable<string>
  readonly deviceType?: Feedable<string>
  /** Percent. */
  readonly batteryLevel?: Feedable<number>
  /** Kilobytes. */
  readonly memoryFree?: Feedable<number>
  readonly memoryTotal?: Feedable<number>
  /** By Resource Instance; default: no error. */
  readonly errorCode?: Values | Observable<Values>
  /** Completes: 2.04. */
  readonly reboot: ExecuteFunction
  readonly factoryReset?: ExecuteFunction
  readonly resetErrorCode?: ExecuteFunction
  /** Further Resources by ID. */
  readonly resources?: Instance
}
type Feedable<Type> = Type | Observable<Type> | { readonly read: () => Observable<Type> }

const deviceResources = {
  manufacturer: 0,
  modelNumber: 1,
  serialNumber: 2,
  firmwareVersion: 3,
  reboot: 4,
  factoryReset: 5,
  batteryLevel: 9,
  memoryFree: 10,
  errorCode: 11,
  resetErrorCode: 12,
  deviceType: 17,
  hardwareVersion: 18,
  softwareVersion: 19,
  memoryTotal: 21,
} as const

/** Object 3: `deviceObject({ manufacturer: 'Acme', reboot: () => … })`. */
export const deviceObject = ({ resources = {}, ...said }: DeviceDescription): ClientObject => {
  const named = Object.entries(said).map(([name, fed]): readonly [number, Resource] => [
    deviceResources[name as keyof typeof deviceResources],
    fed,
  ])
  return { definition: device, instances: { 0: { 11: { 0: 0 }, 16: 'U', ...Object.fromEntries(named), ...resources } } }
}
