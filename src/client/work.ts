/** One step of the client under way: the state it edits, what it says, and what it changed so far. */
import { roll } from '../core/dice.ts'
import type { Stamp } from '../core/machine.ts'
import { down, up, type LayerEffect, type LayerEvent } from '../core/stack.ts'
import type { Token } from '../message/message.ts'
import type { Value, Values } from '../model/value.ts'
import type { Path } from '../model/path.ts'
import { instanceAt } from '../model/state.ts'
import type { OperationDown, OperationUp } from '../operation/word.ts'
import { offering, type Offer } from './offer.ts'
import type { ClientState } from './state.ts'
import type { Configuration } from './configuration.ts'
import type { ClientDown, ClientUp } from './word.ts'

export type ClientEvent = LayerEvent<OperationUp, ClientDown>
export type ClientEffect = LayerEffect<OperationDown, ClientUp>

/** Lives within one step; the slices of the step share it. */
export interface Work {
  it: Configuration
  /** As it was at first, without what was offered since. */
  readonly first: Configuration
  readonly stamp: Stamp
  readonly state: ClientState
  readonly effects: ClientEffect[]
  /** Places in the data model that this step changed: observations are evaluated once, at its end. */
  readonly changed: Path[]
  inventory: number
  nextTransaction: number
  stopping: boolean
  offline: string
  offers: readonly Offer[]
  nextSave: number
  notified: number
  /** Which effects promise something. */
  readonly promised: number[]
  /** Tokens given out in this step. */
  tokens: number
  /** Something is not as it was. */
  touched: boolean
}

export const begin = (it: Configuration, state: ClientState, stamp: Stamp): Work => ({
  it: offering(it, state.offers),
  first: it,
  stamp,
  state,
  effects: [],
  changed: [],
  inventory: state.inventory,
  nextTransaction: state.nextTransaction,
  stopping: state.stopping,
  offline: state.offline,
  offers: state.offers,
  nextSave: state.nextSave,
  notified: state.notified,
  promised: [],
  tokens: 0,
  touched: false,
})

/** The state after the step: the same reference if nothing changed. */
export const finish = ({ state, inventory, nextTransaction, stopping, offline, offers, nextSave, notified, touched }: Work): ClientState =>
  touched ||
  inventory !== state.inventory ||
  nextTransaction !== state.nextTransaction ||
  stopping !== state.stopping ||
  offline !== state.offline ||
  offers !== state.offers ||
  notified !== state.notified
    ? { ...state, inventory, nextTransaction, stopping, offline, offers, nextSave, notified }
    : state

/** To the floors below. */
export const send = ({ effects }: Work, word: OperationDown): void => void effects.push(down(word))
/** To the application. */
export const tell = ({ effects }: Work, word: ClientUp): void => void effects.push(up(word))

/** Eight octets in hex that nobody can guess (RFC 7252 §5.3.1). */
export const freshToken = (work: Work): Token => {
  const label = `token ${work.tokens++}`
  return hex(roll(work.stamp.dice, label)) + hex(roll(work.stamp.dice, `${label}, low half`))
}
const hex = (value: number) => value.toString(16).padStart(8, '0')

/** What a Resource holds. */
export const held = (
  { state: { model } }: Pick<Work, 'state'>,
  object: number,
  instance: number,
  resource: number,
): Value | Values | undefined => instanceAt(model, object, instance)?.resources[resource]

/** What a Resource holds, if that is a number. */
export const numberAt = (work: Pick<Work, 'state'>, object: number, instance: number, resource: number): number | undefined => {
  const value = held(work, object, instance, resource)
  return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined
}
