/** `lwm2m-rx decode` and `encode` as processes of their own: arguments, files, standard input, exit codes. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { decodeCommand } from '../../src/cli/decode.ts'
import { encodeCommand } from '../../src/cli/encode.ts'
import { formats } from '../../src/format/formats.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lwm2m-rx-codec-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
  readonly bytes: Buffer
}
/** In a process of its own. */
const start = (args: readonly string[], input?: string | Uint8Array): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args])
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => out.push(part))
    child.stderr.on('data', (part: Buffer) => err.push(part))
    child.stdin.end(input ?? '')
    child.on('close', (code) => {
      const bytes = Buffer.concat(out)
      resolve({ code, out: bytes.toString(), err: Buffer.concat(err).toString(), bytes })
    })
  })

const exitCode = (): number => Number(process.exitCode ?? 0)
/** The same commands in this process: what needs neither standard input nor the shell. */
const run = async (args: readonly string[]): Promise<Ended> => {
  const out: Buffer[] = []
  const err: Buffer[] = []
  const kept = process.exitCode
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((part) => out.push(Buffer.from(part)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation((part) => err.push(Buffer.from(part)) > 0),
  ]
  process.exitCode = 0
  try {
    const [name, ...rest] = args
    await (name === 'decode' ? decodeCommand() : encodeCommand()).exitOverride().parseAsync(rest, { from: 'user' })
    const bytes = Buffer.concat(out)
    return { code: exitCode(), out: bytes.toString(), err: Buffer.concat(err).toString(), bytes }
  } finally {
    for (const spy of spies) spy.mockRestore()
    process.exitCode = kept
  }
}

const device = ['/3/0/0=Open Mobile Alliance', '/3/0/6/0=1', '/3/0/6/1=5', '/3/0/9=100', '/3/0/13=1367491215']
const tree = `/3 Device
  /0
    /0 Manufacturer: "Open Mobile Alliance"
    /6 Available Power Sources
      /0: 1
      /1: 5
    /9 Battery Level: 100 %
    /13 Current Time: 1367491215 (2013-05-02T10:40:15Z)
`

describe('what was encoded', () => {
  it.each(formats.filter(({ structured }) => structured).map(({ name }) => name))('as %s is decoded to the same tree', async (name) => {
    const encoded = await run(['encode', '-f', name, ...device])
    expect(encoded).toMatchObject({ code: 0, err: '' })
    const decoded = await run(['decode', '-f', name, '-p', '/3/0', encoded.out.trim()])
    expect(decoded).toMatchObject({ code: 0, err: '', out: tree })
  })
  it.each([
    ['text', '/3/0/13=2013-05-02T10:40:15Z', '/3/0/13', '1367491215\n'],
    ['text', '/5/0/0=0xfbff', '/5/0/0', '+/8=\n'],
    ['opaque', '/5/0/0=+/8=', '/5/0/0', 'fbff\n'],
    ['cbor', '/3303/0/5700=0.5', '/3303/0/5700', 'f93800\n'],
  ])('as %s from %s can be read again', async (name, pair, path, octets) => {
    const encoded = await run(['encode', '-f', name, pair])
    expect(encoded).toMatchObject({ code: 0, out: octets })
    expect(await run(['decode', '-f', name, '-p', path, encoded.out.trim()])).toMatchObject({ code: 0, err: '' })
  })
})

describe('octets', () => {
  it('come as base64, with spaces and colons, from a file and from standard input; and go out raw', async () => {
    const file = join(folder, 'payload.bin')
    writeFileSync(file, Buffer.from('c10964', 'hex'))
    const all = [
      await run(['decode', '-f', '11542', '-p', '/3/0', '--from', 'base64', 'wQlk', '--json']),
      await run(['decode', '-f', 'tlv', '-p', '3/0', 'c1:09 64', '--json']),
      await run(['decode', '-f', '1542', '-p', '/3/0', '-i', file, '--json']),
      await start(['decode', '-f', 'tlv', '-p', '/3/0', '-', '--json'], Buffer.from('c10964', 'hex')),
      await start(['decode', '-f', 'tlv', '-p', '/3/0', '--from', 'hex', '--json'], 'c1 09\n64\n'),
    ]
    for (const { out } of all) expect(JSON.parse(out)).toEqual([{ path: '/3/0/9', type: 'integer', value: 100 }])
    expect((await start(['encode', '-f', 'tlv', '--to', 'raw', '/3/0/9=100'])).bytes).toEqual(Buffer.from('c10964', 'hex'))
    expect(await run(['encode', '-f', 'tlv', '--to', 'base64', '/3/0/9=100'])).toMatchObject({ out: 'wQlk\n' })
  })
  it('become JSON that encodes to the same octets: 64 bits, octets, links and times', async () => {
    const values = [
      '/32769/0/1:unsigned=18446744073709551615',
      '/32769/0/2:opaque=0x00ff',
      '/32769/0/3:objlnk=66:0',
      '/32769/0/4:float@1700000000=21.5',
      '/32769/0/5=\u001b[2J',
    ]
    const { out: hex } = await run(['encode', '-f', '112', ...values])
    const { out: json } = await run(['decode', '-f', '112', hex.trim(), '--json'])
    expect(json).toContain('18446744073709551615')
    expect(json).not.toContain('\u001b')
    expect((await start(['encode', '-f', '112', '-'], json)).out).toBe(hex)
  })
})

it('lets nothing from a device move the terminal: not in a tree, in JSON, in notation, in links or in an error', async () => {
  const bad = '\u001b[2J\u009b31m\u202e'
  const { out: hex } = await run(['encode', '-f', '112', `/3/0/0=${bad}`])
  const all = [
    await run(['decode', '-f', '112', hex.trim()]),
    await run(['decode', '-f', '112', hex.trim(), '--json']),
    await run(['decode', '-f', '112', hex.trim(), '--diagnostic']),
    await run(['decode', '-f', '40', `</3>;title="${bad}"`]),
    await run(['decode', '-f', '40', `</3>;title="${bad}"`, '--json']),
    await run(['decode', '-f', '110', `[{"n":"${bad.slice(1)}","v":1}]`]),
    await run(['decode', '-f', '110', '-p', '/3/0/0', `[{"n":"/3/0/0","vs":"x"},{"bn":"/4","${bad.slice(1)}_":1}]`]),
  ]
  for (const { out, err } of all) expect(out + err).toMatch(/^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]+$/)
  expect(JSON.parse(all[1]!.out)).toMatchObject([{ value: bad }])
})

