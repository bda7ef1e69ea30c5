/** Our client at a server on the newer Leshan libraries, which speak LwM2M 1.1 at most: every operation, in every format that both speak, with every type of value. */
import { resolve } from 'node:path'
import { EMPTY, filter, firstValueFrom, Subject, type Subscription } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { client, type Client } from '../../src/client.ts'
import { deviceObject, instances } from '../../src/client/objects.ts'
import type { AccountNotice, Notice } from '../../src/client/word.ts'
import { live } from '../../src/platform/live.ts'
import { memory } from '../../src/simulation/storage.ts'
import { everyType, first } from './leshan-types.ts'
import { folder, freePort, pause, serve, type Peer } from './peer.ts'

const room = folder()
const name = 'urn:dev:ops:1234-stepping-down'
const notices: Notice[] = []
const serial$ = new Subject<string>()
let peer: Peer
let device: Client
let running: Subscription

beforeAll(async () => {
  const port = await freePort()
  const args = [
    '-cp',
    `${resolve(import.meta.dirname, 'target/libraries')}/*`,
    resolve(import.meta.dirname, 'libraries/LeshanServer.java'),
    String(port),
  ]
  peer = await serve('java', args, room.path, (said) => Promise.resolve(said.includes('ready')), 90_000)
  device = client(live({ storage: memory() }), {
    endpointClientName: name,
    servers: { uri: `coap://127.0.0.1:${port}`, lifetimeSeconds: 300 },
    objects: [
      deviceObject({ manufacturer: 'Acme', serialNumber: serial$, reboot: () => EMPTY }),
      // Resources with several Instances are there, empty: what a device does not feed it does not have.
      instances(everyType, { 0: { ...Object.fromEntries(first.entries()), ...Object.fromEntries(first.map((_, id) => [10 + id, {}])) } }),
    ],
  })
  running = device.notice$.subscribe((notice) => notices.push(notice))
  await firstValueFrom(device.state$.pipe(filter(([account]) => account?.state === 'registered')))
}, 100_000)
afterAll(async () => {
  running?.unsubscribe()
  await peer?.stop()
  room.remove()
})

/** Waits until the server has said a line that begins so; what it says after it. */
const says = async (beginning: string, from = 0): Promise<string> => {
  const until = Date.now() + 10_000
  for (;;) {
    const line = peer
      .said()
      .slice(from)
      .split('\n')
      .find((one) => one.startsWith(beginning))
    if (line !== undefined) return line.slice(beginning.length)
    if (Date.now() > until) throw new Error(`not said: ${beginning}\n${peer.said().slice(from)}`)
    await pause(10)
  }
}
/** Asks the server to do something; its answer. */
const asks = async (line: string): Promise<string> => {
  const from = peer.said().length
  peer.process.stdin!.write(`${line}\n`)
  return says(`answer ${line} = `, from)
}
const written = ['other', '-9223372036854775808', '4294967296', '-1.5E-7', 'false', '010203', '0', '1:0']
const began = ['text', '9007199254740993', '18446744073709551615', '0.1', 'true', '00ff', '1367491215', '3:0']
const listed = (values: readonly string[]) => values.map((value, id) => `${id}=${value}`).join(' ')
const told = (values: readonly string[], at = '/30000/0') => values.map((value, id) => `${at}/${id}=${value}`).join(' ')

test('a server of version 1.1 refuses 1.2 with 4.12, and the client steps down to 1.1 [LwM2M Core §6.2.1]', async () => {
  await says(`registered ${name} 1.1 300`)
  const versions = notices.filter((notice): notice is AccountNotice => notice.type === 'account').map(({ version }) => version)
  expect([versions[0], versions.at(-1)]).toEqual(['1.2', '1.1'])
})

