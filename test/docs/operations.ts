/** The table of operations, places and conditions as a part of docs/conformance.md. */
import { conditions, operationNames, places } from '../operations/cells.ts'
import { cells, impossible, sectionOfCondition, sectionOfOperation, type Cell } from '../operations/expected.ts'

/** Its lines. */
export const operationsTable = (): readonly string[] => {
  const all = cells()
  const possible = all.filter(({ code }) => code !== undefined).length
  return [
    '## LwM2M: what each operation is answered',
    '',
    `${operationNames.length} operations at ${places.length} kinds of place under ${conditions.length} conditions: ${possible} requests as octets, each answered with the code in its cell by`,
    `a test of [test/operations](../test/operations/table.test.ts), which also sees that a refused one leaves no trace. ${all.length - possible} cells have no request; the letter says why.`,
    'Of a composite, the place is what its body names; an alternate path stands before the deepest place that the operation is for.',
    '',
    ...Object.entries(impossible).map(([letter, why]) => `- ${letter}: ${why}`),
    '',
    `Sections: ${conditions.flatMap((condition) => (sectionOfCondition[condition] === undefined ? [] : [`${condition} ${sectionOfCondition[condition]}`])).join(', ')}; all other conditions are a matter of the operation’s own section.`,
    '',
    ...operationNames.flatMap((operation) => [
      `### ${operation} (${sectionOfOperation[operation]})`,
      '',
      `| | ${conditions.join(' | ')} |`,
      `|---|${conditions.map(() => '---').join('|')}|`,
      ...places.map((place) => `| ${place} | ${rowOf(all.filter((cell) => cell.operation === operation && cell.place === place))} |`),
      '',
    ]),
  ]
}
const rowOf = (row: readonly Cell[]): string => row.map(({ code, impossible: why }) => code ?? letterOf(why!)).join(' | ')
const letterOf = (why: string): string => Object.entries(impossible).find(([, words]) => words === why)![0]
