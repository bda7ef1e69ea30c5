/** What every operation is answered at every kind of place under every condition: codes as the standard has them (LwM2M Core 1.2.2 §6.3, §6.4, §8; Transport §6.4, §6.7). */
import { conditions, operationNames, places, type Condition, type OperationName, type Place } from './cells.ts'

/** Why there is no such request. */
export const impossible: Readonly<Record<string, string>> = {
  a: 'the root is always there',
  b: 'of a larger place, what may be read is read',
  c: 'a POST there is another operation',
  d: 'no value travels',
  e: 'no content format is chosen',
  f: 'every place has attributes',
}

/** Columns as in `conditions`; a letter says why the cell has no request. */
const grids: Readonly<Record<OperationName, string>> = {
  //                  plain absent not permitted denied type format undecodable trailing option /0 /21
  Read: `
    root              4.05 a    4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.01 4.01
    object            2.05 4.04 b    2.05 4.06 4.06 4.00 2.05 4.02 4.01 4.01
    instance          2.05 4.04 b    4.01 4.06 4.06 4.00 2.05 4.02 4.01 4.01
    resource          2.05 4.04 4.05 4.01 4.06 4.06 4.00 2.05 4.02 4.01 4.01
    resource instance 2.05 4.04 4.05 4.01 4.06 4.06 4.00 2.05 4.02 4.01 4.01
    fifth segment     4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.05 4.05
    alternate path    2.05 4.04 4.05 4.01 4.06 4.06 4.00 2.05 4.02 4.01 4.01`,
  Observe: `
    root              4.05 a    4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.01 4.01
    object            2.05 4.04 b    2.05 4.06 4.06 4.00 2.05 4.02 4.01 4.01
    instance          2.05 4.04 b    4.01 4.06 4.06 4.00 2.05 4.02 4.01 4.01
    resource          2.05 4.04 4.05 4.01 4.06 4.06 4.00 2.05 4.02 4.01 4.01
    resource instance 2.05 4.04 4.05 4.01 4.06 4.06 4.00 2.05 4.02 4.01 4.01
    fifth segment     4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.05 4.05
    alternate path    2.05 4.04 4.05 4.01 4.06 4.06 4.00 2.05 4.02 4.01 4.01`,
  'Cancel Observation': `
    root              4.05 a    4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.01 4.01
    object            2.05 4.04 b    2.05 4.06 4.06 2.05 2.05 4.02 4.01 4.01
    instance          2.05 4.04 b    4.01 4.06 4.06 2.05 2.05 4.02 4.01 4.01
    resource          2.05 4.04 4.05 4.01 4.06 4.06 2.05 2.05 4.02 4.01 4.01
    resource instance 2.05 4.04 4.05 4.01 4.06 4.06 2.05 2.05 4.02 4.01 4.01
    fifth segment     4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.05 4.05
    alternate path    2.05 4.04 4.05 4.01 4.06 4.06 2.05 2.05 4.02 4.01 4.01`,
  Discover: `
    root              4.05 a    4.05 4.05 d    e    4.00 4.05 4.02 4.01 4.01
    object            2.05 4.04 2.05 2.05 d    e    4.00 2.05 4.02 4.01 4.01
    instance          2.05 4.04 2.05 2.05 d    e    4.00 2.05 4.02 4.01 4.01
    resource          2.05 4.04 2.05 2.05 d    e    4.00 2.05 4.02 4.01 4.01
    resource instance 2.05 4.04 4.04 2.05 d    e    4.00 2.05 4.02 4.01 4.01
    fifth segment     4.05 4.05 4.05 4.05 d    e    4.05 4.05 4.02 4.05 4.05
    alternate path    2.05 4.04 2.05 2.05 d    e    4.00 2.05 4.02 4.01 4.01`,
  'Write (replace)': `
    root              4.05 a    4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.01 4.01
    object            4.05 4.05 4.05 4.05 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    instance          2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    resource          2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    resource instance 2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    fifth segment     4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.05 4.05
    alternate path    2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01`,
  'Write (partial)': `
    root              4.05 a    4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.01 4.01
    object            c    c    c    c    c    c    c    c    c    c    c
    instance          2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    resource          2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    resource instance 2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    fifth segment     4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.05 4.05
    alternate path    2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01`,
  'Write-Attributes': `
    root              4.05 a    f    4.05 4.05 e    4.05 4.05 4.02 4.01 4.01
    object            2.04 4.04 f    2.04 4.00 e    4.00 4.00 4.02 4.01 4.01
    instance          2.04 4.04 f    4.01 4.00 e    4.00 4.00 4.02 4.01 4.01
    resource          2.04 4.04 f    4.01 4.00 e    4.00 4.00 4.02 4.01 4.01
    resource instance 2.04 4.04 f    4.01 4.00 e    4.00 4.00 4.02 4.01 4.01
    fifth segment     4.05 4.05 f    4.05 4.05 e    4.05 4.05 4.02 4.05 4.05
    alternate path    2.04 4.04 f    4.01 4.00 e    4.00 4.00 4.02 4.01 4.01`,
  Execute: `
    root              4.05 a    4.05 4.05 4.05 4.05 4.05 4.05 4.02 c    c
    object            4.15 c    c    c    c    c    c    c    4.02 c    c
    instance          4.15 c    c    c    c    c    c    c    4.02 c    c
    resource          2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    resource instance 4.15 c    c    c    c    c    c    c    4.02 c    c
    fifth segment     4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.05 4.05
    alternate path    2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01`,
  Create: `
    root              4.05 a    4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.01 4.01
    object            2.01 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    instance          c    c    c    c    c    c    c    c    c    c    c
    resource          c    c    c    c    c    c    c    c    c    c    c
    resource instance c    c    c    c    c    c    c    c    c    c    c
    fifth segment     4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.05 4.02 4.05 4.05
    alternate path    2.01 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01`,
  Delete: `
    root              4.05 a    4.05 4.05 d    e    4.00 4.05 4.02 4.01 4.01
    object            4.05 4.05 4.05 4.05 d    e    4.00 4.05 4.02 4.01 4.01
    instance          2.02 4.04 4.05 4.01 d    e    4.00 2.02 4.02 4.01 4.01
    resource          4.05 4.05 4.05 4.05 d    e    4.05 4.05 4.02 4.05 4.05
    resource instance 2.02 4.04 4.05 4.01 d    e    4.00 2.02 4.02 4.01 4.01
    fifth segment     4.05 4.05 4.05 4.05 d    e    4.05 4.05 4.02 4.05 4.05
    alternate path    2.02 4.04 4.05 4.01 d    e    4.00 2.02 4.02 4.01 4.01`,
  'Read-Composite': `
    root              2.05 a    b    2.05 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    object            2.05 2.05 b    2.05 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    instance          2.05 2.05 b    4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    resource          2.05 2.05 2.05 4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    resource instance 2.05 2.05 2.05 4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    fifth segment     4.00 4.00 4.00 4.00 4.06 4.15 4.00 4.00 4.02 4.00 4.00
    alternate path    2.05 2.05 2.05 4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01`,
  'Observe-Composite': `
    root              2.05 a    b    2.05 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    object            2.05 2.05 b    2.05 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    instance          2.05 2.05 b    4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    resource          2.05 2.05 2.05 4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    resource instance 2.05 2.05 2.05 4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    fifth segment     4.00 4.00 4.00 4.00 4.06 4.15 4.00 4.00 4.02 4.00 4.00
    alternate path    2.05 2.05 2.05 4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01`,
  'Cancel Observation-Composite': `
    root              2.05 a    b    2.05 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    object            2.05 2.05 b    2.05 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    instance          2.05 2.05 b    4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    resource          2.05 2.05 2.05 4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    resource instance 2.05 2.05 2.05 4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01
    fifth segment     4.00 4.00 4.00 4.00 4.06 4.15 4.00 4.00 4.02 4.00 4.00
    alternate path    2.05 2.05 2.05 4.01 4.06 4.15 4.00 4.00 4.02 4.01 4.01`,
  'Write-Composite': `
    root              4.00 a    4.00 4.00 4.00 4.15 4.00 4.00 4.02 4.00 4.00
    object            4.00 4.00 4.00 4.00 4.00 4.15 4.00 4.00 4.02 4.00 4.00
    instance          4.00 4.00 4.00 4.00 4.00 4.15 4.00 4.00 4.02 4.00 4.00
    resource          2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    resource instance 2.04 2.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01
    fifth segment     4.00 4.00 4.00 4.00 4.00 4.15 4.00 4.00 4.02 4.00 4.00
    alternate path    2.04 4.04 4.05 4.01 4.00 4.15 4.00 4.00 4.02 4.01 4.01`,
}

