/** What must hold of every fault: the very image, once, or the right Result; never stuck; and `explain` names what went wrong. */
import type { Fault, Outcome, Way } from './lab.ts'

/** What is wrong with an outcome, and how it went; `undefined` when nothing is. */
export const verdict = (fault: Fault, way: Way, outcome: Outcome): string | undefined => {
  const { ends, serverCause, meanwhile, orders = 1 } = fault
  const cause = fault.causeOver?.[way] ?? fault.cause
  const { wanted, running, installed, completed, state, device, server, causes, text } = outcome
  const isInstalled = ends === 'installed'
  const wrong = [
    installed.every((digest) => digest === wanted) || 'an image was installed that nobody ordered',
    installed.length <= orders || `it was begun to be installed ${installed.length} times, ordered ${orders} times at the most`,
    completed === (isInstalled ? 1 : 0) || `installed ${completed} times`,
    running === (isInstalled ? wanted : '') || 'another image runs',
    (isInstalled ? state === '0/1' : state.endsWith(`/${ends}`)) || `State/Result is ${state}`,
    device?.cause === (isInstalled ? 'none' : cause) || `explained as ${device?.cause ?? 'nothing'}`,
    serverCause === undefined || server?.cause === serverCause || `explained by the server as ${server?.cause ?? 'nothing'}`,
    meanwhile === undefined || causes.has(meanwhile) || `while it lasted nobody said ${meanwhile}, but ${[...causes].join(', ')}`,
  ].filter((said) => said !== true)
  return wrong.length === 0 ? undefined : `${wrong.join('; ')}\n${outcome.failures.join('\n')}\n${text}`
}
