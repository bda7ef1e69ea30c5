/** Each row of the table of failures, as a ladder (LwM2M Core 1.2.2 §6.1, §6.2). One character is a second. */
import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { created, opened } from './device.ts'
import { failures, type Doing } from './failures.ts'
import { lastOf, life, live, type Life } from './life.ts'

const psk = { identity: 'me', key: new Secret(new TextEncoder().encode('sixteen octets!!')) }
const bootstrapServer = { bootstrap: true, uri: 'coap://bs:5683' } as const
const update = { type: 'update' }
const stop = { type: 'stop' }

/** How a client comes to be doing it; `x` is what goes wrong. */
const situations: Readonly<
  Record<Doing, (secured: boolean) => { machine: Life; received: string; submitted: string; transmitted: string }>
> = {
  Register: () => ({ machine: life(), received: '-ox', submitted: '', transmitted: 'OR' }),
  Update: (secured) => ({
    machine: life([secured ? { uri: 'coaps://server:5684', psk } : {}]),
    received: '-oc-x',
    submitted: '---u',
    transmitted: 'OR-U',
  }),
  'De-register': () => ({ machine: life(), received: '-oc-x', submitted: '---s', transmitted: 'OR-D' }),
  'Bootstrap-Request': () => ({ machine: life([bootstrapServer], { version: '1.1' }), received: '-ox', submitted: '', transmitted: 'OB' }),
  'Bootstrap-Pack-Request': () => ({ machine: life([bootstrapServer]), received: '-ox', submitted: '', transmitted: 'OP' }),
  waking: () => ({ machine: life([{ queueMode: true }]), received: '-oc 97s x', submitted: '--- 96s u', transmitted: 'OR 93s C---O' }),
}

describe.each([...new Set(failures.map(({ doing }) => doing))])('%s goes wrong', (doing) => {
  test.each(
    failures
      .filter((row) => row.doing === doing)
      .map((row) => [`${row.what}${row.secured === true ? ' (coaps)' : ''}`, row.does, row] as const),
  )('%s: the client %s', (_what, _does, { word, secured, sent, then }) => {
    const { machine, received, submitted, transmitted } = situations[doing](secured === true)
    const isUpdate = doing === 'waking' && sent !== ''
    const lane = isUpdate ? received.replace('x', 'ox') : received
    const seen = live(
      machine,
      { o: opened(), c: created(), u: update, s: stop, x: word },
      { received: lane, submitted, transmitted: isUpdate ? `${transmitted}U${sent}` : `${transmitted}${sent}` },
    )
    expect(lastOf(seen)).toMatchObject(then)
  })
})

test('no wait for ever: what fails is failed, or has a plan', () => {
  for (const { then } of failures) expect(['waiting', 'connecting', 'registering', 'requesting', 'stopped']).toContain(then.state)
})
