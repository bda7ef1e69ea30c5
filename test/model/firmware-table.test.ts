/** Every cell of the Firmware Update object's table: what a server asks and what the device reports, in each State (LwM2M Core §E.6.1). */
import { afterAll, describe, expect, test } from 'vitest'
import type { Machine, Step } from '../../src/core/machine.ts'
import {
  update,
  type Update,
  type UpdateEffect,
  type UpdateEvent,
  type UpdateMachine,
  type UpdateRules,
} from '../../src/firmware/update.ts'
import { table, type Cell } from '../../src/firmware/update/table.ts'

const wall = 1_000_000_000
const stamp = { now: 5_000, wall, dice: [0] }
const attempt = 7
/** The States, Downloading once for each way, Downloaded once more with an update that waits. */
const states = {
  'Idle (0)': { state: 0, result: 5 },
  'Downloading (1), pulled': { state: 1, delivery: 'pull', uri: 'coap://files/f' },
  'Downloading (1), pushed': { state: 1, delivery: 'push' },
  'Downloaded (2)': { state: 2, result: 8, name: 'n', version: '1' },
  'Downloaded (2), waiting': { state: 2, result: 11, orderedUtcMs: wall - 1_000 },
  'Updating (3)': { state: 3, orderedUtcMs: wall - 1_000 },
} as const satisfies Readonly<Record<string, Partial<Update>>>
type Place = keyof typeof states
const places = Object.keys(states) as readonly Place[]

type Asking = 'asks' | 'asks not'
const rules: Readonly<Record<Asking, UpdateRules>> = { asks: { approves: true }, 'asks not': {} }
interface Given {
  readonly event: UpdateEvent | { readonly type: 'tick' } | { readonly type: 'restarted' }
  readonly from?: Partial<Update>
  readonly asking?: Asking
  /** Somebody is being asked already. */
  readonly busy?: true
  /** The storage does not take what follows. */
  readonly full?: true
}
const request = 1
const events: Readonly<Record<string, Given>> = {
  'writes a URI': { event: { type: 'wrote-uri', request, uri: 'coap://files/g', refused: undefined } },
  'writes a URI that is refused': { event: { type: 'wrote-uri', request, uri: 'ftp://files/g', refused: 9 } },
  'writes an empty URI': { event: { type: 'wrote-uri', request, uri: '', refused: undefined } },
  'writes an empty package': { event: { type: 'wrote-reset', request } },
  'begins a push': { event: { type: 'push-began', request } },
  'ends a push': { event: { type: 'push-ended', request, attempt } },
  'ends a push that is over': { event: { type: 'push-ended', request, attempt: attempt - 1 } },
  'executes Update': { event: { type: 'executed-update', request } },
  'executes Update, deferrable': { event: { type: 'executed-update', request }, from: { deferPeriodS: 60 }, asking: 'asks' },
  'executes Update, nothing may be deferred': { event: { type: 'executed-update', request }, asking: 'asks' },
  'executes Update, somebody is being asked': {
    event: { type: 'executed-update', request },
    from: { deferPeriodS: 60 },
    asking: 'asks',
    busy: true,
  },
  'executes Cancel': { event: { type: 'executed-cancel', request } },
  'writes Severity': { event: { type: 'wrote-settings', request, settings: { severity: 0 } } },
  'push failed': { event: { type: 'push-failed', attempt, result: 2 } },
  pulled: { event: { type: 'pulled', attempt } },
  'pull failed': { event: { type: 'pull-failed', attempt, result: 7 } },
  verified: { event: { type: 'verified', attempt, name: 'm', version: '2' } },
  'verified, automatic': { event: { type: 'verified', attempt, name: 'm', version: '2' }, from: { automatic: true } },
  'verified, automatic, deferrable': {
    event: { type: 'verified', attempt, name: 'm', version: '2' },
    from: { automatic: true, deferPeriodS: 60 },
    asking: 'asks',
  },
  'verification failed': { event: { type: 'verification-failed', attempt, result: 6 } },
  approved: { event: { type: 'approved', attempt }, busy: true },
  'approval waits': { event: { type: 'approval-waits', attempt }, busy: true },
  declined: { event: { type: 'declined', attempt, result: 8 }, busy: true },
  'approved, nobody was asked': { event: { type: 'approved', attempt } },
  'approval waits, nobody was asked': { event: { type: 'approval-waits', attempt } },
  'declined, nobody was asked': { event: { type: 'declined', attempt, result: 8 } },
  'the deferral is over': { event: { type: 'tick' } },
  installed: { event: { type: 'installed', attempt } },
  'installation postponed': { event: { type: 'installation-postponed', attempt }, from: { deferPeriodS: 60 } },
  'installation postponed, nothing may be deferred': { event: { type: 'installation-postponed', attempt } },
  'installation failed': { event: { type: 'installation-failed', attempt, result: 8 } },
  'installation failed for the package': { event: { type: 'installation-failed', attempt, result: 5 } },
  'has restarted': { event: { type: 'restarted' } },
  'executes Update, which cannot be remembered': { event: { type: 'executed-update', request }, full: true },
  'writes a URI, which cannot be remembered': {
    event: { type: 'wrote-uri', request, uri: 'coap://files/g', refused: undefined },
    full: true,
  },
  'verified, which cannot be remembered': { event: { type: 'verified', attempt, name: 'm', version: '2' }, full: true },
  'writes Severity, which cannot be remembered': { event: { type: 'wrote-settings', request, settings: { severity: 0 } }, full: true },
  'executes Cancel, which cannot be remembered': { event: { type: 'executed-cancel', request }, full: true },
  'trouble with a reset': { event: { type: 'trouble', attempt, about: 'reset' } },
}

