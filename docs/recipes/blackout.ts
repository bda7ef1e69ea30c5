/** A device that loses its power. */
import { concatMap, EMPTY, map, merge, tap, timer } from 'rxjs'
import { client, defineObject, definitions, deviceObject, instances, lwm2mServer } from '../../src/index.ts'
import { world } from '../../src/simulation/index.ts'

const setPoint = defineObject({
  id: 3308,
  name: 'Set Point',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: { 5900: { name: 'Set Point Value', operations: 'RW', multiple: false, mandatory: true, type: 'float' } },
})

const made = world(4)
const say = (what: string) => console.log(`${Math.round(made.now() / 1000)} s: ${what}`)

made.node('server').start((env) => {
  const server = lwm2mServer(env, { context: { definitions: definitions([setPoint]) } })
  const { read, write } = server.client('thermostat')
  return merge(
    server.registrations$.pipe(map(({ type }) => type)),
    timer(10_000, env.scheduler).pipe(
      concatMap(() => write('/3308/0/5900', 23.5)),
      map(({ code }) => `write ${code}`),
    ),
    timer(40_000, env.scheduler).pipe(
      concatMap(() => read('/3308/0/5900')),
      map(({ value }) => `set point ${value}`),
    ),
  ).pipe(tap(say))
})

const thermostat = made.node('thermostat')
thermostat.start((env) => {
  const device = client(env, {
    endpointClientName: 'thermostat',
    servers: 'coap://server',
    objects: [deviceObject({ reboot: () => EMPTY }), instances(setPoint, { 0: { 5900: 20 } })],
    persist: {},
  })
  return device.notice$.pipe(tap((notice) => notice.type === 'store' && say(`store: ${notice.what}`)))
})

// The environment, and with it the store, is another one afterwards.
made.at(15_000, thermostat.crash)
made.at(20_000, thermostat.restart)
made.run(60_000)
