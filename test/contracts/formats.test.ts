/** What every content format file keeps: found by its folder, a format is a value under its registered number, in the list, and total. */
import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { contentFormats, isFault, type Format, type FormatContext } from '../../src/format/format.ts'
import { defaultFormat, formatOf, formats } from '../../src/format/formats.ts'

const folder = new URL('../../src/format/', import.meta.url)
const isFormat = (value: unknown): value is Format =>
  typeof value === 'object' && value !== null && 'contentFormat' in value && 'decode' in value && 'encode' in value
const found = await Promise.all(
  readdirSync(folder).map(async (file) => ({
    file,
    formats: Object.values((await import(new URL(file, folder).href)) as Record<string, unknown>).filter(isFormat),
  })),
)
const files = found.filter((each) => each.formats.length > 0)
const resource: FormatContext = { path: { object: 3, instance: 0, resource: 0 }, typeOf: () => 'string', isMultiple: () => false }

it('every format of the folder is in the list, once', () => {
  expect(files.flatMap((each) => each.formats.map(({ name }) => name)).sort()).toEqual(formats.map(({ name }) => name).sort())
  expect(new Set(formats.map(({ contentFormat }) => contentFormat)).size).toBe(formats.length)
})

describe.each(files)('$file', ({ file, formats: [format, ...more] }) => {
  it('is one format, named as its file, with a registered number', () => {
    expect(more).toEqual([])
    expect(`${format!.name}.ts`).toBe(file)
    expect(Object.values(contentFormats)).toContain(format!.contentFormat)
    expect(formatOf(format!.contentFormat)).toBe(format)
  })
  it('carries a text, or says that it cannot', () => {
    const nodes = [{ path: resource.path, value: 'x' }]
    const bytes = format!.encode(nodes, resource)
    if (isFault(bytes)) expect(bytes.fault).toBe('unsupported')
    else expect(format!.decode(bytes, resource)).toEqual(nodes)
  })
  it('carries nothing only if it is structured', () => {
    const bytes = format!.encode([], { ...resource, path: { object: 3, instance: 0 } })
    expect(isFault(bytes)).toBe(!format!.structured)
    if (!isFault(bytes)) expect(format!.decode(bytes, { ...resource, path: { object: 3, instance: 0 } })).toEqual([])
  })
  it('refuses a value that the request has no place for', () => {
    const bytes = format!.encode([{ path: resource.path, value: 'x' }], resource)
    const path = format!.structured ? { object: 3, instance: 0, resource: 1 } : { object: 3, instance: 0 }
    expect(format!.decode(isFault(bytes) ? Uint8Array.of(1) : bytes, { ...resource, path })).toMatchObject({ fault: 'path' })
  })
})

it('an answer is text for one value, else SenML CBOR, or TLV for LwM2M 1.0', () => {
  expect([defaultFormat(true, '1.1'), defaultFormat(false, '1.1'), defaultFormat(false, '1.0')]).toEqual([0, 112, 11542])
})
