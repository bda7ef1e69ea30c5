/** A device that is not always there. */
import { defer, EMPTY, of, retry, tap, throwError, timeout, timer, type Observable } from 'rxjs'
import { client, deviceObject, lwm2mServer, Lwm2mError } from '../../src/index.ts'
import { world } from '../../src/simulation/index.ts'

const made = world(3)
const say = (what: string) => console.log(`${Math.round(made.now() / 1000)} s: ${what}`)

made.node('server').start((env) => {
  const server = lwm2mServer(env)
  const again = (error: unknown): Observable<unknown> => {
    const worthIt = error instanceof Lwm2mError && (error.retryable || error.code === 'not-registered')
    say(`${error instanceof Lwm2mError ? error.code : String(error)}, ${worthIt ? 'again in 20 s' : 'hopeless'}`)
    return worthIt ? timer(20_000, env.scheduler) : throwError(() => error)
  }
  const maker$ = server.client('urn:a').read('/3/0/0')
  const patient$ = maker$.pipe(
    // Unsubscribing cancels: nothing goes on behind our back when the time is up.
    timeout({ first: 30_000, scheduler: env.scheduler, with: () => throwError(() => new Lwm2mError('timeout', 'too slow')) }),
    retry({ delay: again }),
    tap(({ value }) => say(String(value))),
  )
  server.registrations$.subscribe(({ type }) => say(type))
  return defer(() => patient$)
})

const device = made.node('device')
made.at(30_000, () =>
  device.start((env) => {
    const objects = [deviceObject({ manufacturer: { read: () => of('Acme') }, reboot: () => EMPTY })]
    return client(env, { endpointClientName: 'urn:a', servers: 'coap://server', objects }).run$
  }),
)

made.run(60_000)