/** Where an operation stands in the standard. */
export const sectionOfOperation: Readonly<Record<OperationName, string>> = {
  Read: 'LwM2M Core §6.3.1',
  Observe: 'LwM2M Core §6.4.1',
  'Cancel Observation': 'LwM2M Core §6.4.3',
  Discover: 'LwM2M Core §6.3.2',
  'Write (replace)': 'LwM2M Core §6.3.3',
  'Write (partial)': 'LwM2M Core §6.3.3',
  'Write-Attributes': 'LwM2M Core §6.3.4',
  Execute: 'LwM2M Core §6.3.5',
  Create: 'LwM2M Core §6.3.6',
  Delete: 'LwM2M Core §6.3.7',
  'Read-Composite': 'LwM2M Core §6.3.8',
  'Observe-Composite': 'LwM2M Core §6.4.4',
  'Cancel Observation-Composite': 'LwM2M Core §6.4.5',
  'Write-Composite': 'LwM2M Core §6.3.9',
}
/** Conditions that a section of their own speaks of; the others are a matter of the operation's. */
export const sectionOfCondition: Readonly<Partial<Record<Condition, string>>> = {
  'access denied': 'LwM2M Core §8.2',
  'wrong format': 'LwM2M Transport §6.7',
  undecodable: 'LwM2M Transport §6.7',
  'trailing octets': 'LwM2M Core §7.5',
  'unknown option': 'RFC 7252 §5.4.1',
  '/0': 'LwM2M Core §6.3',
  '/21': 'LwM2M Core §6.3',
}