const nothing = '-'
const refused = '4.05'
const over = (result: number) => `0/${result} abandon hush reset`
/** Code, State/Result, effects; `-`: nothing at all. By States: 0, 1 pull, 1 push, 2, 2 waits, 3. */
const expected: Readonly<Record<string, readonly [string, string, string, string, string, string]>> = {
  'writes a URI': ['2.04 1/0 pull', refused, refused, refused, refused, refused],
  'writes a URI that is refused': ['4.00 0/9', refused, refused, refused, refused, refused],
  'writes an empty URI': [`2.04 ${over(0)}`, `2.04 ${over(0)}`, `2.04 ${over(0)}`, `2.04 ${over(0)}`, `2.04 ${over(0)}`, refused],
  'writes an empty package': [`2.04 ${over(0)}`, `2.04 ${over(0)}`, `2.04 ${over(0)}`, `2.04 ${over(0)}`, `2.04 ${over(0)}`, refused],
  'begins a push': ['1/0 admit', refused, refused, refused, refused, refused],
  'ends a push': [refused, refused, 'verify', refused, refused, refused],
  'ends a push that is over': [refused, refused, refused, refused, refused, refused],
  'executes Update': [refused, refused, refused, '2.04 3/0 hush install', '2.04 3/0 hush install', refused],
  'executes Update, deferrable': [refused, refused, refused, '2.04 2/0 ask', '2.04 2/0 ask', refused],
  'executes Update, nothing may be deferred': [refused, refused, refused, '2.04 3/0 hush install', '2.04 3/0 hush install', refused],
  'executes Update, somebody is being asked': [refused, refused, refused, '2.04 2/8', '2.04', refused],
  'executes Cancel': [refused, `2.04 ${over(10)}`, `2.04 ${over(10)}`, `2.04 ${over(10)}`, `2.04 ${over(10)}`, refused],
  'writes Severity': ['2.04 0/5', '2.04 1/0', '2.04 1/0', '2.04 2/8', '2.04 2/11', '2.04 3/0'],
  'push failed': [nothing, nothing, over(2), nothing, nothing, nothing],
  pulled: [nothing, 'verify', 'verify', nothing, nothing, nothing],
  'pull failed': [nothing, over(7), over(7), nothing, nothing, nothing],
  verified: [nothing, '2/0', '2/0', '2/8', '2/11', nothing],
  'verified, automatic': [nothing, '2/0 3/0 hush install', '2/0 3/0 hush install', '2/8', '2/11', nothing],
  'verified, automatic, deferrable': [nothing, '2/0 ask', '2/0 ask', '2/8', '2/11 ask', nothing],
  'verification failed': [nothing, over(6), over(6), over(6), over(6), over(6)],
  approved: [nothing, nothing, nothing, '3/0 install', '3/0 install', nothing],
  'approval waits': [nothing, nothing, nothing, '2/11', nothing, nothing],
  declined: [nothing, nothing, nothing, nothing, '2/8', nothing],
  'approved, nobody was asked': [nothing, nothing, nothing, nothing, nothing, nothing],
  'approval waits, nobody was asked': [nothing, nothing, nothing, nothing, nothing, nothing],
  'declined, nobody was asked': [nothing, nothing, nothing, nothing, nothing, nothing],
  'the deferral is over': [nothing, nothing, nothing, '3/0 hush install', '3/0 hush install', nothing],
  installed: [nothing, nothing, nothing, nothing, nothing, '0/1 reset'],
  'installation postponed': [nothing, nothing, nothing, nothing, nothing, '2/11'],
  'installation postponed, nothing may be deferred': [nothing, nothing, nothing, nothing, nothing, '2/8'],
  'installation failed': [nothing, nothing, nothing, nothing, nothing, '2/8'],
  'installation failed for the package': [nothing, nothing, nothing, nothing, nothing, '0/5 reset'],
  'has restarted': ['0/5 tidy', '1/0 pull', `1/0 ${over(4)}`, '2/8 verify', '2/11 verify', '3/0 confirm'],
  'executes Update, which cannot be remembered': [refused, refused, refused, '5.00 2/2 hush', '5.00 2/2 hush', refused],
  'writes a URI, which cannot be remembered': [`5.00 ${over(2)}`, refused, refused, refused, refused, refused],
  'verified, which cannot be remembered': [nothing, over(2), over(2), '2/8', '2/11', nothing],
  'writes Severity, which cannot be remembered': ['5.00 0/5', '5.00 1/0', '5.00 1/0', '5.00 2/8', '5.00 2/11', '5.00 3/0'],
  'executes Cancel, which cannot be remembered': [
    refused,
    `2.04 ${over(10)}`,
    `2.04 ${over(10)}`,
    `2.04 ${over(10)}`,
    `2.04 ${over(10)}`,
    refused,
  ],
  'trouble with a reset': [nothing, nothing, nothing, nothing, nothing, nothing],
}