describe.each(['TLV', 'JSON', 'SENML_JSON', 'SENML_CBOR'])('%s', (format) => {
  test('an Object Instance with every type is replaced, updated and read [LwM2M Core §7.4]', async () => {
    expect(await asks(`replace ${format} /30000/0 ${listed(written)}`)).toMatch(/^204/)
    expect(await asks(`read ${format} /30000/0`)).toBe(`205 ${told(written)}`)
    expect(await asks(`update ${format} /30000/0 ${listed(began)}`)).toMatch(/^204/)
    expect(await asks(`read ${format} /30000`)).toBe(`205 ${told(began)}`)
  })
  test('Resources with several Instances are written and read [LwM2M Core §7.4]', async () => {
    for (const [id, value] of began.entries()) {
      expect(await asks(`update ${format} /30000/0 ${10 + id}=${value},${written[id]!}`)).toMatch(/^204/)
      const several = `/30000/0/${10 + id}/0=${value} /30000/0/${10 + id}/1=${written[id]!}`
      expect(await asks(`read ${format} /30000/0/${10 + id}`)).toBe(`205 ${several}`)
      expect(await asks(`read ${format} /30000/0/${10 + id}/1`)).toBe(`205 /30000/0/${10 + id}/1=${written[id]!}`)
    }
    expect(await asks(`replace ${format} /30000/0 ${listed(began)}`)).toMatch(/^204/)
  })
  test('an Object Instance is created, read and deleted [LwM2M Core §6.3.6]', async () => {
    expect(await asks(`create ${format} /30000/5 0=made 1=5`)).toMatch(/^201/)
    expect(await asks(`read ${format} /30000/5`)).toBe('205 /30000/5/0=made /30000/5/1=5')
    expect(await asks(`delete /30000/5`)).toMatch(/^202/)
    expect(await asks(`read ${format} /30000/5`)).toMatch(/^404/)
  })
})

describe.each(['TEXT', 'CBOR', 'OPAQUE'])('%s', (format) => {
  test('a Resource of every type is written and read [LwM2M Core §7.4]', async () => {
    for (const id of began.keys()) {
      // These libraries read times in CBOR with tag 0 or 1 only; LwM2M 1.2 has whole numbers there, which is what we write.
      if ((format === 'OPAQUE' && id !== 5) || (format === 'CBOR' && id === 6)) continue
      for (const value of [written[id]!, began[id]!]) {
        expect(await asks(`write ${format} /30000/0/${id} ${value}`)).toMatch(/^204/)
        expect(await asks(`read ${format} /30000/0/${id}`)).toBe(`205 /30000/0/${id}=${value}`)
      }
    }
  })
})

describe.each(['SENML_JSON', 'SENML_CBOR'])('composites as %s', (format) => {
  test('several places are read, written and observed at once [LwM2M Core §6.3.8, §6.3.9, §6.4.4]', async () => {
    expect(await asks(`readc ${format} /3/0/0 /30000/0/1 /30000/0/3`)).toBe(`205 /3/0/0=Acme /30000/0/1=${began[1]!} /30000/0/3=0.1`)
    expect(await asks(`writec ${format} /30000/0/0=composite /30000/0/4=false`)).toMatch(/^204/)
    const from = peer.said().length
    expect(await asks(`observec ${format} /30000/0/0 /30000/0/4`)).toBe('205 /30000/0/0=composite /30000/0/4=false')
    expect(await asks(`writec ${format} /30000/0/0=text /30000/0/4=true`)).toMatch(/^204/)
    expect(await says('notified composite ', from)).toBe('/30000/0/0=text /30000/0/4=true')
  })
})

describe('the rest', () => {
  test('a Resource is observed with its attributes [LwM2M Core §5.1.2, §6.4]', async () => {
    serial$.next('one')
    expect(await asks('attributes /3/0/2 0 60')).toMatch(/^204/)
    expect(await asks('observe TEXT /3/0/2')).toBe('205 /3/0/2=one')
    const from = peer.said().length
    serial$.next('two')
    expect(await says('notified /3/0/2 ', from)).toBe('/3/0/2=two')
    expect(await asks('discover /3/0/2')).toContain('pmax=60')
  })
  test('what the client sends arrives, with its history [LwM2M Core §6.4.6]', async () => {
    const from = peer.said().length
    const { result } = await firstValueFrom(device.send(['/3/0/0', '/30000/0/1']))
    expect(result).toBe('sent')
    expect(await says('sent ', from)).toBe(`/3/0/0=Acme /30000/0/1=${began[1]!} x1`)
  })
  test('it executes, and refuses what it must [LwM2M Transport §6.4]', async () => {
    expect(await asks('execute /3/0/4')).toMatch(/^204/)
    expect(await asks('read TEXT /3/9/0')).toMatch(/^404/)
    expect(await asks('execute /3/0/0')).toMatch(/^405/)
    expect(await asks('read TLV /0')).toMatch(/^401/)
  })
  test('it updates and leaves [LwM2M Core §6.2.2, §6.2.3]', async () => {
    device.command({ type: 'update' })
    await says(`updated ${name} 300`)
    await firstValueFrom(device.stop(), { defaultValue: undefined })
    await says(`unregistered ${name}`)
  })
})
