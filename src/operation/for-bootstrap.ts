/** What only a bootstrap server may ask of a client, and what anybody else is answered (LwM2M Core §6.1.7, Transport §6.4.1, §6.4.2). */
import { responses } from '../message/code.ts'
import { depth } from '../model/path.ts'
import type { Outcome } from './operation.ts'
import type { Requested } from './word.ts'

/** The answer to a server that is no bootstrap server; `undefined`: it may ask so. */
export const reservedForBootstrap = ({ operation, outside }: Pick<Requested, 'operation' | 'outside'>): Outcome | undefined => {
  if (outside === true) return { code: responses.NotFound, diagnostic: 'the data model hangs elsewhere' }
  switch (operation.type) {
    case 'write':
    case 'delete':
      return depth(operation.path) < 2
        ? { code: responses.MethodNotAllowed, diagnostic: 'whole Objects are for bootstrap alone' }
        : undefined
    case 'discover':
      return depth(operation.path) === 0 ? { code: responses.MethodNotAllowed, diagnostic: 'the root is for bootstrap alone' } : undefined
    case 'bootstrap-finish':
      return { code: responses.MethodNotAllowed, diagnostic: 'for bootstrap alone' }
    default:
      return undefined
  }
}
