/** Why a link cannot be made: both ends hear the reason (RFC 4279 §2, RFC 5246 §7.2.2, RFC 7627 §5.1). */
import { NEVER, of, throwError } from 'rxjs'
import { test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { like } from '../../src/testing/index.ts'
import { identity, key, octets, play, server } from './pair.ts'

test('with another key than the server has, the third Finished that cannot be opened is answered with decrypt_error [RFC 4279 §2]', () => {
  play({ clientKey: new Secret(octets('another key')) }, { submitted: 'o', transmitted: 'cvCSK--SK------SKm', delivered: '4250ms ww' }, {})
})

test('an identity that the server does not know is answered with unknown_psk_identity [RFC 4279 §2]', () => {
  play({ server: { credentials: { peer: () => of(undefined) } } }, { submitted: 'o', transmitted: 'cvCSKp', delivered: '-----iu' })
})

test('a look-up that fails is one that found nothing', () => {
  play(
    { server: { credentials: { peer: () => throwError(() => new Error('no store')) } } },
    { submitted: 'o', transmitted: 'cvCSKp', delivered: '-----iu' },
  )
})

test('a look-up that is not answered ends after a minute', () => {
  play(
    { client: { credentials: { own: () => NEVER } }, untilMs: 130_000 },
    { submitted: 'o', transmitted: '*', delivered: '61s ug' },
    { u: like({ type: 'closed', remote: server, detail: 'no-credentials' }), g: like({ type: 'closed', detail: 'alert' }) },
  )
})

test('without a suite in common nothing is kept, and the client is told with handshake_failure [RFC 5246 §7.4.1.3]', () => {
  play(
    { server: { suites: ['TLS_PSK_WITH_AES_128_GCM_SHA256'] }, client: { suites: ['TLS_PSK_WITH_AES_128_CCM_8'] } },
    { submitted: 'o', transmitted: 'cvCf', delivered: '---nn' },
  )
})

test('CBC is not taken unless it is listed', () => {
  play({ client: { suites: ['TLS_PSK_WITH_AES_128_CBC_SHA256'] } }, { submitted: 'o', transmitted: 'cvCf', delivered: '---nn' })
})

test('a client without credentials opens nothing', () => {
  play({ client: { credentials: { own: undefined as never } } }, { submitted: 'o', delivered: 'i' })
})

test('a server without credentials answers nothing', () => {
  play(
    { server: { credentials: { peer: undefined as never } }, untilMs: 3_000 },
    { submitted: 'o', transmitted: 'c---c-------c', delivered: '' },
  )
})

test('an identity may be any octets, and the hint of the server too [RFC 4279 §5]', () => {
  const odd = Uint8Array.of(0, 255, 128, 7)
  play(
    {
      server: { credentials: { hint: odd, peer: ({ identity }) => of(identity.join() === odd.join() ? key : undefined) } },
      client: { credentials: { own: ({ hint }) => of(hint?.join() === odd.join() ? { identity: odd, key } : { identity, key }) } },
    },
    { submitted: 'o', transmitted: '*', delivered: '-----sa' },
    { s: like({ type: 'opened', identity: odd }), a: like({ type: 'opened', identity: odd }) },
  )
})
