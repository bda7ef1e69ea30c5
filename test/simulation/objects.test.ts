/** Objects and Object Instances that come and go while a device runs: what its server sees, and what becomes of their streams. */
import { EMPTY, finalize, interval, map, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Environment } from '../../src/core/environment.ts'
import { client, type Client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { defineObject } from '../../src/model/definition.ts'
import { formatPath } from '../../src/model/path.ts'
import { ipso } from '../../src/objects/ipso.ts'
import { server as server1 } from '../../src/objects/server.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { lwm2mServer, type Server } from '../../src/server.ts'
import { world } from '../../src/simulation/world.ts'

const lamp = defineObject({
  id: 32_769,
  name: 'Lamp',
  version: '1.2',
  multiple: true,
  mandatory: false,
  resources: {
    1: { name: 'Level', operations: 'RW', multiple: false, mandatory: true, type: 'unsigned', range: { min: 0, max: 100 } },
    2: { name: 'Blink', operations: 'E', multiple: false, mandatory: false },
    3: { name: 'Hours', operations: 'R', multiple: false, mandatory: false, type: 'integer' },
    4: { name: 'Label', operations: 'RW', multiple: false, mandatory: false, type: 'string' },
  },
})

type At = (ms: number, what: () => void) => void
/** A device and its server; what happens at either is written down. */
const play = (forMs: number, act: (at: At, device: Client, server: Server, notes: string[], env: Environment) => void) => {
  const made = world(1)
  const seen: string[] = []
  let server: Server | undefined
  let device: Client | undefined
  made.node('server').start((env) => {
    server = lwm2mServer(env, { context: {} })
    return server.registrations$.pipe(
      map((event) => {
        const { objects } = event.registration.has
        const extra = objects.filter(({ path }) => (path.object ?? 0) > 3)
        seen.push(
          `${event.type} ${extra.map(({ path, attributes }) => `${formatPath(path)}${attributes['ver'] === undefined ? '' : `;${attributes['ver']}`}`).join()}`,
        )
      }),
    )
  })
  let surroundings: Environment | undefined
  made.node('dev').start((env) => {
    surroundings = env
    device = client(env, {
      endpointClientName: 'dev',
      servers: 'coap://server',
      objects: [deviceObject({ reboot: () => EMPTY }), instances(temperature, { 0: { 5700: 20 } })],
    })
    return device.notice$.pipe(
      map((notice) => {
        if (notice.type === 'refused') seen.push(`refused ${notice.path} ${notice.refusal.refused}`)
        if (notice.type === 'command-refused') seen.push(`${notice.command}: ${notice.reason}`)
      }),
    )
  })
  act((ms, what) => made.at(ms, what), device!, server!, seen, surroundings!)
  made.run(forMs)
  return seen
}
const shown = (value: unknown) => JSON.stringify(value).replaceAll('"', '')
const told = (seen: string[], what: string) => ({
  next: (value: unknown) => seen.push(`${what} ${JSON.stringify(value)}`),
  error: (error: Error) => seen.push(`${what} ${error.message}`),
  complete: () => seen.push(`${what} over`),
})

describe('an Object that comes while the device runs', () => {
  it('is registered with an Update, read, written, executed and observed like the others [LwM2M Core §6.2.2]', () => {
    const seen = play(9_000, (at, device, server, notes) => {
      const one = server.client('dev')
      at(1_000, () =>
        device.add(
          instances(lamp, {
            0: {
              1: { value: 5, write: (level: number) => of(notes.push(`to be ${level}`)) },
              2: () => of(notes.push('blinks')),
              3: { read: () => of(77) },
            },
          }),
        ),
      )
      at(2_000, () => one.write('/32769/0/1', 80, { format: 0 }).subscribe(({ code }) => notes.push(`write ${code}`)))
      at(3_000, () => one.execute('/32769/0/2').subscribe(({ code }) => notes.push(`execute ${code}`)))
      at(4_000, () => one.read('/32769/0/3').subscribe(({ value }) => notes.push(`read ${shown(value)}`)))
      at(5_000, () =>
        one
          .read('/32769/0')
          .subscribe(({ nodes }) => notes.push(nodes.map(({ path, value }) => `${formatPath(path)}=${shown(value)}`).join())),
      )
    })
    expect(seen).toEqual([
      'registered /3303/0',
      'updated /3303/0,/32769;1.2,/32769/0',
      'to be 80',
      'write 2.04',
      'blinks',
      'execute 2.04',
      'read 77',
      '/32769/0/1=80,/32769/0/3=77',
    ])
  })
  it('is fed by its streams as long as it is there', () => {
    const seen = play(9_500, (at, device, server, notes, env) => {
      const one = server.client('dev')
      let fed = 0
      const humidity$ = () =>
        interval(1_000, env.scheduler).pipe(
          map((n) => (fed = 40 + n)),
          finalize(() => notes.push(`unsubscribed at ${fed}`)),
        )
      at(1_000, () => {
        device.add(instances(ipso(3304), { 0: { 5700: humidity$(), 5701: '%RH' } }))
      })
      at(3_500, () =>
        one.observe('/3304/0/5700').subscribe({ ...told(notes, 'observed'), next: ({ value }) => notes.push(`observed ${shown(value)}`) }),
      )
      at(6_500, () => device.remove(3304))
      at(8_000, () => one.read('/3304/0/5700').subscribe(told(notes, 'read')))
    })
    expect(seen).toEqual([
      'registered /3303/0',
      'updated /3303/0,/3304/0',
      'observed 41',
      'observed 42',
      'observed 43',
      'observed 44',
      'unsubscribed at 44',
      expect.stringMatching(/^observed .*4\.04/),
      'updated /3303/0',
      expect.stringMatching(/^read .*4\.04/),
    ])
  })
})

describe('an Object Instance that comes while the device runs', () => {
  it('may have Resources that no other has, and goes with its streams', () => {
    const seen = play(10_000, (at, device, server, notes, env) => {
      const one = server.client('dev')
      const level$ = interval(1_000, env.scheduler).pipe(finalize(() => notes.push('unsubscribed')))
      at(1_000, () => device.add(instances(lamp, { 0: { 1: 5 } })))
      at(2_000, () => device.addInstance(lamp, 4, { 1: level$, 4: 'hall' }))
      at(4_500, () =>
        one
          .read('/32769/4')
          .subscribe(({ nodes }) => notes.push(nodes.map(({ path, value }) => `${formatPath(path)}=${shown(value)}`).join())),
      )
      at(5_000, () => one.write('/32769/4/4', 'door').subscribe(({ code }) => notes.push(`write ${code}`)))
      at(6_000, () => device.removeInstance(32_769, 4))
      at(8_000, () => one.read('/32769/4').subscribe(told(notes, 'read')))
      at(9_000, () => one.read('/32769/0/1').subscribe(({ value }) => notes.push(`read ${shown(value)}`)))
    })
    expect(seen).toEqual([
      'registered /3303/0',
      'updated /3303/0,/32769;1.2,/32769/0',
      'updated /3303/0,/32769;1.2,/32769/0,/32769/4',
      '/32769/4/1=1,/32769/4/4=hall',
      'write 2.04',
      'unsubscribed',
      'updated /3303/0,/32769;1.2,/32769/0',
      expect.stringMatching(/^read .*4\.04/),
      'read 5',
    ])
  })
})

describe('what cannot be offered', () => {
  it('is said, and nothing has happened: no Object, no stream, no Update', () => {
    const seen = play(6_000, (at, device, server, notes, env) => {
      const stream$ = interval(1_000, env.scheduler).pipe(map(() => notes.push('fed')))
      at(1_000, () => device.add(instances(lamp, { 0: { 1: 500, 3: stream$ } })))
      at(2_000, () => server.client('dev').read('/32769').subscribe(told(notes, 'read')))
      at(3_000, () => device.add(instances(lamp, { 0: { 1: 50 } })))
    })
    expect(seen).toEqual([
      'registered /3303/0',
      'refused /32769/0/1 range',
      expect.stringMatching(/^read .*4\.04/),
      'updated /3303/0,/32769;1.2,/32769/0',
    ])
  })
  it.each([
    ['an Object that is there', (device: Client) => device.add(instances(temperature, { 1: { 5700: 1 } })), 'add: there'],
    ['an account', (device: Client) => device.command({ type: 'add', object: { definition: server1, instances: {} } }), 'add: reserved'],
    ['an Object that is not there, to go', (device: Client) => device.remove(3304), 'remove: not-there'],
    ['the accounts, to go', (device: Client) => device.remove(1), 'remove: reserved'],
    ['an Object Instance that is there', (device: Client) => device.addInstance(temperature, 0, { 5700: 1 }), 'add-instance: there'],
    ['an Object Instance of nothing', (device: Client) => device.addInstance(lamp, 0, { 1: 1 }), 'add-instance: not-there'],
    ['an Object Instance that is not there, to go', (device: Client) => device.removeInstance(3303, 9), 'remove-instance: not-there'],
  ])('%s', (_, order, said) => {
    expect(play(3_000, (at, device) => at(1_000, () => order(device)))).toEqual(['registered /3303/0', said])
  })
})

it('what came by itself goes like everything else, and may come again in another version', () => {
  const seen = play(8_000, (at, device, server, notes) => {
    const one = server.client('dev')
    at(1_000, () => device.remove(3303))
    at(2_000, () => one.read('/3303').subscribe(told(notes, 'read')))
    at(3_000, () => device.add(instances(ipso(3303, '1.1'), { 2: { 5700: 3.5, 5518: 1_700_000_000 } })))
    at(4_000, () => one.read('/3303/2/5518').subscribe(({ value }) => notes.push(`read ${shown(value)}`)))
  })
  expect(seen).toEqual([
    'registered /3303/0',
    'updated ',
    expect.stringMatching(/^read .*4\.04/),
    'updated /3303;1.1,/3303/2',
    'read 1700000000',
  ])
})
