/** The same for programs made of promises. */
import { EMPTY, firstValueFrom, map, of, timer } from 'rxjs'
import { client, deviceObject, instances, lwm2mServer, temperature, toAsyncIterable, withSignal, type Server } from '../../src/index.ts'
import { world } from '../../src/simulation/index.ts'

const made = world(5)
const enough = new AbortController()

const program = async (server: Server) => {
  const device = await firstValueFrom(server.client$)
  console.log((await firstValueFrom(device.read('/3/0/0'))).value)
  try {
    for await (const { value } of toAsyncIterable(withSignal(device.observe('/3303/0/5700'), enough.signal))) {
      console.log(value)
      if (value === 22) enough.abort()
    }
  } catch (error) {
    console.log(String(error))
  }
}

made.node('server').start((env) => {
  const server = lwm2mServer(env)
  void program(server)
  return server.registrations$
})
made.node('device').start((env) => {
  const celsius$ = timer(0, 10_000, env.scheduler).pipe(map((step) => 20 + step))
  const objects = [
    deviceObject({ manufacturer: { read: () => of('Acme') }, reboot: () => EMPTY }),
    instances(temperature, { 0: { 5700: celsius$ } }),
  ]
  return client(env, { endpointClientName: 'urn:a', servers: 'coap://server', objects }).run$
})

await made.settle(60_000)
