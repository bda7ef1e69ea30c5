/** Only what has changed: a differential update, signed, for one base and for one target. */
import { generateKeyPairSync } from 'node:crypto'
import { applyDelta, createDelta, getDeltaTargetSize } from 'fossil-delta'
import { catchError, concatMap, distinctUntilChanged, filter, map, mergeMap, NEVER, of, take, tap, throwError, type Observable } from 'rxjs'
import { client, deviceObject, firmware, lwm2mServer, Lwm2mError, payloadOf, signedBy, storedIn, trailerOf } from '../../src/index.ts'
import type { FirmwareImage, FirmwareOptions, Installation } from '../../src/index.ts'
import { crypto, signerOf } from '../../src/platform/index.ts'
import { bytesSource, world } from '../../src/simulation/index.ts'

const sha256 = (octets: Uint8Array) => crypto.digest('sha256', octets)
const same = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0

// The maker. In front of the delta: SHA-256 of the base (32 octets) and of the target (32), octets of the target (4).
const sizeAt = 64
const headerBytes = sizeAt + 4
export const difference = (base: Uint8Array, target: Uint8Array): Uint8Array =>
  Buffer.concat([headerOf(base, sha256(target), target.length), createDelta(base, target)])
export const headerOf = (base: Uint8Array, targetSha256: Uint8Array, targetBytes: number): Uint8Array => {
  const header = Buffer.concat([sha256(base), targetSha256], headerBytes)
  header.writeUInt32BE(targetBytes, sizeAt)
  return header
}

const { privateKey } = generateKeyPairSync('ed25519')
const { key, publicPem, sign } = signerOf(privateKey.export({ format: 'pem', type: 'pkcs8' }) as string)
const name = 'meter-delta' // not that of whole images: nobody takes one for the other
export const signed = (octets: Uint8Array): Uint8Array => {
  const claims = { name, version: '2.0', securityVersion: 4, size: octets.length, algorithm: key.algorithm, keyId: key.id }
  return Buffer.concat([octets, trailerOf(claims, sha256(octets), sign)])
}

// The device. It runs from one slot, and makes the target for the other.
export interface Flash {
  running: Uint8Array
  readonly slotBytes: number
}
const refused = (result: 2 | 5 | 6, why: string) => new Lwm2mError('firmware', why, { cause: result })

const differenceIn = (image: FirmwareImage) =>
  payloadOf(image).pipe(
    concatMap(({ read }) => read(0, image.size)), // `bytesMax` has bounded it
    take(1),
    map((octets) => {
      if (octets.length <= headerBytes) throw refused(6, 'this is no difference')
      const header = Buffer.from(octets.subarray(0, headerBytes))
      const [base, target] = [header.subarray(0, sizeAt / 2), header.subarray(sizeAt / 2, sizeAt)]
      return { base, target, targetBytes: header.readUInt32BE(sizeAt), delta: octets.slice(headerBytes) }
    }),
  )
/** Before anything is made: is it for what runs, and has the slot room for what it makes? */
const fitting = (image: FirmwareImage, { running, slotBytes }: Flash) =>
  differenceIn(image).pipe(
    tap(({ base, targetBytes, delta }) => {
      if (!same(base, sha256(running))) throw refused(6, 'the difference is from another base')
      if (targetBytes > slotBytes) throw refused(2, `the slot has no room for ${targetBytes} octets`)
      if (getDeltaTargetSize(delta) !== targetBytes) throw refused(5, 'the delta makes more or less than the header says')
    }),
  )
const patched = (image: FirmwareImage, flash: Flash) =>
  fitting(image, flash).pipe(
    map(({ target, delta }) => {
      const made = applyDelta(flash.running, delta) // stops where it would make more than it said
      if (!same(sha256(made), target)) throw refused(5, 'the target is not what it should be')
      return made
    }),
    catchError((error: Error) => throwError(() => (error instanceof Lwm2mError ? error : refused(5, error.message)))),
  )

const trusted = signedBy({ keys: [publicPem], name, securityVersion: 3 })
const meter = (
  flash: Flash,
  boot: (target: Uint8Array) => void,
): Pick<FirmwareOptions, 'bytesMax' | 'verify' | 'install' | 'installed'> => ({
  bytesMax: flash.slotBytes,
  verify: (image, lent) =>
    trusted(image, lent).pipe(
      concatMap((verdict) => (verdict.outcome === 'verified' ? fitting(image, flash).pipe(map(() => verdict)) : of(verdict))),
    ),
  install: (image) =>
    patched(image, flash).pipe(
      tap(boot),
      concatMap(() => NEVER), // the next life answers
    ),
  installed: (image): Observable<Installation> =>
    image === undefined
      ? of({ outcome: 'failed', why: 'the difference has gone' })
      : differenceIn(image).pipe(map(({ target }) => ({ outcome: same(target, sha256(flash.running)) ? 'installed' : 'failed' }))),
})

/** One update, from the order to its end. */
export const update = (packaged: Uint8Array, flash: Flash): void => {
  const made = world(8, { crypto, faults: { loss: 0.05, minMs: 10, maxMs: 30 } })
  made.node('server', { address: '10.0.0.1' }).start((env) =>
    lwm2mServer(env, { listen: { address: '10.0.0.1', port: 5683 } }).client$.pipe(
      mergeMap((one) => one.updateFirmware({ name: 'meter-2.0.delta', source: bytesSource(packaged), size: packaged.length })),
      map(({ phase, bytes }) => `${phase}, ${bytes} octets`),
      filter((line) => /^(installing|updated)/.test(line)),
      distinctUntilChanged(),
      catchError((error: Lwm2mError) => of(error.message)),
      tap((line) => console.log(`server: ${line}`)),
    ),
  )
  const device = made.node('device')
  device.start((env) => {
    const boot = (target: Uint8Array) =>
      made.at(made.now() + 1_000, () => {
        device.crash()
        flash.running = target
        device.restart()
      })
    const object = firmware({ ...meter(flash, boot), store: storedIn(env.storage), reset: () => env.storage.remove('firmware') })
    const objects = [deviceObject({ reboot: () => NEVER }), object]
    return client(env, { endpointClientName: 'urn:meter', servers: 'coap://10.0.0.1', objects }).run$
  })
  made.run(120_000)
}

// Two builds: the clock has learnt something, and all that is behind it has moved.
const routine = (of: string) => Buffer.concat(Array.from({ length: 128 }, (_, at) => sha256(Buffer.from(`${of} ${at}`))))
const [before, behind] = [['boot', 'radio', 'clock'].map(routine), ['meter', 'display', 'log', 'crypto', 'update'].map(routine)]
export const old: Uint8Array = Buffer.concat([Buffer.from('meter 1.0'), ...before, ...behind])
export const next: Uint8Array = Buffer.concat([Buffer.from('meter 2.0'), ...before, routine('leap seconds').subarray(0, 400), ...behind])

const packaged = signed(difference(old, next))
console.log(`whole and signed it has ${signed(next).length} octets`)
const flash: Flash = { running: old, slotBytes: 64 * 1024 }
update(packaged, flash)
console.log(`runs ${same(flash.running, next) ? '2.0, octet by octet' : 'something else'}`)
update(packaged, flash) // it no longer runs what this is a difference from
