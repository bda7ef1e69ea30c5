/** Secured links over a restart of the server: their sessions are kept, and found again before it listens (RFC 9146, RFC 5246 §7.3). */
import { auditTime, map, type Observable } from 'rxjs'
import type { Surroundings } from '../../core/environment.ts'
import type { DtlsOptions, DtlsSaved } from '../../datagram/dtls/options.ts'
import type { RegistrationEvent } from '../registration.ts'
import type { Keeping, KeptSession } from '../store.ts'
import { contentOf, piecesOf, savedFrom, sessionOf } from './pieces.ts'

/** Sessions that are kept. */
export interface Sessions {
  /** Emits when what was kept is known; DTLS begins with it. */
  readonly ready$: Observable<unknown>
  /** The same options, with what was kept and where to keep it. */
  readonly with: <Options extends DtlsOptions>(options: Options) => Options
}

/** The sessions of one server. They are saved a little after a client has registered or updated, whatever else they do: sequence numbers leave room for that. */
export const sessions = (
  { scheduler }: Pick<Surroundings, 'scheduler'>,
  store: Keeping<KeptSession>,
  registration$: Observable<RegistrationEvent>,
): Sessions => {
  let from: DtlsSaved | undefined
  /** What was written, by its name. */
  let written = new Map<string, string>()
  const settle = (work$: Observable<unknown>) => void work$.subscribe({ error: () => undefined })
  const saved = (state: DtlsSaved) => {
    const now = new Map<string, string>()
    for (const piece of piecesOf(state)) {
      const content = contentOf(piece)
      now.set(piece.name, content)
      if (written.get(piece.name) !== content) settle(store.keep(sessionOf(piece)))
    }
    for (const name of written.keys()) if (!now.has(name)) settle(store.drop({ name, octets: new Uint8Array(0) }))
    written = now
  }
  return {
    ready$: store.load.pipe(
      map((kept) => {
        from = savedFrom(kept)
        // Their clocks are of another life: all of it is written anew.
        written = new Map(kept.map(({ name }) => [name, '']))
      }),
    ),
    with: (options) => ({
      ...options,
      save$: registration$.pipe(auditTime(saveMs, scheduler)),
      saved,
      get from() {
        return from
      },
    }),
  }
}
const saveMs = 2_000
