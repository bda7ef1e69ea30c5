/** What the demo tells from the journal: the states of the update, and what had to be sent again. */
import type { Turn } from '../core/journal.ts'
import type { Update } from '../firmware/update.ts'
import type { Story } from './story.ts'

/** What the machines decided, where a person wants to know: the update's states, and what had to be sent again. */
export const witness = (log: Story): ((turn: Turn) => void) => {
  let state = 0
  return ({ machine, node, event, effects, state: now, stamp }: Turn) => {
    if (machine === 'update' && node === 'device') {
      const { update } = now as { readonly update: Update }
      if (update.state !== state)
        log.say('firmware-state', `device: State ${state} -> ${update.state}, result ${update.result}`, {
          from: state,
          state: update.state,
          result: update.result,
        })
      state = update.state
    }
    if (machine === 'messages' && (event as { readonly type: string }).type === 'tick')
      for (const effect of effects as readonly {
        readonly type: string
        readonly value: { readonly type: string; readonly messageId?: number }
      }[])
        if (effect.type === 'down' && effect.value.type === 'CON')
          log.say('retransmitted', `${node ?? ''}: message ${effect.value.messageId ?? ''} sent again`, {
            node,
            messageId: effect.value.messageId,
            now: stamp.now,
          })
  }
}
