/** The OMA Enabler Test Specification, security: the case 401, our client against our server (ETS INT 1.2 §6.5). */
import { of } from 'rxjs'
import { expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { contentFormats } from '../../src/format/format.ts'
import { valuesOf } from './reading.ts'
import { endpointClientName, rig } from './rig.ts'

const identity = 'urn:oma:ets'
const key = new Secret(new TextEncoder().encode('sixteen octets!!'))

test('int-401: a client registers and is read over DTLS with a pre-shared key', () => {
  const it = rig({
    account: { uri: 'coaps://server0:5684', psk: { identity, key } },
    server: { secure: { credentials: { find: () => of({ key, endpointClientName }) } } },
  })
  expect(it.events).toMatchObject([{ type: 'registered', registration: { endpointClientName } }])
  expect(it.events[0]?.registration.remote).toMatch(/^coaps:/)
  const { values } = it.do((device) => device.read('/3/0', { accept: contentFormats.tlv }))
  expect(valuesOf(values[0])).toMatchObject({ '/3/0/0': 'Open Mobile Alliance', '/3/0/16': 'U' })
  // Nothing but DTLS records crossed: no CoAP message can be read.
  expect(it.wire).toEqual([])
})
