/** What a server takes of what clients send, and whose it is (LwM2M Core 1.2.2 §6.4.6, Transport §6.7). */
import { firstValueFrom } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { formatsByNumber } from '../../../src/format/formats.ts'
import { request } from '../../../src/exchange/request.ts'
import { registry } from '../../../src/objects/registry.ts'
import { contexts } from '../../../src/server/client/context.ts'
import { reports } from '../../../src/server/reporting/pipeline.ts'
import type { SentValues } from '../../../src/server/reporting/sent.ts'
import { registrationOf } from './registration.ts'

const nowMs = 1_700_000_000_000
const known = 'coap://192.0.2.1:5683'
const client = registrationOf({ objects: [{ path: { object: 3303, instance: 0 }, attributes: {} }] }, known)
const desk = () => {
  const contextOf = contexts({ formats: formatsByNumber, definitions: registry })
  const made = reports({ wall: () => nowMs, at: (remote) => (remote === known ? client : undefined), contextOf })
  const seen: SentValues[] = []
  made.of('one').subscribe((sent) => seen.push(sent))
  const post = async (payload: string, contentFormat: number | undefined = 110, remote = known) =>
    (await firstValueFrom(made.handler(request('POST', remote, { payload, ...(contentFormat < 0 ? {} : { contentFormat }) }, '/dp')))).code
  return { ...made, post, seen }
}
const celsius = '[{"n":"/3303/0/5700","v":20.5}]'

describe('a Send', () => {
  test('of registered values is 2.04, and heard by whoever listens to its client, and to all [LwM2M Core §6.4.6]', async () => {
    const { post, seen, sent$, of } = desk()
    const all: SentValues[] = []
    const others: SentValues[] = []
    const listening = sent$.subscribe((sent) => all.push(sent))
    of('two').subscribe((sent) => others.push(sent))
    expect(await post(celsius)).toBe('2.04')
    expect(seen).toEqual([
      {
        endpointClientName: 'one',
        nodes: [{ path: { object: 3303, instance: 0, resource: 5700 }, value: 20.5, time: nowMs / 1000 }],
        receivedAt: nowMs,
      },
    ])
    expect(all).toEqual(seen)
    expect(others).toEqual([])
    listening.unsubscribe()
    await post(celsius)
    expect([all.length, seen.length]).toEqual([1, 2])
  })

  test('has the times that it says, those relative to now made absolute [RFC 8428 §4.5.3]', async () => {
    const { post, seen } = desk()
    await post('[{"bn":"/3303/0/5700","bt":1600000000,"v":1},{"t":60,"v":2}]')
    await post('[{"n":"/3303/0/5700","t":-30,"v":3}]')
    expect(seen.flatMap(({ nodes }) => nodes.map(({ time }) => time))).toEqual([1_600_000_000, 1_600_000_060, nowMs / 1000 - 30])
  })

  test.each([
    ['[{"n":"/3303/0/5700","v":20.5}', 110, known, '4.00', 'no JSON'],
    ['[]', 110, known, '4.00', 'nothing'],
    ['[{"n":"/3303/0/5700","vs":"warm"}]', 110, known, '4.00', 'a text for a number'],
    ['[{"n":"/3303/1/5700","v":20.5}]', 110, known, '4.04', 'an Object Instance that is not registered'],
    ['[{"n":"/3303/0/5700","v":20.5},{"n":"/3/0/9","v":5}]', 110, known, '4.04', 'an Object that is not registered, among others'],
    [celsius, 110, 'coap://192.0.2.9:5683', '4.04', 'nobody who is registered'],
    [celsius, 0, known, '4.15', 'text'],
    [celsius, 11542, known, '4.15', 'TLV'],
    [celsius, 7, known, '4.15', 'a format that is not spoken here'],
    [celsius, -1, known, '4.15', 'no format at all'],
  ])('%s in %i of %s is %s: %s [LwM2M Transport §6.7]', async (payload, contentFormat, remote, code) => {
    const { post, seen } = desk()
    expect(await post(payload, contentFormat, remote)).toBe(code)
    expect(seen).toEqual([])
  })

  test('of Resources that nobody knows is taken as it is [LwM2M Core §6.4.6]', async () => {
    const { post, seen } = desk()
    expect(await post('[{"n":"/3303/0/26000","vs":"new"}]')).toBe('2.04')
    expect(seen[0]!.nodes[0]!.value).toBe('new')
  })

  test('is a POST: anything else there is refused', async () => {
    const { handler } = desk()
    expect((await firstValueFrom(handler(request('GET', known, {}, '/dp')))).code).toMatch(/^4\.0[45]$/)
    expect((await firstValueFrom(handler(request('POST', known, {}, '/dp/x')))).code).toBe('4.04')
  })
})
