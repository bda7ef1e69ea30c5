/** What a server may write into its Server Object Instance, beyond types and ranges (LwM2M Core §6.2.1.2, §E.2). */
import { rowAt, type Draft } from './draft.ts'
import { refuse, type Refusal } from './refusal.ts'

/** Binding: letters of transports, each once; Q was one of them in LwM2M 1.0. Preferred Transport: one letter. */
const forms: Readonly<Record<number, RegExp>> = { 7: /^(?!.*(.).*\1)[UMHTSNQ]+$/, 22: /^[UMHTSN]$/ }

/** The first value that a server wrote and that cannot be meant: 4.00. */
export const misbound = (draft: Draft): Refusal | undefined => {
  if (draft.author !== 'server') return undefined
  for (const path of draft.written) {
    const form = path.object === 1 ? forms[path.resource!] : undefined
    const value = form === undefined ? undefined : rowAt(draft, 1, path.instance!)?.resources[path.resource!]
    if (typeof value === 'string' && !form!.test(value)) return refuse('range', path)
  }
  return undefined
}
