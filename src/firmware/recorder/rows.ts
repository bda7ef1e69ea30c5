/** What a row of the block-wise floors says of a body of firmware: how far it is, and whose turn it is, block by block or in bursts (RFC 7959, RFC 9177). */
import type { RowChange } from '../../core/table.ts'
import { sizeOf } from '../../blockwise/block.ts'
import { options, strings } from '../../message/option.ts'
import { numberOf, optionsOf, recordOf, wordOf } from './known.ts'
import type { Transfer } from './recording.ts'

type Known = Readonly<Record<string, unknown>>
/** What there is to see of it. */
export type Sight = Pick<Transfer, 'how' | 'offset' | 'blockBytes' | 'waitsFor' | 'again'>

/** The body in a row, if it is one of firmware: streamed from or to a file, or to Package. `event` is what changed the row. */
export const sightOf = ({ table, row }: RowChange, event: unknown): Sight | undefined => {
  const known = recordOf(row)
  return sights.get(table === 'asking' ? String(known['type']) : table)?.(known, wordOf(event))
}
/** The body has come to its end, although its row is kept for a while. */
export const isDone = ({ table, row }: RowChange): boolean => row === undefined || (table === 'taking' && recordOf(row)['done'] === true)

/** By the table, and where that has several the type, of the row. */
const sights: ReadonlyMap<string, (row: Known, event: Known) => Sight | undefined> = new Map(
  Object.entries<(row: Known, event: Known) => Sight | undefined>({
    downloading: (row) => (row['stream'] === true ? blockwise('downloading', row, isOutstanding(row), bytesOf(row)) : undefined),
    uploading: (row) => (isPackage(row['request']) ? blockwise('uploading', row, row['lower'] === '', bytesOf(row)) : undefined),
    receiving: (row, event) => {
      const isOther = event['type'] === 'asked' && !isPackage(event['request'])
      const payload = recordOf(event['request'])['payload']
      const blockBytes = payload instanceof Uint8Array ? payload.length : 0
      return row['stream'] === true && !isOther ? blockwise('receiving', row, isOutstanding(row), blockBytes) : undefined
    },
    fetching: (row) => (row['stream'] === true ? inBursts('downloading', row) : undefined),
    taking: (row) => (row['stream'] === true && isPackage(row['latest']) ? inBursts('receiving', row) : undefined),
    putting: (row) => (isPackage(row['request']) ? puttingSight(row) : undefined),
  }),
)

const blockwise = (how: Transfer['how'], row: Known, isOurTurn: boolean, blockBytes: number): Sight => ({
  how,
  offset: numberOf(row['offset']) ?? 0,
  blockBytes,
  waitsFor: isOurTurn ? 'store' : 'peer',
  again: undefined,
})
/** Blocks that come in any order: it is as far as the first that is missing. */
const inBursts = (how: Transfer['how'], row: Known): Sight => {
  const gathering = recordOf(row['gathering'])
  const blockBytes = bytesOf(row['gathering'] === undefined ? row : gathering)
  const next = numberOf(gathering['next'])
  return {
    how,
    offset: next === undefined ? (numberOf(row['from']) ?? 0) : next * blockBytes,
    blockBytes,
    waitsFor: isOutstanding(row) ? 'store' : 'peer',
    again: (numberOf(gathering['tries']) ?? 0) + (numberOf(row['tries']) ?? 0),
  }
}
/** Requests beyond one for each block are for blocks that were sent before. */
const puttingSight = (row: Known): Sight => {
  const blockBytes = bytesOf(row)
  const wanted = Array.isArray(row['wanted']) ? row['wanted'].map(recordOf) : []
  const sentTo = numberOf(row['sentTo']) ?? 0
  const toRead = wanted.reduce((sum, { from, to }) => sum + (numberOf(to) ?? 0) - (numberOf(from) ?? 0), 0)
  return {
    how: 'uploading',
    offset: (numberOf(wanted[0]?.['from']) ?? sentTo) * blockBytes,
    blockBytes,
    waitsFor: wanted.length > 0 ? 'store' : 'peer',
    again: Math.max(0, (numberOf(row['requests']) ?? 0) + toRead - sentTo),
  }
}
const isOutstanding = ({ outstanding }: Known): boolean => (numberOf(outstanding) ?? 0) > 0
const bytesOf = ({ szx }: Known): number => {
  const exponent = numberOf(szx)
  return exponent === undefined ? 0 : sizeOf(exponent)
}
/** Resource 5/0/0. */
const isPackage = (request: unknown): boolean => strings(optionsOf(request), options.UriPath).join('/') === '5/0/0'
