/** The Objects that come with the engine as types, so that a path tells what is there. */
import type { ValueAt } from '../model/typed-path.ts'
import type { accessControl } from './access-control.ts'
import type { apnConnectionProfile } from './apn-connection-profile.ts'
import type { bearerSelection } from './bearer-selection.ts'
import type { binaryAppDataContainer } from './binary-app-data-container.ts'
import type { cellularConnectivity } from './cellular-connectivity.ts'
import type { connectivityMonitoring } from './connectivity-monitoring.ts'
import type { connectivityStatistics } from './connectivity-statistics.ts'
import type { cose } from './cose.ts'
import type { device } from './device.ts'
import type { deviceCapabilityManagement } from './device-capability-management.ts'
import type { eventLog } from './event-log.ts'
import type { firmwareUpdate } from './firmware-update.ts'
import type { gateway } from './gateway.ts'
import type { IpsoDefinition, IpsoId } from './ipso.ts'
import type { location } from './location.ts'
import type { oscore } from './oscore.ts'
import type { portfolio } from './portfolio.ts'
import type { security } from './security.ts'
import type { server } from './server.ts'
import type { softwareComponent } from './software-component.ts'
import type { softwareManagement } from './software-management.ts'
import type { virtualObserveNotify } from './virtual-observe-notify.ts'
import type { wlanConnectivity } from './wlan-connectivity.ts'

/** By Object ID. Yours are added by an intersection: `KnownObjects & { readonly 32769: typeof mine }`. */
export type KnownObjects = CoreObjects & IpsoObjects

/** What is at a path of an Object that comes with the engine: `ValueAtPath<'/3/0/9'>` is `number`, `ValueAtPath<'/3303/0/5700'>` too. */
export type ValueAtPath<At extends string> = ValueAt<At, KnownObjects>

interface CoreObjects {
  readonly 0: typeof security
  readonly 1: typeof server
  readonly 2: typeof accessControl
  readonly 3: typeof device
  readonly 4: typeof connectivityMonitoring
  readonly 5: typeof firmwareUpdate
  readonly 6: typeof location
  readonly 7: typeof connectivityStatistics
  readonly 9: typeof softwareManagement
  readonly 10: typeof cellularConnectivity
  readonly 11: typeof apnConnectionProfile
  readonly 12: typeof wlanConnectivity
  readonly 13: typeof bearerSelection
  readonly 14: typeof softwareComponent
  readonly 15: typeof deviceCapabilityManagement
  readonly 16: typeof portfolio
  readonly 19: typeof binaryAppDataContainer
  readonly 20: typeof eventLog
  readonly 21: typeof oscore
  readonly 22: typeof virtualObserveNotify
  readonly 23: typeof cose
  readonly 25: typeof gateway
}
type IpsoObjects = { readonly [Id in IpsoId]: IpsoDefinition<Id, '1.1'> }
