/** Virtual Observe Notify (Object 22): places watched by their own criteria, reported as one value. One character is one second. */
import { expect, test } from 'vitest'
import { instances } from '../../src/client/objects.ts'
import { virtualObserveObject, type VirtualObserve } from '../../src/client/virtual-observe.ts'
import { temperature } from '../../src/objects/temperature.ts'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import { at, device, fed, node, objects, play, requested, response } from './device.ts'

const report = '/22/0/1'
const level = '/3200/0/1'
const celsius = '/3303/0/5700'
const observe: ManagementOperation = { type: 'observe', path: at(report) }
/** The reports that an observer of them hears, as `name=value`, with their seconds. */
const reports = (options: VirtualObserve, submitted: string, received = '(oc)y', untilMs = 40_000) => {
  const seen = play(
    device([{}], { has: [objects[0]!, objects[2]!, instances(temperature, { 0: { 5700: 20 } }), virtualObserveObject([options])] }),
    {
      y: requested(2, observe),
      w: requested(3, { type: 'write', mode: 'replace', path: at('/22/0/0'), nodes: [node('/22/0/0/0', '</3200/0/1>;gt=10')] }),
      ...Object.fromEntries([1, 2, 3, 4, 5, 9].map((digit) => [String(digit), fed(level, digit)])),
      a: fed(celsius, 31),
      b: fed(celsius, 32),
    },
    { received, submitted, transmitted: '*' },
    { untilMs },
  )
  return seen.transmitted
    .filter(({ value }) => response(2, '2.05')(value))
    .map(({ at: instant, value }) => {
      const text = (value as { outcome: { nodes: readonly { value: string }[] } }).outcome.nodes[0]!.value
      if (text === '') return `${instant / 1000} nothing`
      let base = ''
      const records = JSON.parse(text) as readonly { bn?: string; n?: string; v: number }[]
      const said = records.map(({ bn, n = '', v }) => `${(base = bn ?? base)}${n}=${v}`)
      return `${instant / 1000} ${said.join(' ')}`
    })
}

test('any link that meets its criteria makes a report of all', () => {
  expect(reports({ links: ['</3200/0/1>;lt=4', '</3303/0/5700>;gt=30'] }, '-------3-2-a')).toEqual([
    `4 ${level}=50 ${celsius}=20`,
    `7 ${level}=3 ${celsius}=20`,
    `11 ${level}=2 ${celsius}=31`,
  ])
})
test('or every one of them must', () => {
  expect(reports({ links: ['</3200/0/1>;lt=4', '</3303/0/5700>;gt=30'], when: 'every' }, '-------3-2-a')).toEqual([
    `4 ${level}=50 ${celsius}=20`,
    `11 ${level}=2 ${celsius}=31`,
  ])
})
test('with the filter only what changed is reported, and ReportLinks say of what', () => {
  expect(reports({ links: ['</3200/0/1>'], report: ['</3200/0/1>', '</3303/0/5700>'], changed: true }, '-------3-2').slice(1)).toEqual([
    `7 ${level}=3`,
    `9 ${level}=2`,
  ])
})
test('pmin and pmax are those of the links: the defaults of the Server Object do not count', () => {
  expect(reports({ links: ['</3200/0/1>;pmin=10'] }, '-------3-2').slice(1)).toEqual([`10 ${level}=2`])
})
test('a server writes the links, and is told at once', () => {
  expect(reports({}, '--------9', '(oc)y-w')).toEqual(['4 nothing', `6 ${level}=50`, `8 ${level}=9`])
})
test('a link that cannot be meant, or to Object 22 itself or Security, is passed over', () => {
  expect(reports({ links: ['</0/0/0>', '</22/0/1>', 'no link', '</3200/0/1>;gt=x', '</3200/0/1>'] }, '-------3')).toEqual([
    `4 ${level}=50`,
    `7 ${level}=3`,
  ])
})
