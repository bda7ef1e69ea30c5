/** An account and its Server Object Instance: whose attributes, periods and rights count (LwM2M Core §6.2, §E.2). */
import type { Account } from './state.ts'
import { numberAt, type Work } from './work.ts'

/** The Server Object Instance (/1/x) of an account; accounts are numbered by their Security Object Instances. */
export const serverOf = (_work: Pick<Work, 'state'>, account: number): number => account

/** The Short Server ID of an account (/1/x/0). */
export const shortServerIdOf = (work: Pick<Work, 'state'>, account: number): number | undefined =>
  numberAt(work, 1, serverOf(work, account), 0)

/** Whether notifications and Sends reach the server now; otherwise they are stored, or wait. */
export const isReachable = ({ phase }: Account): boolean => phase === 'registered' || phase === 'updating'
