/** The OMA Enabler Test Specification, registration: the cases 101 to 111, our client against our server (ETS INT 1.2 §6.2). */
import { describe, expect, test } from 'vitest'
import { instances } from '../../src/client/objects.ts'
import { connectivityMonitoring } from '../../src/objects/connectivity-monitoring.ts'
import { c1Device, endpointClientName, rig, type Rig } from './rig.ts'

const lifetime = (it: Rig, seconds: number) =>
  expect(it.do((device) => device.write('/1/0/1', seconds), 100).response?.message.code).toBe('2.04')
const answerTo = (it: Rig, request: Rig['wire'][number]) =>
  it.wire.find(({ way, message }) => way === 'out' && message.token === request.message.token && /^[245]/.test(message.code))?.message.code

describe('registration', () => {
  test('int-101: a client registers what it has, without Security', () => {
    const it = rig()
    const [register] = it.registers()
    expect(register?.query).toEqual(expect.arrayContaining([`ep=${endpointClientName}`, 'lt=86400', 'lwm2m=1.2', 'b=U']))
    expect(register?.contentFormat).toBe(40)
    expect(register?.text).toContain('</1/0>')
    expect(register?.text).toContain('</3/0>')
    expect(register?.text).not.toMatch(/<\/(0|21|23)[/>]/)
    expect(answerTo(it, register!)).toBe('2.01')
    expect(it.events).toMatchObject([{ type: 'registered', registration: { endpointClientName, lifetimeSeconds: 86_400, version: '1.2' } }])
  })

  test('int-102: a shorter lifetime is told; when it has passed without a word the server lets the client go', () => {
    const it = rig()
    lifetime(it, 20)
    const update = it.updates().at(-1)!
    expect(update.query).toEqual(['lt=20'])
    expect(answerTo(it, update)).toBe('2.04')
    it.pass(60)
    expect(it.updates().length).toBeGreaterThanOrEqual(4)
    expect(it.events.map(({ type }) => type)).not.toContain('expired')
    it.world.network.cut(true, '10.9.0.1')
    it.pass(25)
    expect(it.events.map(({ type }) => type)).toContain('expired')
  })

  test('int-103: Disable ends the registration', () => {
    const it = rig()
    const { response } = it.do((device) => device.execute('/1/0/4'))
    expect(response?.message.code).toBe('2.04')
    const deregister = it.wire.find(({ way, message }) => way === 'in' && message.code === '0.04')
    expect(deregister?.path).toMatch(/^\/rd\//)
    expect(answerTo(it, deregister!)).toBe('2.02')
    expect(it.events.at(-1)?.type).toBe('deregistered')
  })

  test('int-104: the trigger brings an Update without parameters, and the lifetime begins anew', () => {
    const it = rig()
    lifetime(it, 20)
    it.pass(5)
    const before = it.updates().length
    expect(it.do((device) => device.execute('/1/0/8'), 100).response?.message.code).toBe('2.04')
    const update = it.updates()[before]
    expect(update).toMatchObject({ query: [], text: '' })
    expect(answerTo(it, update!)).toBe('2.04')
    it.pass(60)
    expect(it.events.map(({ type }) => type)).not.toContain('expired')
  })

  test('int-105: a client that the server has forgotten registers again', () => {
    const it = rig()
    lifetime(it, 60)
    // The server forgets: a Register of the same name from elsewhere takes the place, and leaves.
    const { location } = it.events[0]!.registration
    it.spoof('DELETE', `/rd/${location}`)
    it.pass(1)
    expect(it.events.at(-1)?.type).toBe('deregistered')
    const before = it.updates().length
    it.pass(60)
    expect(answerTo(it, it.updates()[before]!)).toBe('4.04')
    expect(it.registers()).toHaveLength(2)
    expect(it.events.at(-1)?.type).toMatch(/registered|updated/)
  })

  test('int-107: a longer lifetime is told at once, and the next Update comes in time', () => {
    const it = rig({ account: { lifetimeSeconds: 60 } })
    expect(it.registers()[0]?.query).toContain('lt=60')
    lifetime(it, 120)
    const update = it.updates().at(-1)!
    expect(update.query).toEqual(['lt=120'])
    expect(answerTo(it, update)).toBe('2.04')
    const before = it.updates().length
    it.pass(120)
    expect(it.updates().length).toBeGreaterThan(before)
    expect(it.updates()[before]!.atMs - update.atMs).toBeLessThan(120_000)
  })
})

describe('queue mode', () => {
  test('int-108: a client that sleeps says so, and the server knows', () => {
    const it = rig({ account: { queueMode: true } })
    expect(it.registers()[0]?.query).toContain('Q')
    expect(it.events[0]?.registration.queueMode).toBe(true)
  })

  test('int-109: what the server wants of a sleeping client waits for its next Update', () => {
    const it = rig({ account: { queueMode: true } })
    lifetime(it, 240)
    it.pass(120)
    const asleep = it.wire.length
    const read = it.watch((device) => device.read('/1/0/1'))
    it.pass(10)
    expect(it.wire.slice(asleep).filter(({ way }) => way === 'out')).toEqual([])
    it.pass(120)
    expect(read.values.map(({ value }) => value.value)).toEqual([240])
    const [update, get] = [it.updates().at(-1)!, it.wire.find(({ path, message }) => path === '/1/0/1' && message.code === '0.01')!]
    expect(get.atMs).toBeGreaterThanOrEqual(update.atMs)
  })
})

describe('Profile ID', () => {
  const profileId = '6:27354b9a'

  test('int-110: a profile that the server knows stands for the list of Objects', () => {
    const it = rig({ client: { profileId }, objects: [c1Device()], server: { profiles: { [profileId]: '</1/0>,</3/0>' } } })
    const [register] = it.registers()
    expect(register?.query).toEqual(expect.arrayContaining(['lwm2m=1.2', `pid=${profileId}`]))
    expect(register?.text).toBe('')
    expect(answerTo(it, register!)).toBe('2.01')
    expect(it.events[0]?.registration.has.objects.map(({ path }) => path)).toMatchObject([
      { object: 1, instance: 0 },
      { object: 3, instance: 0 },
    ])
  })

  test('int-111: Objects beside the profile are listed, and both count', () => {
    const monitoring = instances(connectivityMonitoring, { 0: { 0: 0, 1: { 0: 0 }, 2: -70, 4: { 0: '10.0.0.1' } } })
    const it = rig({
      client: { profileId, profileObjects: [1, 3] },
      objects: [c1Device(), monitoring],
      server: { profiles: { [profileId]: '</1/0>,</3/0>' } },
    })
    const [register] = it.registers()
    expect(register?.query).toContain(`pid=${profileId}`)
    expect(register?.text).toBe('</4/0>')
    expect([...new Set(it.events[0]?.registration.has.objects.map(({ path }) => path.object))]).toEqual([1, 3, 4])
  })
})
