/** What one device says moves another. */
import { concatMap, distinctUntilChanged, EMPTY, filter, map, switchMap, take, tap, timer } from 'rxjs'
import { client, defineObject, definitions, deviceObject, instances, lwm2mServer, temperature } from '../../src/index.ts'
import { world } from '../../src/simulation/index.ts'

const heater = defineObject({
  id: 3306,
  name: 'Actuation',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: { 5850: { name: 'On/Off', operations: 'RW', multiple: false, mandatory: true, type: 'boolean' } },
})

const made = world(4)

made.node('server').start((env) => {
  const server = lwm2mServer(env, { context: { definitions: definitions([temperature, heater]) } })
  const { registration$, observe, write } = server.client('urn:a')
  return registration$.pipe(
    filter((registration) => registration !== undefined),
    take(1),
    switchMap(() => observe('/3303/0/5700')),
    map(({ value }) => Number(value) < 20),
    distinctUntilChanged(),
    concatMap((on) => write('/3306/0/5850', on)), // in order: an older order never overtakes a newer one
  )
})

made.node('device').start((env) => {
  const celsius$ = timer(0, 10_000, env.scheduler).pipe(map((step) => [21, 20.5, 19.5, 19, 20.5, 21][step % 6]!))
  const turn = (on: boolean) => EMPTY.pipe(tap({ complete: () => console.log(`${made.now() / 1000} s: heater ${on ? 'on' : 'off'}`) }))
  const objects = [
    deviceObject({ reboot: () => EMPTY }),
    instances(temperature, { 0: { 5700: celsius$ } }),
    instances(heater, { 0: { 5850: { value: false, write: turn } } }),
  ]
  return client(env, { endpointClientName: 'urn:a', servers: 'coap://server', objects }).run$
})

made.run(60_000)
