/** A small machine of rows for the tests of the core: leases, renewed by name, ended by token, reported when they run out. */
import { keyed, type Keyed } from '../../src/core/keyed.ts'
import { none, type Machine } from '../../src/core/machine.ts'

export interface Lease {
  readonly dueAt: number
  readonly token: string
  readonly renewals: number
}
export type LeaseEvent =
  | { readonly type: 'renew'; readonly who: string; readonly forMs: number; readonly of?: string }
  | { readonly type: 'end'; readonly token: string; readonly of?: string }
  | { readonly type: 'break'; readonly who: string; readonly of?: string }
  | { readonly type: 'noise' }
export interface LeaseEffect {
  readonly type: 'expired' | 'ended' | 'refused' | 'passed' | 'broken'
  readonly token?: string
}

export const leases = (limit: number, full: 'forget' | 'refuse' = 'forget'): Machine<Keyed<Lease, number>, LeaseEvent, LeaseEffect> =>
  keyed<Lease, number, LeaseEvent, LeaseEffect>({
    name: 'leases',
    shared: 0,
    limit,
    full: full === 'forget' ? 'forget' : () => [{ type: 'refused' }],
    scope: (event) => ('of' in event ? (event.of ?? '') : ''),
    route: (event) => (event.type === 'noise' ? undefined : event.type === 'end' ? event.token : event.who),
    otherwise: () => [{ type: 'passed' }],
    alias: ({ token }) => token,
    deadline: ({ dueAt }) => dueAt,
    fault: () => [{ type: 'broken' }],
    step: (row, count, event, { now }) => {
      switch (event.type) {
        case 'renew':
          return [{ dueAt: now + event.forMs, token: `token of ${event.who}`, renewals: (row?.renewals ?? 0) + 1 }, count + 1, none]
        case 'end':
          return row === undefined ? [row, count, none] : [undefined, count, [{ type: 'ended', token: row.token }]]
        case 'break':
          throw new Error('planted')
        case 'noise':
          return [row, count, none]
        case 'tick':
          return [undefined, count, [{ type: 'expired', token: row!.token }]]
      }
    },
  })