/** One cell: a code, or why there is none. */
export interface Cell {
  readonly operation: OperationName
  readonly place: Place
  readonly condition: Condition
  readonly code?: string
  readonly impossible?: string
  readonly section: string
}

/** Every cell. Throws for an empty one, and for a word that is neither a code nor a reason. */
export const cells = (): readonly Cell[] =>
  operationNames.flatMap((operation) => {
    const rows = new Map(grids[operation].trim().split('\n').map(rowOf))
    return places.flatMap((place) =>
      conditions.map((condition, column): Cell => {
        const word = rows.get(place)?.[column]
        const section = sectionOfCondition[condition] ?? sectionOfOperation[operation]
        if (word !== undefined && /^[245]\.\d\d$/.test(word)) return { operation, place, condition, code: word, section }
        const why = impossible[word ?? '']
        if (why === undefined) throw new Error(`${operation} at ${place}, ${condition}: ${word ?? 'an empty cell'}`)
        return { operation, place, condition, impossible: why, section }
      }),
    )
  })
const rowOf = (line: string): readonly [string, readonly string[]] => {
  const [, place, words] = /^\s*([a-z ]+?)\s+((?:\S+\s+){10}\S+)\s*$/.exec(line) ?? []
  if (place === undefined || words === undefined) throw new Error(`a row has a place and ${conditions.length} cells: ${line}`)
  return [place, words.split(/\s+/)]
}
