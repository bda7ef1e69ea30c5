/** The flights of a handshake, one character a quarter of a second, which is how long a datagram travels (RFC 6347 §4.2.4). */
import { test } from 'vitest'
import { play } from './pair.ts'

test('a full handshake is six flights, the cookie among them, and nothing is sent twice [RFC 6347 §4.2.4]', () => {
  play({}, { submitted: 'o', transmitted: 'cvCSKF', delivered: '-----sa' })
})

test('data handed down before the handshake is done goes as soon as it is', () => {
  play({}, { submitted: '(od)', transmitted: 'cvCSKFD', delivered: '-----sah' })
})

test('a session that is kept is resumed with a short handshake [RFC 5246 §7.3]', () => {
  play(
    {},
    {
      submitted: 'o-------z---o',
      transmitted: 'cvCSKF--AA--cvCRF',
      delivered: '-----sa-el------at',
    },
  )
})

test('a session that is not kept is not resumed', () => {
  play({}, { submitted: 'o-------x---o', transmitted: 'cvCSKF--AA--cvCSKF', delivered: '-----sa-el-------ta' })
})

test('a look-up may take its time: what came meanwhile waits for it', () => {
  play({ lookUpMs: 600 }, { submitted: 'o', transmitted: '*', delivered: '1850ms sa' }, {})
})
