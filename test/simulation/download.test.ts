/** A download in a world of bad links and power cuts: it goes on in the next life where it was, and is the file in the end (RFC 7959 §2.4; RFC 9110 §14). */
import { merge, of, tap, type Observable } from 'rxjs'
import { expect, test } from 'vitest'
import type { Environment } from '../../src/core/environment.ts'
import type { Sink } from '../../src/core/ports.ts'
import { coapEndpoint, download, imageOverCoap, imageOverHttp, memoryIn, storedIn, type Progress } from '../../src/index.ts'
import { bytesSource, world } from '../../src/simulation/index.ts'

const size = 120_001
const fileOf = (version: number) => Uint8Array.from({ length: size }, (_, at) => (at * (7 + version)) ^ (at >> 8))

/** A file server that serves one file, and another from an instant on. */
const serving = (changesAtMs: number) => (env: Environment) => {
  const images = [0, 1].map((version) => ({ name: 'f', size, source: bytesSource(fileOf(version), Uint8Array.of(version + 1)) }))
  const image = () => images[env.scheduler.now() < changesAtMs ? 0 : 1]!
  const socket = { listen: { port: 5683 } }
  return merge(
    coapEndpoint(env, { socket, handler: (request) => of(imageOverCoap(image(), request)) }).up$,
    env.http.serve({ port: 80 }, (request) => of(imageOverHttp(image(), request))),
  )
}

/** Its octets as they are written, over all lives. */
const counting = (sink: Sink, count: (octets: number) => void): Sink => ({
  ...sink,
  write: (bytes, offset) => sink.write(bytes, offset).pipe(tap({ complete: () => count(bytes.length) })),
})

const play = (seed: number, uri: string, changesAtMs: number = Infinity) => {
  const it = world(seed, { faults: { loss: 0.1, duplication: 0.1, reorder: 0.1, minMs: 5, maxMs: 100 }, log: false })
  it.node('server', { address: '10.0.0.99' }).start(serving(changesAtMs))
  const seen: { written: number; ended: Progress[]; failed: unknown[] } = { written: 0, ended: [], failed: [] }
  const program = (env: Environment): Observable<unknown> => {
    const { sink, source } = storedIn(env.storage, 'file')
    const options = {
      ...env,
      source,
      sink: counting(sink, (octets) => (seen.written += octets)),
      memory: memoryIn(env.storage, 'download'),
      sha256: true as const,
      retries: 20,
    }
    return download(uri, options).pipe(
      tap({ next: (one) => one.phase === 'stored' && seen.ended.push(one), error: (error: unknown) => seen.failed.push(error) }),
    )
  }
  const device = it.node('device')
  device.start(program)
  let cuts = 0
  // Over HTTP a piece takes 20 ms here, over CoAP a block on a bad link a few hundred.
  const unitMs = uri.startsWith('http') ? 20 : 1_000
  for (let at = 3 * unitMs; at < 60 * unitMs; at += unitMs + (it.random.uint32() % (15 * unitMs))) {
    it.at(at, () => {
      if (seen.ended.length > 0 || !device.isOn()) return
      cuts++
      device.crash()
    })
    it.at(at + unitMs / 2, () => {
      if (!device.isOn()) device.restart()
    })
  }
  it.run(1_200_000)
  return { ...seen, cuts, stored: device.stored.bodies.get('file'), left: device.stored.values.has('download') }
}
const same = (a: Uint8Array | undefined, b: Uint8Array) =>
  a !== undefined && a.length === b.length && a.every((octet, at) => octet === b[at])

const seeds = Array.from({ length: 25 }, (_, index) => index + 1)
for (const uri of ['coap://10.0.0.99/f', 'http://10.0.0.99/f']) {
  test.each(seeds)(`a download of ${uri} survives power cuts, and asks for little twice (seed %i) [RFC 7959 §2.4]`, (seed) => {
    const { failed, ended, stored, written, cuts, left } = play(seed, uri)
    expect(failed).toEqual([])
    expect(ended).toHaveLength(1)
    expect(same(stored, fileOf(0))).toBe(true)
    expect(left).toBe(false)
    expect(cuts).toBeGreaterThan(0)
    expect(written).toBeLessThanOrEqual(size + (cuts + ended[0]!.attempt + 1) * 1_024)
  })
  test.each(seeds)(`a download of ${uri}, a file that changes under way, is one of both whole (seed %i) [RFC 9110 §13.1.5]`, (seed) => {
    const { failed, ended, stored } = play(seed, uri, uri.startsWith('http') ? 40 + seed * 7 : 4_000 + seed * 700)
    expect(failed).toEqual([])
    expect(ended).toHaveLength(1)
    expect([0, 1].some((version) => same(stored, fileOf(version)))).toBe(true)
  })
}
