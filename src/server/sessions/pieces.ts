/** What secures the links of a server, in pieces: one for each peer and session, so that only what has changed is written (RFC 5246 §7.3, RFC 9146). */
import type { DtlsSaved } from '../../datagram/dtls/options.ts'
import { stored, unstored } from '../../datagram/dtls/stored.ts'
import { shifted } from '../../core/snapshot.ts'
import type { KeptSession } from '../store.ts'

interface Rows {
  readonly table: string
  readonly rows: readonly Row[]
}
type Row = readonly [scope: string, key: string | number, row: unknown]
type Fields = Readonly<Record<string, unknown>>

/** A piece before it is octets: by its content one sees whether it has changed. */
export interface Piece {
  readonly name: string
  /** The clocks are those of `saved`. */
  readonly saved: DtlsSaved
}

/** A saved state in pieces. */
export const piecesOf = (saved: DtlsSaved): readonly Piece[] => {
  const fields = Object.entries(saved.state as Fields)
  const rest = Object.fromEntries(fields.filter(([, field]) => !isRows(field)))
  return [
    { name: restName, saved: { ...saved, state: rest } },
    ...fields.flatMap(([field, value]) =>
      isRows(value)
        ? value.rows.map((row): Piece => ({
            name: `${field}/${row[0]}/${row[1]}`,
            saved: { ...saved, state: { field, table: value.table, row } },
          }))
        : [],
    ),
  ]
}
const restName = 'rest'

/** What the piece says, but for the clocks. It is as secret as the piece. */
export const contentOf = ({ saved }: Piece): string => new TextDecoder().decode(stored({ ...saved, now: 0, wall: 0 }).reveal())
/** The piece, to be kept. */
export const sessionOf = ({ name, saved }: Piece): KeptSession => ({ name, octets: stored(saved).reveal() })

/** The state of its pieces again; each was saved at a time of its own. `undefined` when there is none. */
export const savedFrom = (kept: readonly KeptSession[]): DtlsSaved | undefined => {
  const pieces = kept.flatMap(({ name, octets }) => {
    const saved = unstored(octets)
    return saved === undefined ? [] : [{ name, saved }]
  })
  const rest = pieces.find(({ name }) => name === restName)?.saved
  if (rest === undefined) return undefined
  const tables: Record<string, { readonly table: string; readonly rows: Row[] }> = {}
  for (const { name, saved } of pieces) {
    if (name === restName) continue
    const { field, table, row } = saved.state as { readonly field: string; readonly table: string; readonly row: Row }
    const later = rest.now - saved.now - (rest.wall - saved.wall)
    const [scope, key, content] = row
    const at = (instant: number) => (instant === Infinity ? instant : instant + later)
    ;(tables[field] ??= { table, rows: [] }).rows.push([scope, key, shifted(content, at)])
  }
  return { ...rest, state: { ...(rest.state as Fields), ...noRows, ...tables } }
}
/** Tables without rows have no pieces. */
const noRows: Readonly<Record<string, Rows>> = Object.fromEntries(
  ['peers', 'paths', 'incoming', 'sessions', 'unexplained'].map((table) => [table, { table, rows: [] }]),
)
const isRows = (field: unknown): field is Rows => typeof field === 'object' && field !== null && 'table' in field && 'rows' in field
