/** Firmware in bursts of blocks over a slow and lossy path, pulled and pushed (RFC 9177; LwM2M Core §E.6). */
import { createHash } from 'node:crypto'
import { EMPTY } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { storedIn } from '../../src/firmware/image.ts'
import { firmware } from '../../src/firmware/pipeline.ts'
import { bytesSource } from '../../src/simulation/storage.ts'
import { c1Device, rig } from '../conformance/rig.ts'

const image = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 2_654_435_761) >>> 24)
const sha256 = createHash('sha256').update(image).digest('hex')
const robust = { parameters: { robustBlocks: 'auto' } } as const

describe.each([
  ['pull', 31],
  ['push', 19],
] as const)('%s', (mode, option) => {
  test.each([0, 0.02, 0.1])('with a loss of %f the image arrives in Q-Blocks, whole, and is installed once', (loss) => {
    const installed: string[] = []
    const it = rig({
      objectsIn: (_, env) => [
        c1Device(),
        firmware({
          store: storedIn(env.storage),
          install: (package_) => {
            installed.push(package_.sha256)
            return EMPTY
          },
          reset: () => env.storage.remove('firmware'),
        }),
      ],
      client: robust,
      server: robust,
    })
    it.world.network.faults({ minMs: 50, maxMs: 50, loss })
    const from = it.wire.length
    const seen = it.watch((device) => device.updateFirmware({ name: 'image', source: bytesSource(image), size: image.length }, { mode }))
    for (let waited = 0; waited < 1_200 && seen.values.at(-1)?.value.phase !== 'updated'; waited++) it.pass(1)
    expect(seen.errors).toEqual([])
    expect(seen.values.at(-1)?.value.phase).toBe('updated')
    expect(installed).toEqual([sha256])
    expect(it.wire.slice(from).filter(({ message }) => message.options.some(({ number }) => number === option)).length).toBeGreaterThan(10)
  })
})
