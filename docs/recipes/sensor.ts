/** A noisy sensor becomes a calm Resource. */
import { distinctUntilChanged, EMPTY, map, mergeMap, scan, tap, timer } from 'rxjs'
import { client, deviceObject, instances, lwm2mServer, notifyWhen, temperature } from '../../src/index.ts'
import { world } from '../../src/simulation/index.ts'

const made = world(1)

made.node('server').start((env) =>
  lwm2mServer(env).client$.pipe(
    mergeMap((one) => one.observe('/3303/0/5700')),
    tap(({ value }) => console.log(`${made.now() / 1000} s: ${String(value)} °C`)),
  ),
)

made.node('device').start((env) => {
  const raw$ = timer(0, 1_000, env.scheduler).pipe(map((second) => 20 + second / 10 + (second % 2 === 0 ? 0.3 : -0.3)))
  const celsius$ = raw$.pipe(
    scan((mean, now) => mean + (now - mean) / 4), // smooth
    map((value) => Math.round(value * 2) / 2), // to half a degree
    distinctUntilChanged(),
    notifyWhen<number>({ pmin: 10 }, env.scheduler), // at most every ten seconds
  )
  const objects = [deviceObject({ reboot: () => EMPTY }), instances(temperature, { 0: { 5700: celsius$, 5701: 'Cel' } })]
  return client(env, { endpointClientName: 'urn:a', servers: 'coap://server', objects }).run$
})

made.run(60_000)
