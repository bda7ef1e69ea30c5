/** New firmware, seen from both sides. */
import { distinctUntilChanged, EMPTY, ignoreElements, map, mergeMap, tap, throwError, timer } from 'rxjs'
import { client, deviceObject, firmware, lwm2mServer, Lwm2mError, storedIn } from '../../src/index.ts'
import { bytesSource, world } from '../../src/simulation/index.ts'

const made = world(6, { faults: { loss: 0.05, minMs: 10, maxMs: 30 } })
const octets = Uint8Array.from({ length: 20_000 }, (_, at) => (at * 7) & 255)

made.node('server', { address: '10.0.0.1' }).start((env) => {
  const image = { name: 'v2.bin', source: bytesSource(octets), size: octets.length }
  return lwm2mServer(env, { listen: { address: '10.0.0.1', port: 5683 } }).client$.pipe(
    mergeMap((one) => one.updateFirmware(image)),
    map(({ phase, state }) => `server: ${phase}${state === undefined ? '' : `, State ${state}`}`),
    distinctUntilChanged(),
    tap((line) => console.log(line)),
  )
})

made.node('device').start((env) => {
  const update = firmware({
    store: storedIn(env.storage), // octets go there as they come; a resumed download goes on where it ended
    verify: ({ size }) => (size === 20_000 ? EMPTY : throwError(() => new Lwm2mError('invalid', 'too short', { cause: 5 }))),
    install: ({ size }) =>
      timer(3_000, env.scheduler).pipe(
        tap(() => console.log(`device: installed ${size} octets`)),
        ignoreElements(),
      ),
    reset: () => env.storage.remove('firmware'),
  })
  const objects = [deviceObject({ reboot: () => EMPTY }), update]
  return client(env, { endpointClientName: 'urn:a', servers: 'coap://10.0.0.1', objects }).run$
})

made.run(120_000)
