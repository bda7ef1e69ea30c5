/** Several devices on one screen. */
import { combineLatest, distinctUntilChanged, EMPTY, filter, map, switchMap, tap, timer } from 'rxjs'
import { client, deviceObject, instances, lwm2mServer, temperature } from '../../src/index.ts'
import { world } from '../../src/simulation/index.ts'

const made = world(2)
const rooms = ['kitchen', 'cellar'] as const

made.node('server').start((env) => {
  const server = lwm2mServer(env)
  const celsius = (room: string) =>
    server.client(room).registration$.pipe(
      map((registration) => registration !== undefined),
      distinctUntilChanged(),
      filter(Boolean), // there, whenever it comes
      switchMap(() => server.client(room).observe('/3303/0/5700')), // the latest registration counts
      map(({ value }) => Number(value)),
    )
  return combineLatest(rooms.map(celsius)).pipe(
    map(([kitchen, cellar]) => `kitchen ${kitchen}, cellar ${cellar}, difference ${kitchen! - cellar!}`),
    tap((line) => console.log(line)),
  )
})

const thermometer = (room: string, from: number, everyMs: number) =>
  made.node(room).start((env) => {
    const celsius$ = timer(0, everyMs, env.scheduler).pipe(map((step) => from + step))
    const objects = [deviceObject({ reboot: () => EMPTY }), instances(temperature, { 0: { 5700: celsius$ } })]
    return client(env, { endpointClientName: room, servers: 'coap://server', objects }).run$
  })
thermometer('kitchen', 20, 20_000)
thermometer('cellar', 10, 30_000)

made.run(45_000)