it('shows CBOR in diagnostic notation', async () => {
  expect(await run(['encode', '-f', 'senml-cbor', '--to', 'diagnostic', '/3303/0/5700@1700000000=20.5'])).toMatchObject({
    out: '[{-2: "/3303/0/5700", 2: 20.5, 6: 1700000000}]\n',
  })
  expect(await run(['decode', '-f', 'senml-cbor', '--diagnostic', 'a10102'])).toMatchObject({ code: 0, out: '{1: 2}\n' })
})

it('speaks of places alone, of deletions and of links', async () => {
  const asked = await run(['encode', '-f', 'senml-etch-cbor', '/3/0/9', '/1'])
  const changed = await run(['encode', '-f', 'senml-etch-json', '/3/0/14=+01:00', '--delete', '/3/0/6/1'])
  const linked = await run(['encode', '-f', 'link', '/1/0', '</3/0>;ver=1.2'])
  expect(await run(['decode', '-f', '322', '--paths', asked.out.trim()])).toMatchObject({ out: '/3/0/9\n/1\n' })
  expect(changed.out).toBe('[{"bn":"/3/0/","n":"14","vs":"+01:00"},{"n":"6/1","v":null}]\n')
  expect((await run(['decode', '-f', '320', changed.out])).out).toMatch(/UTC Offset: "\+01:00"\n\/3\/0\/6\/1: deleted\n$/)
  expect(linked.out).toBe('</1/0>,</3/0>;ver=1.2\n')
  expect((await run(['decode', '-f', '40', '--json', linked.out.trim()])).out).toContain('{"target":"/3/0","attributes":{"ver":"1.2"}}')
})

