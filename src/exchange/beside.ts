/** Two floors under one roof: datagrams and streams side by side, by the remote's scheme (RFC 7252 §6.1, RFC 8323 §8.1). */
import type { DatagramDown, DatagramUp, LinkDown, LinkUp, Open, Remote } from '../core/ports.ts'
import { down, type Down, type LayerPart, type Up } from '../core/stack.ts'
import type { Malformed, Message, MessageDown, MessageUp } from '../message/message.ts'
import { isReliableScheme } from './matching.ts'

type Datagrams = LayerPart<Message | Malformed | LinkUp, Message | LinkDown, MessageDown, MessageUp>
type Streams = LayerPart<DatagramUp, DatagramDown, MessageDown, MessageUp>
type Both = LayerPart<Message | Malformed | DatagramUp, Message | DatagramDown, MessageDown, MessageUp>

/** Each word goes to the floor of its remote's scheme; a link that was opened, where its URI said. */
export const beside =
  (datagrams: Datagrams, streams: Streams): Both =>
  (env, emit) => {
    const one = datagrams(env, emit)
    // Made when there is a stream: most ends never have one.
    let others: ReturnType<Streams> | undefined
    const other = () => (others ??= streams(env, emit))
    const opened = new Set<Remote>()
    const isStream = (remote: Remote): boolean => isReliableScheme(remote) || (opened.size > 0 && opened.has(remote))
    /** A name that is opened anew elsewhere is closed where it was. */
    const moved = ({ remote, uri }: Open, now: number) => {
      if (isReliableScheme(uri)) opened.add(remote)
      else if (opened.has(remote)) {
        other().post(down({ type: 'close', remote, keepSession: false }), now)
        opened.delete(remote)
      }
    }
    const submit = (event: Down<MessageDown>, now: number) => {
      const { value } = event
      if (value.type === 'open') moved(value, now)
      if (isStream(value.remote)) other().post(event, now)
      else one.post(event, now)
    }
    const receive = ({ value }: Up<Message | Malformed | DatagramUp>, event: Up<never>, now: number) => {
      const floor = value.type === 'datagram' || ('remote' in value && isStream(value.remote)) ? other() : one
      // First: whoever hears that it is closed may open it anew at once.
      if (value.type === 'closed') opened.delete(value.remote)
      floor.post(event, now)
    }
    return {
      post: (event, now) => (event.type === 'up' ? receive(event, event as Up<never>, now) : submit(event, now)),
      deadline: () => Math.min(one.deadline(), others?.deadline() ?? Infinity),
      tick: (now) => {
        one.tick(now)
        others?.tick(now)
      },
    }
  }