/** What an event leads to, once the storage has taken what changed, or has not. */
const played = ({ event, from = {}, asking = 'asks not', busy, full }: Given, place: Place): string => {
  const known = { ...update().initial.update, attempt, ...states[place], ...from }
  const isRestart = event.type === 'restarted'
  const machine = update(isRestart ? {} : known, { ...rules[asking], ready: !isRestart })
  const begin = event.type === 'tick' ? { ...machine.initial, dueAt: stamp.now } : machine.initial
  const first = machine.step(
    busy === true && known.state === 2 ? { ...begin, asking: true } : begin,
    event.type === 'restarted' ? { type: 'restarted', known } : event,
    stamp,
  )
  const [made, effects] = full === true ? stored(machine, first, 'unremembered') : first
  const [after, more] = stored(machine, [made, effects], 'remembered')
  return said(more, known, after.update)
}
type Made = Step<UpdateMachine, UpdateEffect>
const stored = (
  machine: Machine<UpdateMachine, UpdateEvent, UpdateEffect>,
  [made, effects]: Made,
  type: 'remembered' | 'unremembered',
): Made => {
  const [next, more] = machine.step(made, { type, revision: made.revision }, stamp)
  return [next, [...effects, ...more]]
}
const said = (effects: readonly UpdateEffect[], before: Update, now: Update): string => {
  const codes = effects.flatMap((effect) => (effect.type === 'answer' ? [effect.code] : []))
  if (codes.includes('4.05')) expect(now, 'what is refused changes nothing').toEqual(before)
  const published = effects.flatMap((effect) => (effect.type === 'publish' ? [`${effect.update.state}/${effect.update.result}`] : []))
  const deeds = effects.map(({ type }) => type as string).filter((type) => !['answer', 'publish', 'remember'].includes(type))
  const words = [...codes, ...published.filter((one, index) => one !== published[index - 1]), ...deeds]
  return words.length === 0 ? nothing : words.join(' ')
}

let cells = 0
afterAll(() => {
  process.stdout.write(`firmware update: ${cells} cells, ${Object.keys(events).length} inputs in ${places.length} States\n`)
})

describe.each(Object.entries(events))('%s', (name, given) => {
  test.each(places)('in %s is answered and leads on as the State table says [LwM2M Core §E.6.1]', (place) => {
    cells++
    expect(played(given, place)).toBe(expected[name]![places.indexOf(place)])
  })
})

test('each cell of the table is needed by a case here: without it one would fail', () => {
  const right = () =>
    Object.entries(events).every(([name, given]) => places.every((place, index) => outcome(given, place) === expected[name]![index]))
  const outcome = (given: Given, place: Place) => {
    try {
      return played(given, place)
    } catch (error) {
      return String(error)
    }
  }
  expect(right()).toBe(true)
  const idle: string[] = []
  for (const [input, row] of Object.entries(table)) {
    const kept = row.in as Record<string, Cell | undefined>
    for (const [state, cell] of Object.entries(kept)) {
      kept[state] = undefined
      if (right()) idle.push(`${input} in ${state}`)
      kept[state] = cell
    }
  }
  expect(idle).toEqual([])
})