it('knows the Objects of a folder of XML files', async () => {
  writeFileSync(
    join(folder, '42769.xml'),
    `<?xml version="1.0"?><LWM2M><Object ObjectType="MODefinition"><Name>Test Bench</Name><Description1/><ObjectID>42769</ObjectID>
<ObjectURN>urn:oma:lwm2m:x:42769</ObjectURN><LWM2MVersion>1.0</LWM2MVersion><ObjectVersion>1.0</ObjectVersion><MultipleInstances>Multiple</MultipleInstances>
<Mandatory>Optional</Mandatory><Resources><Item ID="1"><Name>Torque</Name><Operations>R</Operations><MultipleInstances>Single</MultipleInstances>
<Mandatory>Mandatory</Mandatory><Type>Float</Type><RangeEnumeration/><Units>N.m</Units><Description/></Item></Resources><Description2/></Object></LWM2M>`,
  )
  const octets = 'c40141ac0000'
  expect(await run(['decode', '-f', 'tlv', '-p', '/42769/0', octets, '--objects', folder])).toMatchObject({
    out: '/42769 Test Bench\n  /0\n    /1 Torque: 21.5 N.m\n',
  })
  expect((await run(['decode', '-f', 'tlv', '-p', '/42769/0', octets])).out).toContain('0x41ac0000')
})

describe('what goes wrong', () => {
  it.each<[string, number, RegExp, readonly string[]]>([
    [
      'octets of another format',
      1,
      /not tlv: the entry at 3 is cut short \[malformed\]/,
      ['decode', '-f', 'tlv', '-p', '/3/0', 'c10964c2'],
    ],
    ['JSON that ends early, with its place', 1, /JSON: syntax at 14 \[malformed\]/, ['decode', '-f', '110', '[{"n":"/3/0/9"']],
    ['a path that is missing', 1, /no place for a single value.*\n.*--path/, ['decode', '-f', 'text', 'x']],
    ['half an octet', 1, /half an octet.*\n.*--from/, ['decode', '-f', 'tlv', 'c10']],
    ['a file that is not there', 1, /cannot read .*ENOENT/, ['decode', '-f', 'tlv', '-i', '/nowhere/at/all']],
    ['a value that does not fit', 1, /\/3\/0\/9=much is no integer/, ['encode', '-f', 'tlv', '/3/0/9=much']],
    ['a value without a Resource', 1, /is no path=value/, ['encode', '-f', 'tlv', '/3/0=1']],
    ['a number that JSON cannot say', 1, /no such number.*\[unsupported\]/, ['encode', '-f', '110', '/3303/0/5700=NaN']],
    ['JSON without a path', 1, /an item needs a path/, ['encode', '-f', 'tlv', '[{"value":1}]']],
    ['a type that is none', 1, /types are string/, ['encode', '-f', 'tlv', '/32769/0/1:number=1']],
  ])('%s: exit code %i', async (_name, code, words, args) => {
    const ended = await run(args)
    expect(ended.err).toMatch(words)
    expect(ended).toMatchObject({ code, out: '' })
  })
  it.each([
    ['a format that there is not', /formats are text \(0\)/, ['decode', '-f', 'xml', 'x']],
    ['no format', /--format/, ['encode', '/3/0/9=1']],
    ['a path that is none', /a path is/, ['decode', '-f', 'tlv', '-p', '/3/65535', '']],
  ])('%s is a matter of usage: exit code 2', async (_name, words, args) => {
    const ended = await start(args)
    expect(ended.err).toMatch(words)
    expect(ended).toMatchObject({ code: 2, out: '' })
  })
  it('octets of another format in a process of their own: exit code 1', async () => {
    expect(await start(['decode', '-f', 'tlv', '-p', '/3/0', 'c209'])).toMatchObject({ code: 1, out: '' })
  })
})

it.each(['decode', 'encode'])('%s --help has examples', async (command) => {
  const { code, out } = await start([command, '--help'])
  expect(code).toBe(0)
  expect(out).toMatch(/Examples:\n(.*\n)*.*lwm2m-rx \w+ -f senml-cbor/)
})

/** Each command of the page, and what it says there. */
const page = readFileSync(new URL('../../docs/codec.md', import.meta.url), 'utf8')
const examples = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)]
  .flatMap(([, block]) => block!.split(/^\$ lwm2m-rx /m).slice(1))
  .map((example) => {
    const [line, ...says] = example.split('\n')
    return { line: line!, says: says.join('\n') }
  })
it('docs/codec.md has examples', () => expect(examples.length).toBeGreaterThan(10))
it.each(examples)('docs/codec.md: $line', async ({ line, says }) => {
  const args = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!)
  const { out, err } = await run(args)
  expect(out + err).toBe(says)
})
