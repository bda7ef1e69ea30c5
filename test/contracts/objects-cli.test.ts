/** `lwm2m-rx objects` as a process of its own: lists, shows, checks, generates. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { allVersions, objects } from '../../src/objects/registry.ts'
import { sourcesOf } from '../../src/objects/source.ts'
import { parseObjectXml } from '../../src/objects/xml.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lwm2m-rx-objects-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}
const run = (...args: readonly string[]) =>
  new Promise<Ended>((resolve) => {
    execFile(process.execPath, ['--import', import.meta.resolve('tsx'), main, 'objects', ...args], { cwd: folder }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
const put = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return name
}
const xml = (id: number, name: string, version: string, type = 'Integer', range = '0..100') => `<LWM2M>
  <Object ObjectType="MODefinition">
    <Name>${name}</Name><Description1>x</Description1><ObjectID>${id}</ObjectID>
    <ObjectURN>urn:oma:lwm2m:x:${id}${version === '1.0' ? '' : `:${version}`}</ObjectURN>
    <LWM2MVersion>1.1</LWM2MVersion><ObjectVersion>${version}</ObjectVersion>
    <MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
    <Resources>
      <Item ID="5"><Name>Level's "top"</Name><Operations>RW</Operations><MultipleInstances>Single</MultipleInstances>
        <Mandatory>Mandatory</Mandatory>
        <Type>${type}</Type>
        <RangeEnumeration>${range}</RangeEnumeration>
        <Units>/100</Units><Description>x</Description></Item>
    </Resources><Description2></Description2>
  </Object>
</LWM2M>
`

describe('lwm2m-rx objects', () => {
  it('lists every Object with its versions, or those with a word in their names', async () => {
    const { code, out } = await run()
    const lines = out.trimEnd().split('\n')
    expect(code).toBe(0)
    expect(lines).toHaveLength(objects.length + 1)
    expect(lines[4]).toMatch(/^ +3 {2}Device +one +23 {2}1\.0 1\.1 1\.2$/)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100)
    const some = await run('list', 'humid', '--json')
    expect(JSON.parse(some.out)).toEqual({ id: 3304, name: 'Humidity', versions: ['1.0', '1.1'] })
    expect((await run('xyzzy')).code).toBe(1)
  })
  it("shows an Object's Resources, by ID, name or path, in a version", async () => {
    const device = await run('show', '3')
    expect(device.out).toContain('/3  Device  1.2  (also: 1.0, 1.1)\none Object Instance, mandatory\n')
    expect(device.out).toMatch(/^ 9 {5}Battery Level +read +integer +0\.\.100 {2}\/100$/m)
    expect(device.out).toMatch(/^11 {2}\* {2}Error Code +read +integer\[\] {2}0\.\.32$/m)
    const gateway = await run('show', 'lwm2m gateway', '--version', '1.0', '--json')
    expect(JSON.parse(gateway.out)).toMatchObject({ id: 25, version: '1.0', resources: { 1: { operations: 'RW' } } })
    const one = await run('show', '/5/0/3')
    expect(one.out.trimEnd().split('\n')).toHaveLength(5)
    expect(one.out).toMatch(/^ 3 {2}\* {2}State +read +integer {2}0\.\.3$/m)
  })
  it('says what there is where something is not', async () => {
    expect(await run('show', '4711')).toMatchObject({
      code: 1,
      err: 'lwm2m-rx: there is no Object 4711 [invalid]\n  lwm2m-rx objects lists them all\n',
    })
    expect((await run('show', '25', '--version', '3.0')).err).toContain('Object 25 has no version 3.0 [invalid]\n  there are 1.0, 2.0')
    expect((await run('show', '/3/0/99')).err).toContain('Device 1.2 has no Resource 99')
    expect((await run('lint', 'nowhere.xml')).err).toContain('nowhere.xml cannot be read: ENOENT')
  })
  it('fits 100 columns, whatever the Object', async () => {
    for (const id of ['0', '11', '12'])
      for (const line of (await run('show', id)).out.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })
  it('has help with examples', async () => {
    expect((await run('--help')).out).toContain('lwm2m-rx objects lint my-object.xml')
    expect((await run('lint')).code).toBe(2)
  })
})

describe('lwm2m-rx objects lint', () => {
  it('says nothing of a good file, and ends with 0', async () => {
    expect(await run('lint', put('good.xml', xml(32769, 'Lamp', '1.0')))).toEqual({
      code: 0,
      out: '1 file, 1 Object, 0 errors, 0 warnings\n',
      err: '',
    })
  })
  it('says file, line and what is wrong, and ends with 1', async () => {
    const { code, out } = await run('lint', put('bad.xml', xml(32769, 'Lamp', '1.0', 'Int')))
    expect(code).toBe(1)
    expect(out).toMatch(/^bad\.xml:10: error: Type is "Int", not one of String, .*\n1 file, 0 Objects, 1 error, 0 warnings\n$/)
  })
  it('ends with 0 where there are only warnings, unless it shall be strict', async () => {
    const file = put('odd.xml', xml(32769, 'Lamp', '1.0', 'Integer', '0-100'))
    expect(await run('lint', file)).toMatchObject({ code: 0, out: expect.stringContaining('odd.xml:11: warning: ') as string })
    expect((await run('lint', '--strict', file)).code).toBe(1)
    expect(JSON.parse((await run('lint', '--json', file)).out)).toMatchObject({ file: 'odd.xml', line: 11, severity: 'warning' })
  })
})

describe('lwm2m-rx objects generate', () => {
  it('writes TypeScript that says the same as the XML, and not over what is there', async () => {
    rmSync(join(folder, 'bad.xml'), { force: true })
    put('lamp.xml', xml(32770, 'Class', '1.1'))
    const made = await run('generate', '.', '--out', 'made')
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(readdirSync(join(folder, 'made')).sort()).toEqual(['class.ts', 'index.ts', 'lamp.ts'])
    const text = readFileSync(join(folder, 'made/class.ts'), 'utf8')
    expect(text).toContain('export const classObject = {')
    expect(text).toContain(`name: 'Level\\'s "top"'`)
    expect((await run('generate', '.', '--out', 'made')).err).toContain('is there [invalid]\n  --force writes over it')
    expect((await run('generate', '.', '--out', 'made', '--force')).code).toBe(0)
    expect((await run('generate', '.', '--out', 'json', '--json')).code).toBe(0)
    expect(JSON.parse(readFileSync(join(folder, 'json/objects.json'), 'utf8'))).toHaveLength(2)
  })
  it('writes nothing where something is wrong', async () => {
    put('bad.xml', xml(32771, 'Lamp', '1.0', 'Int'))
    const { code, err } = await run('generate', '.', '--out', 'none')
    expect(code).toBe(1)
    expect(err).toContain('bad.xml:10: error: ')
    expect(() => readdirSync(join(folder, 'none'))).toThrow()
    expect(await run('generate', '.', '--out', 'some', '--skip')).toMatchObject({
      code: 0,
      err: expect.stringContaining('bad.xml:10: error: ') as string,
    })
    expect(readdirSync(join(folder, 'some')).sort()).toEqual(['class.ts', 'index.ts', 'lamp.ts'])
  })
})

/** Runs a module, in a world of its own. */
const execute = (script: string, exports: Record<string, unknown>) => void runInNewContext(script, { exports })
describe('generated sources', () => {
  it('are TypeScript that means every definition of the engine, in every version', () => {
    const files = sourcesOf(allVersions)
    expect(new Set(files.map(({ file }) => file)).size).toBe(allVersions.length + 1)
    expect(new Set(files.map(({ name }) => name)).size).toBe(allVersions.length + 1)
    files.slice(0, -1).forEach(({ text, name }, index) => {
      const script = ts.transpile(text, { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 })
      const exported: Record<string, unknown> = {}
      execute(script, exported)
      expect(exported[name]).toEqual(allVersions[index])
    })
  })
  it('hold whatever a name holds', () => {
    const name = `a*/ 'b' "c" \\ \`d\` \${e} é`
    const [definition] = parseObjectXml(xml(32769, name, '1.0')).definitions
    const [{ text } = { text: '' }] = sourcesOf([definition!])
    const exported: Record<string, unknown> = {}
    execute(ts.transpile(text, { module: ts.ModuleKind.CommonJS }), exported)
    expect(Object.values(exported)).toEqual([definition])
    expect(definition!.name).toBe(name)
  })
})
