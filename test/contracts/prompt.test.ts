/** The prompt of `lwm2m-rx server`: every operation, typed; completion and help. */
import { spawn, type ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { EMPTY, filter, firstValueFrom, type Subscription } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { complete, wordsOf } from '../../src/cli/prompt.ts'
import { orders } from '../../src/cli/orders.ts'
import { client, type Client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import { portfolio } from '../../src/objects/portfolio.ts'
import { temperature } from '../../src/objects/temperature.ts'
import { live } from '../../src/platform/live.ts'
import type { Registration } from '../../src/server/registration.ts'
import { memory } from '../../src/simulation/storage.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const executed: string[] = []
let child: ChildProcess
let text = ''
let device: Client
let running: Subscription
const heard = new Set<() => void>()
const until = (pattern: RegExp, from = 0): Promise<RegExpExecArray> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`not said: ${pattern}\n${text.slice(from)}`)), 10_000)
    const look = () => {
      const found = pattern.exec(text.slice(from))
      if (found === null) return
      clearTimeout(late)
      heard.delete(look)
      resolve(found)
    }
    heard.add(look)
    look()
  })
/** Types a line; what is said until the pattern fits. */
const type = (line: string, answer: RegExp): Promise<RegExpExecArray> => {
  const from = text.length
  child.stdin!.write(`${line}\n`)
  return until(answer, from)
}

beforeAll(async () => {
  child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, 'server', '--port', '0'], { cwd: tmpdir() })
  const hear = (piece: Buffer) => {
    text += piece.toString()
    for (const look of [...heard]) look()
  }
  child.stdout!.on('data', hear)
  child.stderr!.on('data', hear)
  const uri = (await until(/listening at (coap:\/\/127\.0\.0\.1:\d+)/))[1]!
  device = client(live({ storage: memory() }), {
    endpointClientName: 'dev1',
    servers: uri,
    objects: [
      deviceObject({
        manufacturer: 'Acme',
        reboot: (given) => {
          executed.push(JSON.stringify(given))
          return EMPTY
        },
      }),
      instances(temperature, { 0: { 5700: 20.5, 5701: 'Cel' } }),
      instances(portfolio, { 0: { 0: { 0: 'one', 1: 'two' } } }),
    ],
  })
  running = device.notice$.subscribe()
  await firstValueFrom(device.state$.pipe(filter(([account]) => account?.state === 'registered')))
  await until(/registered +dev1/)
}, 30_000)
afterAll(() => {
  running?.unsubscribe()
  child?.kill('SIGKILL')
})

