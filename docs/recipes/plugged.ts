/** A device whose sensors are plugged in and out. */
import { EMPTY, filter, map, merge, switchMap, take, tap, timer } from 'rxjs'
import { client, deviceObject, instances, ipso, lwm2mServer, temperature } from '../../src/index.ts'
import { world } from '../../src/simulation/index.ts'

const made = world(6)

made.node('server').start((env) => {
  const server = lwm2mServer(env)
  const { registration$, read } = server.client('urn:a')
  return registration$.pipe(
    filter((registration) => registration !== undefined),
    map(({ has }) => has.objects.map(({ path }) => path).filter(({ object, instance }) => object! > 3000 && instance !== undefined)),
    switchMap((sensors) => merge(...sensors.map(({ object, instance }) => read(`/${object!}/${instance!}/5700`).pipe(take(1))))),
    tap(({ path, value }) => console.log(`${made.now() / 1000} s: ${path} is ${Number(value)}`)),
  )
})

made.node('device').start((env) => {
  const device = client(env, {
    endpointClientName: 'urn:a',
    servers: 'coap://server',
    objects: [deviceObject({ reboot: () => EMPTY }), instances(temperature, { 0: { 5700: 21.5 } })],
  })
  const humidity$ = timer(0, 1_000, env.scheduler).pipe(map((step) => 40 + step))
  // As the hardware says it: what is plugged in is added with its streams, what is pulled out goes with them.
  made.at(10_000, () => device.add(instances(ipso(3304), { 0: { 5700: humidity$, 5701: '%RH' } })))
  made.at(20_000, () => device.addInstance(temperature, 1, { 5700: 4 }))
  made.at(30_000, () => device.remove(3304))
  return merge(
    device.run$,
    device.notice$.pipe(
      filter(({ type }) => type === 'refused'),
      tap((notice) => console.log(notice)),
    ),
  )
})

made.run(40_000)
