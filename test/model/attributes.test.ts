/** Notification attributes: their text, their levels, and what contradicts itself. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attributeNames,
  changeAttributes,
  formatAttributes,
  inherited,
  isAttributeRefusal,
  pairsOf,
  parseAttributes,
  type Attributes,
} from '../../src/model/attributes.ts'

const resource = { depth: 3, type: 'float' } as const

describe('attributes in Uri-Query', () => {
  it('are read, and removed without a value [LwM2M Core §6.3.4]', () => {
    expect(parseAttributes(['pmin=10', 'pmax=60', 'gt=-2.5', 'st'])).toEqual({ pmin: 10, pmax: 60, gt: -2.5, st: undefined })
    expect(parseAttributes(['lt='])).toEqual({ lt: undefined })
    expect(parseAttributes([])).toEqual({})
  })
  it.each([
    ['dim=3', 'unknown'],
    ['__proto__=1', 'unknown'],
    ['=1', 'unknown'],
    ['pmin=-1', 'number'],
    ['pmin=1.5', 'number'],
    ['pmin=x', 'number'],
    ['pmin=99999999999999999999', 'number'],
    ['gt=1e3', 'number'],
    ['gt=.5', 'number'],
    ['st=-1', 'number'],
    ['edge=2', 'number'],
    ['con=2', 'number'],
  ])('%s is refused: %s', (query, refused) => expect(parseAttributes([query])).toMatchObject({ refused, code: '4.00' }))
  it('are refused twice', () => expect(parseAttributes(['pmin=1', 'pmin=2'])).toMatchObject({ refused: 'twice', attribute: 'pmin' }))
  it('come back as they were written', () => {
    const seconds = fc.nat(2 ** 31)
    const decimal = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e60, max: 1e60 }).filter((value) => value === 0 || Math.abs(value) > 1e-30),
      fc.integer(),
    )
    const flag = fc.constantFrom(0, 1)
    const some = fc.record(
      {
        pmin: seconds,
        pmax: seconds,
        epmin: seconds,
        epmax: seconds,
        gt: decimal,
        lt: decimal,
        st: decimal.map(Math.abs),
        edge: flag,
        con: flag,
        hqmax: seconds,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(some, (attributes) => {
        const plus = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, value + 0]))
        expect(parseAttributes(formatAttributes(attributes))).toEqual(plus)
        expect(pairsOf(attributes).map(([name, value]) => `${name}=${value}`)).toEqual(formatAttributes(attributes))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('Write-Attributes', () => {
  it('merges with what was there [LwM2M Core §6.3.4]', () => {
    expect(changeAttributes({ pmin: 1, gt: 5 }, { pmax: 10, gt: undefined }, resource)).toEqual({ pmin: 1, pmax: 10 })
  })
  it.each([1, 2])('takes thresholds only at a Resource, not at depth %i [LwM2M Core §7.3.2]', (depth) => {
    for (const name of ['gt', 'lt', 'st', 'edge'] as const)
      expect(changeAttributes({}, { [name]: 1 }, { depth })).toMatchObject({ refused: 'level', attribute: name })
    expect(changeAttributes({}, { pmin: 1, con: 1 }, { depth })).toEqual({ pmin: 1, con: 1 })
  })
  it('takes thresholds only for numbers, edge only for truth, of one value or several', () => {
    expect(changeAttributes({}, { gt: 1 }, { depth: 3, type: 'string' })).toMatchObject({ refused: 'resource' })
    expect(changeAttributes({}, { edge: 1 }, resource)).toMatchObject({ refused: 'resource' })
    expect(changeAttributes({}, { edge: 1 }, { depth: 3, type: 'boolean' })).toEqual({ edge: 1 })
    expect(changeAttributes({}, { gt: 1 }, { ...resource, depth: 4 })).toEqual({ gt: 1 })
  })
  it.each<[Attributes, boolean]>([
    [{ lt: 10, gt: 20, st: 5 }, false],
    [{ lt: 10, gt: 20, st: 4.9 }, true],
    [{ lt: 20, gt: 20 }, false],
    [{ lt: 20, gt: 10 }, false],
    [{ st: 100, gt: 20 }, true],
    [{ epmin: 10, epmax: 10 }, false],
    [{ epmin: 9, epmax: 10 }, true],
    [{ pmin: 10, pmax: 5 }, true],
  ])('of %o: %s, lt + 2 st must be below gt, epmin below epmax [LwM2M Core §7.3.2]', (attributes, legal) => {
    expect(isAttributeRefusal(changeAttributes({}, attributes, resource))).toBe(!legal)
  })
  it('is checked against what was there', () => {
    expect(changeAttributes({ gt: 20 }, { lt: 30 }, resource)).toMatchObject({ refused: 'thresholds' })
  })
})

it('a nearer level overrides each attribute by itself, the Server Object comes last [LwM2M Core §7.3.2]', () => {
  expect(inherited([{ gt: 5 }, undefined, { pmin: 20, pmax: 30 }], { pmin: 1, pmax: 2, con: 1 })).toEqual({
    gt: 5,
    pmin: 20,
    pmax: 30,
    con: 1,
  })
  expect(inherited([{ pmin: 5 }, { pmin: 20 }, { pmin: 30 }], { pmin: 1 })).toEqual({ pmin: 5 })
  expect(inherited([])).toEqual({})
})

it('every attribute has a name of its own', () => expect(new Set(attributeNames).size).toBe(10))
