/** The floor between a stream of octets and exchanges: what stands where datagrams have the codec and the message layer (RFC 8323). */
import { layer, type Layer } from '../core/duplex.ts'
import type { Surroundings } from '../core/environment.ts'
import { single } from '../core/part.ts'
import type { DatagramDown, DatagramUp, LinkDown, LinkUp } from '../core/ports.ts'
import type { LayerPart } from '../core/stack.ts'
import { frames as framesMachine, type FrameLimits } from './frames.ts'
import type { Malformed, Message, MessageDown, MessageUp } from './message.ts'
import { defaultSignals, signals as signalsMachine, type SignalParameters } from './signals.ts'

/** Pieces of a stream to messages and back; takes the place of `codec` (RFC 8323 §3). */
export const framesPart = (
  limits: FrameLimits = defaultSignals,
): LayerPart<DatagramUp, DatagramDown, Message | LinkDown, Message | Malformed | LinkUp> =>
  single(framesMachine({ ...limits, maxMessageBytes: Math.max(limits.maxMessageBytes, baseMessageBytes) }))
/** What everybody takes: a peer may send as much before our settings have come (RFC 8323 §5.3.1). */
const baseMessageBytes = 1_152
export const frames = (
  env: Surroundings,
  limits: FrameLimits = defaultSignals,
): Layer<DatagramDown, DatagramUp, Message | LinkDown, Message | Malformed | LinkUp> => layer(framesPart(limits), env)

/** Connections with their settings; takes the place of `messages` (RFC 8323 §5). */
export const signalsPart = (
  p: SignalParameters = defaultSignals,
): LayerPart<Message | Malformed | LinkUp, Message | LinkDown, MessageDown, MessageUp> => single(signalsMachine(p))
export const signals = (
  env: Surroundings,
  p: SignalParameters = defaultSignals,
): Layer<Message | LinkDown, Message | Malformed | LinkUp, MessageDown, MessageUp> => layer(signalsPart(p), env)
