/** What the laws of several machines share: bounds small enough to be met, and floods from many peers. */
import { test } from 'vitest'
import type { Random } from '../../src/core/dice.ts'
import { defaultParameters, type Parameters } from '../../src/exchange/parameters.ts'
import type { Message } from '../../src/message/message.ts'
import type { Law } from '../../src/testing/index.ts'

/** Bounds small enough to be met. */
export const tight: Parameters = {
  ...defaultParameters,
  peersMax: 3,
  outgoingMax: 6,
  waitingMax: 3,
  seenMax: 12,
  seenPerPeerMax: 5,
  performedMax: 6,
  performedPerPeerMax: 3,
  exchangesMax: 6,
  observationsMax: 4,
  transfersMax: 4,
}

/** The bounds that users get, for what they mean in octets. */
export const noBody: Uint8Array = new Uint8Array(0)

export const peerOf = (index: number): string => `coap://10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}:5683`

/** A message with something to remember, from a peer of its own. */
export const messageOf = (index: number, luck: Random): Message => ({
  type: luck.uint32() % 2 === 0 ? 'CON' : 'NON',
  remote: peerOf(index),
  messageId: luck.uint32() & 0xffff,
  code: (['0.01', '0.02', '0.03', '2.05'] as const)[luck.uint32() % 4]!,
  token: luck.uint32().toString(16).padStart(8, '0'),
  options: luck.uint32() % 3 === 0 ? [{ number: 6, value: noBody }] : [],
  payload: new Uint8Array(luck.uint32() % 64),
})

/** Each law is a test. */
export const check = (laws: readonly Law[]): void => {
  for (const { name, check } of laws) test(name, check)
}
