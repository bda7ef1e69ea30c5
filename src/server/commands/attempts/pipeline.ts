/** One command at its client, tried whenever the client shows itself, until it has been heard (LwM2M Transport 1.2.2 §6.5). */
import { catchError, concatMap, defer, EMPTY, exhaustMap, last, map, of, take, tap, type Observable } from 'rxjs'
import type { Surroundings } from '../../../core/environment.ts'
import type { RegisteredClient } from '../../client/client.ts'
import type { Registration } from '../../registration.ts'
import { errorFrom, isUnheard, performed, type KeptCommand, type SettledCommand } from '../command.ts'

/** What attempts stand on. */
export interface AttemptFloor {
  readonly env: Pick<Surroundings, 'wall'>
  /** The registration of an endpoint now, and after each change. */
  readonly watch: (endpointClientName: string) => Observable<Registration | undefined>
  readonly client: (endpointClientName: string, how: { readonly expiryMs: number }) => Omit<RegisteredClient, 'updateFirmware' | 'awake$'>
}

/** What becomes of the command, once. */
export const attempts = (floor: AttemptFloor, one: KeptCommand): Observable<SettledCommand> =>
  defer(() => {
    let now: Registration | undefined
    /** Again at once if the client showed itself meanwhile, else when it does. */
    const tried = (): Observable<SettledCommand> => {
      const before = now
      return attempt(floor, one).pipe(
        concatMap((word) => (word !== unheard ? of(word) : now === undefined || now === before ? EMPTY : tried())),
      )
    }
    return floor.watch(one.endpointClientName).pipe(
      tap((registration) => (now = registration)),
      // One attempt at a time.
      exhaustMap((registration) => (registration === undefined ? EMPTY : tried())),
      take(1),
    )
  })

/** The client has said nothing. */
type Unheard = 'unheard'
const unheard: Unheard = 'unheard'

const attempt = ({ env, client }: AttemptFloor, one: KeptCommand): Observable<SettledCommand | Unheard> =>
  performed(client(one.endpointClientName, { expiryMs: Math.max(1, one.expires - env.wall()) }), one.command).pipe(
    last(),
    map((result): SettledCommand => ({ ...one, outcome: 'done', result })),
    catchError((error: unknown) =>
      of<SettledCommand | Unheard>(isUnheard(error) ? unheard : { ...one, outcome: 'failed', error: errorFrom(error) }),
    ),
  )
