/** How things stack. */
import { Observable, pipe, Subject, type OperatorFunction } from 'rxjs'
import type { Surroundings } from './environment.ts'
import { attend } from './run.ts'
import type { LayerPart } from './stack.ts'

/** A two-way street seen from above: what is sent goes in, what arrives comes out. */
export type Duplex<Sent, Received> = OperatorFunction<Sent, Received>

/** A layer turns the street below into a better one. */
export type Layer<BelowSent, BelowReceived, Sent, Received> = (below: Duplex<BelowSent, BelowReceived>) => Duplex<Sent, Received>

/** Stateless: one operator on the way down, one on the way up. */
export const translate =
  <A, B, C, D>(down: OperatorFunction<C, A>, up: OperatorFunction<B, D>): Layer<A, B, C, D> =>
  (below) =>
    pipe(down, below, up)

/** Stateful: a part stands on the street below. It ends when the street below ends; that nothing more is submitted ends nothing. */
export const layer =
  <Received, Transmitted, Submitted, Delivered>(
    part: LayerPart<Received, Transmitted, Submitted, Delivered>,
    env: Surroundings,
  ): Layer<Transmitted, Received, Submitted, Delivered> =>
  (below) =>
  (submitted$) =>
    new Observable((observer) => {
      const transmitted$ = new Subject<Transmitted>()
      const fail = (error: unknown) => observer.error(error)
      const attended = attend(
        part,
        env,
        (effect) => {
          if (effect.type === 'down') transmitted$.next(effect.value)
          else observer.next(effect.value)
        },
        fail,
      )
      observer.add(attended.stop)
      observer.add(
        below(transmitted$).subscribe({
          next: (value) => attended.post({ type: 'up', value }),
          error: fail,
          complete: () => observer.complete(),
        }),
      )
      observer.add(submitted$.subscribe({ next: (value) => attended.post({ type: 'down', value }), error: fail }))
    })
