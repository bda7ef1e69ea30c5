/** The power goes at each instant of an update: what the next life says is true (LwM2M Core §E.6). */
import { defer, EMPTY, NEVER, of, type Observable } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { Environment } from '../../src/core/environment.ts'
import type { Sink, Storage } from '../../src/core/ports.ts'
import { storedIn, type FirmwareImage } from '../../src/firmware/image.ts'
import type { Installation } from '../../src/firmware/outcome.ts'
import type { ManagementOperation } from '../../src/operation/operation.ts'
import { memory, type Stored } from '../../src/simulation/storage.ts'
import { cancel, execute, octets, packaged, played, read, textIn, textOf, uri } from './device.ts'

/** A storage whose power goes after so many operations: the next ones do nothing, and never end. */
const powered = (below: Storage, left: { operations: number }): Storage => {
  const while$ = (work: () => Observable<unknown>): Observable<never> =>
    defer(() => (left.operations-- > 0 ? work() : NEVER)) as Observable<never>
  const sinkOf = (sink: Sink): Sink => ({
    open: (offset, about) => while$(() => sink.open(offset, about)),
    write: (bytes, offset) => while$(() => sink.write(bytes, offset)),
    close: () => while$(() => sink.close()),
    abandon: () => while$(() => sink.abandon()),
  })
  return {
    ...below,
    write: (name, bytes) => while$(() => below.write(name, bytes)),
    remove: (name) => while$(() => below.remove(name)),
    sink: (name) => sinkOf(below.sink(name)),
  }
}

/** What the device runs, and how often it was installed. */
interface Board {
  running: string
  installations: number
}
/** One life, until the power goes. */
const life = (stored: Stored, board: Board, operations: readonly ManagementOperation[], operationsLeft: number) => {
  const left = { operations: operationsLeft }
  const storage = powered(memory(stored), left)
  const install = (image: FirmwareImage): Observable<Installation> =>
    defer(() => {
      board.installations++
      board.running = textIn(image)
      return EMPTY
    })
  const installed = (): Observable<Installation> => of({ outcome: board.running === 'image' ? 'installed' : 'failed' })
  const done = played(operations, {
    stored,
    env: { storage },
    options: () => ({ store: storedIn(storage), install, installed, reset: () => storage.remove('firmware') }),
  })
  return { codes: done.answers.map((one) => one?.code), state: done.answers.at(-1)?.state, wentDark: left.operations < 0 }
}

const image = packaged(octets('image'))
const runs: Readonly<Record<string, readonly ManagementOperation[]>> = {
  'a push and its installation': [image, execute],
  'a push that is cancelled, and another': [image, cancel, image, execute],
  'a push that is reset': [image, uri('')],
  'an installation twice': [image, execute, image, execute],
}

describe.each(Object.entries(runs))('%s', (_, operations) => {
  test('may lose its power at each operation of the storage: State and Result are true in the next life', () => {
    let cuts = 0
    for (let operationsLeft = 0; ; operationsLeft++) {
      const stored: Stored = { values: new Map(), bodies: new Map() }
      const board: Board = { running: 'old', installations: 0 }
      const before = life(stored, board, operations, operationsLeft)
      if (!before.wentDark) break
      cuts++
      const installations = board.installations
      const { state } = life(stored, board, [read], Infinity)
      const told = JSON.stringify({ operationsLeft, codes: before.codes, state, board, held: textOf(stored) })
      // Nothing goes on that nobody ordered, and nothing is installed twice.
      expect(['0/0', '0/1', '0/4', '0/10', '2/0', '2/8'], told).toContain(state)
      expect(board.installations, told).toBe(installations)
      // What is said to be there is there; where nothing is, nothing is left.
      expect(textOf(stored), told).toBe(state?.startsWith('2/') === true ? 'image' : '')
      if (state === '0/1') expect(board.running, told).toBe('image')
      // What was answered with success has happened, whatever the power did.
      const executed = operations.findIndex((operation, index) => operation === execute && before.codes[index] === '2.04')
      if (executed >= 0 && executed === operations.length - 1) expect(['0/1', '2/8'], told).toContain(state)
      if (
        operations.at(-1) === execute &&
        before.codes.at(-1) !== '2.04' &&
        before.codes.at(-2) === '2.04' &&
        state?.startsWith('2/') === true
      )
        expect(state, told).toBe('2/0')
    }
    expect(cuts).toBeGreaterThan(6)
  })
})

test('a storage that fails at each operation in turn answers 5.00, or the State is as it was said', () => {
  for (let failing = 0; failing < 12; failing++) {
    const stored: Stored = { values: new Map(), bodies: new Map() }
    let count = 0
    const options = ({ storage }: Environment) => {
      const once = (work: () => Observable<unknown>) =>
        defer(() => {
          if (count++ === failing) throw new Error('the disk is broken')
          return work()
        })
      const broken: Storage = { ...storage, write: (name, bytes) => once(() => storage.write(name, bytes)) }
      return broken
    }
    const { answers } = played([image, execute, read], {
      stored,
      env: { storage: options({ storage: memory(stored) } as Environment) },
      options: () => ({ install: () => EMPTY }),
    })
    const [written, ordered, then] = answers
    const told = JSON.stringify({ failing, written, ordered, state: then?.state })
    if (written?.code === '2.04' && ordered?.code === '2.04') expect(then?.state, told).toBe('0/1')
    else if (written?.code === '2.04') expect([ordered?.code, then?.state], told).toEqual(['5.00', '2/2'])
    else expect([written?.code, ordered?.code, then?.state], told).toEqual(['5.00', '4.05', '0/2'])
  }
})