describe('what is typed is done', () => {
  test('clients are listed and shown', async () => {
    await type('list', /dev1 {2}coap:\/\/\S+ {2}LwM2M 1\.2 {2}lifetime 86400 s/)
    await type('show dev1', /binding U, awake[^]*\/3 version 1\.1 {2}Device[^]*\/3303\/0 {2}Temperature/)
  })
  test('places are read, alone and together, in the format that is asked for', async () => {
    await type('read dev1 /3/0/0', /^\/3\/0\/0 = Acme$/m)
    await type('read dev1 /3/0/0 /3303 as senml-json', /\/3\/0\/0 = Acme\n\/3303\/0\/5700 = 20\.5\n\/3303\/0\/5701 = Cel/)
  })
  test('a Resource, an Object Instance, a Resource Instance and several places are written', async () => {
    await type('write dev1 /1/0/2 5', /^2\.04$/m)
    await type('write dev1 /1/0 3=60 6=false partial as tlv', /^2\.04$/m)
    await type('write dev1 /16/0/0 0=uno 7="due parole"', /^2\.04$/m)
    await type('write dev1 /1/0/2=9 /16/0/0/0=one', /^2\.04$/m)
    await type('read dev1 /1/0', /\/1\/0\/2 = 9\n\/1\/0\/3 = 60\n[^]*\/1\/0\/6 = false/)
    await type('read dev1 /16', /\/16\/0\/0\/0 = one\n\/16\/0\/0\/7 = due parole/)
  })
  test('attributes are written and discovered', async () => {
    await type('attributes dev1 /3303/0/5700 pmin=1 gt=30', /^2\.04$/m)
    await type('discover dev1 /3303/0', /\/3303\/0\/5700 {2}pmin=1 {2}gt=30/)
  })
  test('Object Instances come and go', async () => {
    await type('create dev1 /16/5 0/0=new', /^\/16\/5$/m)
    await type('delete dev1 /16/5', /^2\.02$/m)
    await type('delete dev1 /16/5', /4\.04/)
  })
  test('a Resource executes with its arguments', async () => {
    await type("execute dev1 /3/0/4 0='soon',1", /^2\.04$/m)
    expect(executed).toEqual(['{"0":"soon","1":null}'])
  })
  test('places are observed until they are stopped', async () => {
    const from = text.length
    await type('observe dev1 /16/0/0/0 /3/0/0', /dev1: \/3\/0\/0 = Acme/)
    await type('write dev1 /16/0/0/0 seen', /dev1: \/16\/0\/0\/0 = seen/)
    await type('stop dev1 /16/0/0/0', /^stopped$/m)
    expect(text.slice(from)).not.toContain('has ended')
  })
  test('what a client sends is shown, unless it is muted', async () => {
    const from = text.length
    await firstValueFrom(device.send('/3/0/0'))
    await until(/dev1 sends \/3\/0\/0 = Acme/, from)
    await type('mute dev1', /^2\.04$/m)
    expect((await firstValueFrom(device.send('/3/0/0'))).result).toBe('muted')
    await type('unmute dev1', /^2\.04$/m)
  })
  test('the client is asked for an Update', async () => {
    await type('trigger dev1', /updated +dev1/)
  })
})

describe('what cannot be meant is said', () => {
  test.each([
    ['nonsense', /nonsense\? `help` lists/],
    ['read', /which endpoint\?/],
    ['read dev1', /a path is needed/],
    ['read dev1 /3 as gif', /no content format is gif/],
    ['read nobody /3', /nobody is not registered/],
    ['write dev1 /1/0/1 abc', /abc is no integer/],
    ['write dev1 /3/0 foo', /foo is no ID=VALUE/],
    ['attributes dev1 /3 pmin=-1', /pmin: number/],
    ['help observe', /observe ENDPOINT PATH/],
  ])('%s', async (line, answer) => {
    await type(line, answer)
  })
  test('help names every command', async () => {
    const from = text.length
    await type('help', /Tab completes/)
    for (const { usage } of Object.values(orders)) expect(text.slice(from)).toContain(usage)
  })
})

describe('Tab', () => {
  const registered = [
    {
      endpointClientName: 'dev1',
      has: {
        objects: [
          { path: { object: 3 }, attributes: {} },
          { path: { object: 3, instance: 0 }, attributes: {} },
        ],
      },
    },
  ] as unknown as readonly Registration[]
  test.each([
    ['re', ['read']],
    ['read d', ['dev1']],
    ['read dev1 /', ['/3', '/3/0']],
    [
      'read dev1 /3/0/1',
      ['/3/0/1', '/3/0/10', '/3/0/11', '/3/0/12', '/3/0/13', '/3/0/14', '/3/0/15', '/3/0/16', '/3/0/17', '/3/0/18', '/3/0/19'],
    ],
    ['read dev1 /3 as senml-c', ['senml-cbor']],
    ['help wr', ['write']],
  ])('%s', (line, choices) => {
    expect(complete(line, registered)[0]).toEqual(choices)
  })
  test('words in quotes are one', () => {
    expect(wordsOf('write dev1 /3/0 15="Europe / Paris" 14=x')).toEqual(['write', 'dev1', '/3/0', '15="Europe / Paris"', '14=x'])
  })
})
