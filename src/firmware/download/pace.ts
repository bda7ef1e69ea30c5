/** How fast pieces may be taken: octets per second, made up for when a timer was late. */

/** When the next piece may be taken after one of so many octets: what was not used in the last tenth of a second may be used now. */
export const paced = (readyAt: number, now: number, bytes: number, bytesPerSecond: number): number =>
  Math.max(readyAt, now - slackMs) + (bytes * 1_000) / bytesPerSecond

const slackMs = 100
