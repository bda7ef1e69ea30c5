/** What tests of the Enabler Test Specification ask again and again. */
import { expect } from 'vitest'
import { formatPath, type PathString } from '../../src/model/path.ts'
import type { Value } from '../../src/model/value.ts'
import type { Reading } from '../../src/server.ts'
import type { Done, Rig, ServerSide, Watched } from './rig.ts'

type Device = Rig['device']

/** What was read, by path. */
export const valuesOf = (reading: Pick<Reading, 'nodes'> | undefined): Readonly<Record<string, Value>> =>
  Object.fromEntries((reading?.nodes ?? []).map(({ path, value }) => [formatPath(path), value]))

/** The response code as it crossed. */
export const codeOf = ({ response }: Done<unknown>): string | undefined => response?.message.code

/** A Read: its values by path, its code and its content format. */
export const read = (
  it: ServerSide,
  path: PathString,
  accept?: number,
): { readonly values: Readonly<Record<string, Value>>; readonly code: string | undefined; readonly format: number | undefined } => {
  const done = it.do((device) => device.read(path, accept === undefined ? {} : { accept }))
  return { values: valuesOf(done.values[0]), code: codeOf(done), format: done.response?.contentFormat }
}
/** A Write: its code. */
export const write = (
  it: ServerSide,
  path: PathString,
  content: Parameters<Device['write']>[1],
  how: Parameters<Device['write']>[2] = {},
) => codeOf(it.do((device) => device.write(path, content, how)))
export const execute = (it: ServerSide, path: PathString) => codeOf(it.do((device) => device.execute(path)))
/** A Discover: its links as they crossed. */
export const discover = (it: ServerSide, path: PathString, depth?: number) =>
  it.do((device) => device.discover(path, depth === undefined ? {} : { depth })).response?.text
/** Write-Attributes that succeeds. */
export const attributes = (it: ServerSide, path: PathString, values: Parameters<Device['writeAttributes']>[1]): void =>
  expect(codeOf(it.do((device) => device.writeAttributes(path, values), 10))).toBe('2.04')

/** Seconds between notifications. */
export const gaps = ({ values }: Watched<Reading>): readonly number[] =>
  values.slice(1).map(({ atMs }, index) => (atMs - values[index]!.atMs) / 1000)
/** The last values notified, by path. */
export const last = ({ values }: Watched<Reading>): Readonly<Record<string, Value>> => valuesOf(values.at(-1)?.value)
/** Every gap is in the range; there is at least one. */
export const within = (seconds: readonly number[], least: number, most: number): void => {
  expect(seconds.length).toBeGreaterThan(0)
  for (const gap of seconds) expect(gap).toSatisfy((value: number) => value >= least - 0.001 && value <= most + 0.5)
}
