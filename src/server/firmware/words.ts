/** What the numbers of the Firmware Update Object mean (LwM2M Core 1.2.2 §E.6). */

/** The values of State, /5/0/3. */
export const State = { idle: 0, downloading: 1, downloaded: 2, updating: 3 } as const

/** The values of Update Result, /5/0/5, for a human. */
const results: readonly string[] = [
  'no result yet',
  'updated successfully',
  'not enough flash memory for the new package',
  'out of RAM while downloading',
  'connection lost while downloading',
  'integrity check of the new package failed',
  'unsupported package type',
  'invalid URI',
  'the update failed',
  'unsupported protocol',
  'the update was cancelled',
  'the update was deferred',
]

/** An Update Result as a sentence. */
export const resultSentence = (result: number): string => `Update Result ${result}: ${results[result] ?? 'unknown to this server'}`
