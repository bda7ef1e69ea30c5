/** The Objects that come with the engine, in every version: a new one is a new file and two lines here. */
import { definitions, type Definitions, type ObjectDefinition } from '../model/definition.ts'
import { versions as accessControl } from './access-control.ts'
import { versions as apnConnectionProfile } from './apn-connection-profile.ts'
import { versions as bearerSelection } from './bearer-selection.ts'
import { versions as binaryAppDataContainer } from './binary-app-data-container.ts'
import { versions as cellularConnectivity } from './cellular-connectivity.ts'
import { versions as connectivityMonitoring } from './connectivity-monitoring.ts'
import { versions as connectivityStatistics } from './connectivity-statistics.ts'
import { versions as cose } from './cose.ts'
import { versions as device } from './device.ts'
import { versions as deviceCapabilityManagement } from './device-capability-management.ts'
import { versions as eventLog } from './event-log.ts'
import { versions as firmwareUpdate } from './firmware-update.ts'
import { versions as gateway } from './gateway.ts'
import { versions as ipso } from './ipso.ts'
import { versions as location } from './location.ts'
import { versions as oscore } from './oscore.ts'
import { versions as portfolio } from './portfolio.ts'
import { versions as security } from './security.ts'
import { versions as server } from './server.ts'
import { versions as softwareComponent } from './software-component.ts'
import { versions as softwareManagement } from './software-management.ts'
import { versions as virtualObserveNotify } from './virtual-observe-notify.ts'
import { versions as wlanConnectivity } from './wlan-connectivity.ts'

/** Every version of every Object, by ascending ID, then version. */
export const allVersions: readonly ObjectDefinition[] = [
  ...security,
  ...server,
  ...accessControl,
  ...device,
  ...connectivityMonitoring,
  ...firmwareUpdate,
  ...location,
  ...connectivityStatistics,
  ...softwareManagement,
  ...cellularConnectivity,
  ...apnConnectionProfile,
  ...wlanConnectivity,
  ...bearerSelection,
  ...softwareComponent,
  ...deviceCapabilityManagement,
  ...portfolio,
  ...binaryAppDataContainer,
  ...eventLog,
  ...oscore,
  ...virtualObserveNotify,
  ...cose,
  ...gateway,
  ...ipso,
]

/** The newest version of each Object, by ascending ID. */
export const objects: readonly ObjectDefinition[] = [...definitions(allVersions).values()]

/** The same, to look types up in where nobody said a version. */
export const registry: Definitions = definitions(objects)
