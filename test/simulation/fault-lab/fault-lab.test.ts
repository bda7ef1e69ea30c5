/** The fault lab: every kind of fault, every way, many seeds; the very image runs in the end, or the update is reported failed with the right Result, and `explain` names the fault (LwM2M Core §E.6). */
import { describe, expect, test } from 'vitest'
import { keptSeeds } from '../seeds.ts'
import { faults } from './faults.ts'
import { play, type Fault, type Outcome, type Way } from './lab.ts'

/** More in a nightly run: FAULT_LAB_SEEDS=500. */
const count = Number(process.env['FAULT_LAB_SEEDS'] ?? 50)
const seeds = [...keptSeeds('fault-lab'), ...Array.from({ length: count }, (_, index) => index + 1)]

const check = ({ ends, cause, serverCause, meanwhile, orders = 1 }: Fault, way: Way, seed: number, outcome: Outcome): void => {
  const { wanted, running, installed, device, causes, text } = outcome
  const told = `seed ${seed}, ${way}: ${JSON.stringify({ ...outcome, text: undefined, causes: [...causes] })}\n${text}`
  expect(
    installed.every((digest) => digest === wanted),
    told,
  ).toBe(true)
  expect(installed.length, `installed at most once an order: ${told}`).toBeLessThanOrEqual(orders)
  if (ends === 'installed') {
    expect(running, told).toBe(wanted)
    expect(outcome.completed, `installed once: ${told}`).toBe(1)
    expect(outcome.state, told).toBe('0/1')
    expect(device?.cause, told).toBe('none')
  } else {
    expect(running, told).toBe('')
    expect(outcome.state.split('/')[1], told).toBe(String(ends))
    expect(device?.cause, told).toBe(cause)
  }
  if (serverCause !== undefined) expect(outcome.server?.cause, told).toBe(serverCause)
  if (meanwhile !== undefined) expect([...causes], told).toContain(meanwhile)
}

describe.each(faults.flatMap((fault) => fault.ways.map((way) => ({ fault, name: fault.name, way }))))('$name, $way', ({ fault, way }) => {
  test(
    fault.ends === 'installed'
      ? 'ends with the very image, installed once [LwM2M Core §E.6]'
      : `is reported, and explained [LwM2M Core §E.6]`,
    () => {
      for (const seed of seeds) check(fault, way, seed, play(fault, way, seed))
    },
  )
})
