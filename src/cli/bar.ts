/** A progress bar on stderr: octets, rate and what is left; silent where stderr is no terminal. */
import { Presets, SingleBar } from 'cli-progress'

/** One bar. */
export interface Bar {
  readonly set: (bytes: number, total: number | undefined) => void
  readonly stop: () => void
}

/** Draws from the first `set` on. `shown: false` draws nothing. */
export const bar = (title: string, shown: boolean = process.stderr.isTTY): Bar => {
  if (!shown) return { set: () => undefined, stop: () => undefined }
  const drawn = new SingleBar(
    {
      format: `${title} {bar} {percentage}% | {done} of {size} | {rate}/s | {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: false,
      etaBuffer: 50,
      fps: 10,
    },
    Presets.shades_classic,
  )
  const begun = performance.now()
  let started = false
  return {
    set: (bytes, total) => {
      const rate = bytes / Math.max(0.001, (performance.now() - begun) / 1000)
      const payload = { done: octets(bytes), size: total === undefined ? '?' : octets(total), rate: octets(rate) }
      if (!started) drawn.start(total ?? Math.max(1, bytes), bytes, payload)
      started = true
      if (total !== undefined) drawn.setTotal(total)
      drawn.update(bytes, payload)
    },
    stop: () => drawn.stop(),
  }
}

/** Octets as a person reads them. */
export const octets = (count: number): string =>
  count < 1024 ? `${Math.round(count)} B` : count < 1 << 20 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 2 ** 20).toFixed(2)} MiB`
