/** Objects from XML files: what is read, what is complained of and on which line, and what becomes of text that is no such file. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ObjectDefinition, ResourceDefinition } from '../../src/model/definition.ts'
import type { ResourceType } from '../../src/model/value.ts'
import { allVersions } from '../../src/objects/registry.ts'
import { rangeOf } from '../../src/objects/xml-range.ts'
import { maxXmlLength, parseObjectXml } from '../../src/objects/xml.ts'

const typeNames: Readonly<Record<ResourceType, string>> = {
  string: 'String',
  integer: 'Integer',
  unsigned: 'Unsigned Integer',
  float: 'Float',
  boolean: 'Boolean',
  opaque: 'Opaque',
  time: 'Time',
  objlnk: 'Objlnk',
  corelnk: 'Corelnk',
}
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const range = ({ range }: ResourceDefinition) =>
  range === undefined ? '' : range.oneOf !== undefined ? range.oneOf.join(',') : `${range.min}..${range.max}`
const itemXml = ([id, it]: readonly [string, ResourceDefinition]) => `      <Item ID="${id}">
        <Name>${escaped(it.name)}</Name>
        <Operations>${it.operations}</Operations>
        <MultipleInstances>${it.multiple ? 'Multiple' : 'Single'}</MultipleInstances>
        <Mandatory>${it.mandatory ? 'Mandatory' : 'Optional'}</Mandatory>
        <Type>${it.type === undefined ? '' : typeNames[it.type]}</Type>
        <RangeEnumeration>${range(it)}</RangeEnumeration>
        <Units>${it.units ?? ''}</Units>
        <Description><![CDATA[<any> & text]]></Description>
      </Item>`
const xml = (it: ObjectDefinition) => `<?xml version="1.0" encoding="UTF-8"?>
<LWM2M>
  <Object ObjectType="MODefinition">
    <Name>${escaped(it.name)}</Name>
    <Description1>A try</Description1>
    <ObjectID>${it.id}</ObjectID>
    <ObjectURN>urn:oma:lwm2m:x:${it.id}${it.version === '1.0' ? '' : `:${it.version}`}</ObjectURN>
    <LWM2MVersion>1.1</LWM2MVersion>
    <ObjectVersion>${it.version}</ObjectVersion>
    <MultipleInstances>${it.multiple ? 'Multiple' : 'Single'}</MultipleInstances>
    <Mandatory>${it.mandatory ? 'Mandatory' : 'Optional'}</Mandatory>
    <Resources>
${Object.entries(it.resources).map(itemXml).join('\n')}
    </Resources>
    <Description2></Description2>
  </Object>
</LWM2M>
`
const lamp: ObjectDefinition = {
  id: 32769,
  name: 'Lamp & more',
  version: '1.1',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'Level', operations: 'RW', multiple: false, mandatory: true, type: 'integer', units: '/100', range: { min: 0, max: 100 } },
    1: { name: 'Blink', operations: 'E', multiple: false, mandatory: false },
  },
}
const good = xml(lamp)
const said = (text: string) => parseObjectXml(text).complaints.map(({ severity, line, what }) => `${severity} ${line}: ${what}`)
const instead = (from: string, to: string) => {
  expect(good).toContain(from)
  return good.replace(from, to)
}

describe('an XML file', () => {
  it('is the definition that it says', () => {
    expect(parseObjectXml(good)).toEqual({ definitions: [lamp], complaints: [] })
    expect(parseObjectXml(`\uFEFF${good.replaceAll('\n', '\r\n')}`)).toEqual({ definitions: [lamp], complaints: [] })
  })
  it('holds every Object of the engine, written and read back', () => {
    const bounded = (definition: ObjectDefinition) =>
      Object.values(definition.resources).every(
        ({ range }) =>
          range === undefined ||
          range.oneOf !== undefined ||
          (range.min ?? range.max) === undefined ||
          (range.min !== undefined && range.max !== undefined),
      )
    const whole = allVersions.filter(bounded)
    expect(whole.length).toBeGreaterThan(130)
    for (const definition of whole)
      expect(parseObjectXml(xml(definition)), definition.name).toEqual({ definitions: [definition], complaints: [] })
  })
  it('may hold several Objects, and one with an error does not take the others along', () => {
    const other = { ...lamp, id: 32770 }
    const two = good.replace('</LWM2M>', `${/<Object [\s\S]*<\/Object>/.exec(xml(other))![0]}</LWM2M>`)
    expect(parseObjectXml(two).definitions).toEqual([lamp, other])
    expect(parseObjectXml(two.replace('<ObjectID>32769<', '<ObjectID>65535<')).definitions).toEqual([other])
  })
})

describe('what is wrong is said with its line', () => {
  it.each([
    ['an ID that no path can have', '<ObjectID>32769<', '<ObjectID>65535<', 'error 6: ObjectID is "65535", not 0 to 65534'],
    ['an ID that is no number', '<ObjectID>32769<', '<ObjectID>0x10<', 'error 6: ObjectID is "0x10", not 0 to 65534'],
    ['a name that is not there', '    <Name>Lamp &amp; more</Name>\n', '', 'error 3: <Object> has no <Name>'],
    ['an empty name', '<Name>Level<', '<Name> <', 'error 14: Name is empty'],
    [
      'an element twice',
      '<Mandatory>Optional</Mandatory>\n    <Res',
      '<Mandatory>Optional</Mandatory><Mandatory>Optional</Mandatory>\n    <Res',
      'error 11: <Mandatory> is there twice',
    ],
    ['a version that is none', '<ObjectVersion>1.1<', '<ObjectVersion>one<', 'error 9: ObjectVersion is "one", not like 1.0'],
    ['a version of LwM2M that is none', '<LWM2MVersion>1.1<', '<LWM2MVersion>1<', 'error 8: LWM2MVersion is "1", not like 1.0'],
    [
      'how many Instances',
      '<MultipleInstances>Multiple<',
      '<MultipleInstances>many<',
      'error 10: MultipleInstances is "many", not one of Multiple, Single',
    ],
    ['whether it is mandatory', '<Mandatory>Mandatory<', '<Mandatory>yes<', 'error 17: Mandatory is "yes", not one of Mandatory, Optional'],
    ['operations', '<Operations>RW<', '<Operations>RWE<', 'error 15: Operations is "RWE", not one of R, W, RW, E, nothing'],
    [
      'a type',
      '<Type>Integer<',
      '<Type>Int<',
      'error 18: Type is "Int", not one of String, Integer, Unsigned Integer, Float, Boolean, Opaque, Time, Objlnk, Corelnk, nothing',
    ],
    ['no type', '<Type>Integer<', '<Type><', 'error 18: what holds a value has a Type'],
    [
      'a type of what is executed',
      '<Type></Type>',
      '<Type>String</Type>',
      'error 28: what is executed holds nothing: Type is empty, not String',
    ],
    [
      'several of what is executed',
      '<Operations>E</Operations>\n        <MultipleInstances>Single<',
      '<Operations>E</Operations>\n        <MultipleInstances>Multiple<',
      'error 26: what is executed is Single',
    ],
    ['a Resource twice', '<Item ID="1">', '<Item ID="0">', 'error 23: Resource 0 is there twice'],
    ['a Resource without ID', '<Item ID="1">', '<Item>', 'error 23: ID is missing'],
    ['a range that ends before it begins', '0..100', '100..0', 'error 19: RangeEnumeration "100..0" ends before it begins'],
    ['a range of parts', '0..100', '0.5..1', 'error 19: RangeEnumeration "0.5..1" of integer is not of whole numbers'],
    ['no Resources', /<Item [\s\S]*<\/Item>/.exec(good)![0], '', 'error 12: there is no <Item>: an Object has Resources'],
  ])('%s', (_, from, to, complaint) => {
    const { definitions } = parseObjectXml(instead(from, to))
    expect(said(instead(from, to))).toContain(complaint)
    expect(definitions).toEqual([])
  })
  it.each([
    ['an element that nobody knows', '<Units>/100<', '<Colour>red</Colour><Units>/100<', 'warning 20: <Colour> is not known here'],
    ['a URN of another Object', 'x:32769:1.1<', 'x:1:1.1<', 'warning 7: ObjectURN names Object 1, not 32769'],
    ['a URN of another version', 'x:32769:1.1<', 'x:32769<', 'warning 7: ObjectURN names version 1.0, not 1.1'],
    [
      'a URN that is none',
      'urn:oma:lwm2m:x:32769:1.1',
      'urn:x',
      'warning 7: ObjectURN is "urn:x", not urn:oma:lwm2m:{oma,ext,x}:ID[:VERSION]',
    ],
    ['a range that is a text', '0..100', 'see below', 'warning 19: RangeEnumeration "see below" is a text, which is not checked'],
    ['a range in old words', '0..100', '0-100 ', 'warning 19: RangeEnumeration is understood as 0..100'],
    ['a name twice', '<Name>Blink<', '<Name>Level<', 'warning 23: Resource 1 has the name of Resource 0, "Level"'],
    ['a type that came later', '<LWM2MVersion>1.1</LWM2MVersion>', '<LWM2MVersion>1.0</LWM2MVersion>', undefined],
  ])('and what can be understood all the same is a warning: %s', (_, from, to, complaint) => {
    const { definitions } = parseObjectXml(instead(from, to))
    expect(definitions).toHaveLength(1)
    expect(said(instead(from, to))).toEqual(complaint === undefined ? [] : [complaint])
  })
  it('Unsigned Integer and Corelnk came with LwM2M 1.1', () => {
    const old = instead('<Type>Integer<', '<Type>Unsigned Integer<').replace('<LWM2MVersion>1.1<', '<LWM2MVersion>1.0<')
    expect(said(old)).toEqual(['warning 18: Unsigned Integer came with LwM2M 1.1, not 1.0'])
  })
})

describe('what is no such file', () => {
  it.each([
    ['', 1],
    ['no XML', 1],
    ['<LWM2M>\n<Object></LWM2M>', 2],
    ['<html/>', 1],
    ['<LWM2M/>', 1],
    ['<LWM2M/><LWM2M/>', 1],
  ])('%j is an error', (text, line) => {
    const { definitions, complaints } = parseObjectXml(text)
    expect(definitions).toEqual([])
    expect(complaints.filter(({ severity }) => severity === 'error').map((one) => one.line)).toEqual([line])
  })
  it('a document type is not read: it could name files, or grow for ever', () => {
    const evil = `<?xml version="1.0"?>\n<!DOCTYPE LWM2M [<!ENTITY a "b"><!ENTITY x SYSTEM "file:///etc/passwd">]>\n<LWM2M>&x;</LWM2M>`
    expect(said(evil)).toEqual(['error 2: a document type (<!DOCTYPE>) is not read: it could define anything'])
    expect(said(good.replace('<any>', '<!DOCTYPE any>'))).toEqual([])
  })
  it('a text that is too long is not read at all', () => {
    expect(said(' '.repeat(maxXmlLength + 1))).toEqual([`error 1: more than ${maxXmlLength} characters are not read`])
  })
  it('whatever is done to a file, reading it ends, throws nothing, and leaves only definitions that hold together', () => {
    const tokens = fc.constantFrom(
      '<',
      '>',
      '</',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '&',
      '&amp;',
      '<!DOCTYPE',
      '__proto__',
      'ID="',
      '"',
      '<Item>',
      '<Object>',
      '65535',
      '..',
      '\u0000',
      '\n',
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length), fc.nat(12), fc.oneof(tokens, fc.string())), { minLength: 1, maxLength: 5 }),
        (edits) => {
          let text = good
          for (const [at, removed, put] of edits) text = text.slice(0, at) + put + text.slice(at + removed)
          const { definitions, complaints } = parseObjectXml(text)
          for (const { id, resources } of definitions) {
            expect(id).toBeLessThan(65535)
            for (const { name, operations, type } of Object.values(resources)) {
              expect(name).not.toBe('')
              expect(type === undefined).toBe(operations === 'E')
            }
          }
          expect(definitions.length + complaints.length).toBeGreaterThan(0)
          for (const { line } of complaints) expect(line).toBeLessThanOrEqual(text.split(/\r\n?|\n/).length)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

describe('a range', () => {
  it.each<[string, ResourceType, ReturnType<typeof rangeOf>['bounds']]>([
    ['', 'integer', undefined],
    ['0..65535', 'unsigned', { min: 0, max: 65535 }],
    ['-110..-48', 'integer', { min: -110, max: -48 }],
    ['0.5..1', 'float', { min: 0.5, max: 1 }],
    ['0-4', 'integer', { min: 0, max: 4 }],
    ['0 .. 4', 'integer', { min: 0, max: 4 }],
    ['[1:4]', 'integer', { min: 1, max: 4 }],
    ['0..255 bytes', 'string', { min: 0, max: 255 }],
    ['6', 'opaque', { oneOf: [6] }],
    ['32 bytes', 'string', { max: 32 }],
    ['16,32, 48', 'opaque', { oneOf: [16, 32, 48] }],
    ['10 or 26 Bytes', 'string', { oneOf: [10, 26] }],
    ['255', 'integer', undefined],
    ['ON;OFF', 'float', undefined],
    ['0..18446744073709551615', 'unsigned', { min: 0 }],
    ['0..1', 'boolean', undefined],
  ])('%j of %s', (text, type, bounds) => {
    const { error, bounds: found } = rangeOf(text, type)
    expect(error).toBeUndefined()
    expect(found).toEqual(bounds)
  })
  it('has no length below 0', () => {
    expect(rangeOf('-1..4', 'string').error).toBe('RangeEnumeration "-1..4" of string goes below 0')
  })
})
