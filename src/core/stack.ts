/** Two layers as one part, without a stream between them. */
import type { Part } from './part.ts'

/** A value on its way up: arrived from below, or handed up. */
export interface Up<Value> {
  readonly type: 'up'
  readonly value: Value
}
/** A value on its way down: handed down, or sent below. */
export interface Down<Value> {
  readonly type: 'down'
  readonly value: Value
}

/** What may happen to a layer. */
export type LayerEvent<Received, Submitted> = Up<Received> | Down<Submitted>
/** What a layer may ask. One layer's effect is the next one's event: the same object goes on. */
export type LayerEffect<Transmitted, Delivered> = Down<Transmitted> | Up<Delivered>

/** A layer seen as a part: `Received` climbs in, `Transmitted` goes out below; `Submitted` is handed down, `Delivered` handed up. */
export type LayerPart<Received, Transmitted, Submitted, Delivered> = Part<
  LayerEvent<Received, Submitted>,
  LayerEffect<Transmitted, Delivered>
>

export const up = <Value>(value: Value): Up<Value> => ({ type: 'up', value })
export const down = <Value>(value: Value): Down<Value> => ({ type: 'down', value })

/** `upper` stands on `lower`. Associative, and every machine has the same history as with the two layers in a `pipe`. */
export const stack =
  <A, B, C, D, E, F>(lower: LayerPart<A, B, C, D>, upper: LayerPart<D, C, E, F>): LayerPart<A, B, E, F> =>
  (env, emit) => {
    const below = lower(env, (effect, now) => {
      if (effect.type === 'down') emit(effect, now)
      else above.post(effect, now)
    })
    const above = upper(env, (effect, now) => {
      if (effect.type === 'up') emit(effect, now)
      else below.post(effect, now)
    })
    return {
      post: (event, now) => {
        if (event.type === 'up') below.post(event, now)
        else above.post(event, now)
      },
      deadline: () => Math.min(below.deadline(), above.deadline()),
      tick: (now) => {
        below.tick(now)
        above.tick(now)
      },
    }
  }
