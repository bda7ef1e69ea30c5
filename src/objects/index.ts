/** `lwm2m-rx/objects`: the definitions that come with the engine, one by one, and what finds, types and reads them (LwM2M Core §E; the OMA registry). */
export { security } from './security.ts'
export { server } from './server.ts'
export { accessControl } from './access-control.ts'
export { device } from './device.ts'
export { connectivityMonitoring } from './connectivity-monitoring.ts'
export { firmwareUpdate } from './firmware-update.ts'
export { location } from './location.ts'
export { connectivityStatistics } from './connectivity-statistics.ts'
export { softwareManagement } from './software-management.ts'
export { cellularConnectivity } from './cellular-connectivity.ts'
export { apnConnectionProfile } from './apn-connection-profile.ts'
export { wlanConnectivity } from './wlan-connectivity.ts'
export { bearerSelection } from './bearer-selection.ts'
export { softwareComponent } from './software-component.ts'
export { deviceCapabilityManagement } from './device-capability-management.ts'
export { portfolio } from './portfolio.ts'
export { binaryAppDataContainer } from './binary-app-data-container.ts'
export { eventLog } from './event-log.ts'
export { oscore } from './oscore.ts'
export { virtualObserveNotify } from './virtual-observe-notify.ts'
export { cose } from './cose.ts'
export { gateway } from './gateway.ts'
export { temperature } from './temperature.ts'
export { ipso, ipsoObjects, type IpsoDefinition, type IpsoId } from './ipso.ts'
export { reusable } from './reusable.ts'
export { allVersions, objects, registry } from './registry.ts'
export { defaultVersion, definitionsFor, resolve, versionsOf, type Registered } from './resolution.ts'
export type { KnownObjects, ValueAtPath } from './known.ts'
export {
  defineObject,
  definitions,
  revised,
  supporting,
  type Definitions,
  type InstanceValues,
  type ObjectDefinition,
  type Operations,
  type ResourceDefinition,
  type Revision,
} from '../model/definition.ts'
export type { KnownDefinitions, ValueAt } from '../model/typed-path.ts'
export { maxXmlLength, parseObjectXml, type Complaint, type ObjectXml } from './xml.ts'
export { sourcesOf, type SourceFile } from './source.ts'
