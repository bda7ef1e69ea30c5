/** A registration made by hand. */
import type { Inventory, Version } from '../../../src/operation/operation.ts'
import type { Registration } from '../../../src/server/registration.ts'

export const registrationOf = (has: Inventory, remote = 'coap://192.0.2.1:5683', version: Version = '1.1'): Registration => ({
  endpointClientName: 'one',
  location: '0',
  remote,
  version,
  lifetimeSeconds: 60,
  binding: 'U',
  queueMode: false,
  has,
  registered: 0,
  updated: 0,
  expiresAt: 60_000,
})
