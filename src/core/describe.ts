/** A turn in one line, for a log. */
import type { Turn } from './journal.ts'

/**
 * One line: when (ms), where, which machine, what happened, what was decided, how many rows changed.
 *
 *     2007 device messages: tick -> down CON 0.01 #4711 coap://192.0.2.1:5683 (1 row)
 *
 * Only what is known to be harmless is said: kinds, codes, numbers, paths, names of peers. Never octets, values of options, or secrets.
 */
export const describe = ({ machine, node, stamp, event, effects, rows, fault }: Turn): string => {
  const where = node === undefined ? '' : `${node} `
  const decided = effects.length === 0 ? '' : ` -> ${effects.map(wordOf).join(', ')}`
  const changed = rows.length === 0 ? '' : ` (${rows.length} row${rows.length === 1 ? '' : 's'})`
  const wrong = fault === undefined ? '' : ` FAULT ${fault instanceof Error ? fault.name : 'overflow'}`
  return `${stamp.now} ${where}${machine}: ${wordOf(event)}${decided}${changed}${wrong}`
}

/** A word, and the word that it carries. */
const wordOf = (word: unknown): string => {
  if (!isRecord(word)) return typeof word
  const { type, value } = word
  const kind = typeof type === 'string' ? type : 'word'
  if ((kind === 'up' || kind === 'down') && isRecord(value)) return `${kind} ${wordOf(value)}`
  return [kind, ...said(word)].join(' ')
}

/** What may be said of a word. */
const said = (word: Record<string, unknown>): readonly string[] => {
  const { operation, request, response, outcome } = word
  const texts = [
    isRecord(operation) ? [textOf(operation['type']), placeOf(operation['path']), ...placesOf(operation['paths'])] : textOf(operation),
    isRecord(request) ? textOf(request['code']) : undefined,
    isRecord(response) ? textOf(response['code']) : undefined,
    isRecord(outcome) ? textOf(outcome['code']) : textOf(outcome),
    ...['code', 'state', 'reason', 'result'].map((name) => textOf(word[name])),
    placeOf(word['path']),
    marked('#', word['messageId']),
    marked('', word['remote']) ?? (isRecord(request) ? marked('', request['remote']) : undefined) ?? marked('account ', word['account']),
  ]
  return texts.flat().filter((text) => text !== undefined)
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined)
const marked = (mark: string, value: unknown): string | undefined => {
  const text = textOf(value)
  return text === undefined || text === '-1' ? undefined : mark + text
}
const placeOf = (path: unknown): string | undefined => {
  if (!isRecord(path)) return textOf(path)
  const ids = ['object', 'instance', 'resource', 'resourceInstance'].map((name) => path[name]).filter((id) => typeof id === 'number')
  return `/${ids.join('/')}`
}
const placesOf = (paths: unknown): readonly (string | undefined)[] => (Array.isArray(paths) ? paths.map(placeOf) : [])
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
