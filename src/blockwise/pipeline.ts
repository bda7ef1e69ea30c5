/** The block-wise floor as layers: bodies in blocks, and bodies that stream from Sources and to Sinks (RFC 7959). */
import { layer, type Layer } from '../core/duplex.ts'
import type { Surroundings } from '../core/environment.ts'
import { single } from '../core/part.ts'
import type { LayerPart } from '../core/stack.ts'
import type { ExchangeDown, ExchangeUp } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import type { TransferDown, TransferUp } from './body.ts'
import { robust as robustMachine } from './robust/robust.ts'
import type { TransfersOptions } from './transfer.ts'
import { transfers as transfersMachine } from './transfers.ts'

export { bodies, store, supply, type BodiesOptions } from './bodies/pipeline.ts'

/** Bodies larger than a message, whole or streaming (RFC 7959). */
export const transfersPart = (
  p: Parameters,
  options: TransfersOptions = {},
): LayerPart<ExchangeUp, ExchangeDown, TransferDown, TransferUp> => single(transfersMachine(p, options))
export const transfers = (
  env: Surroundings,
  p: Parameters,
  options: TransfersOptions = {},
): Layer<ExchangeDown, ExchangeUp, TransferDown, TransferUp> => layer(transfersPart(p, options), env)

/** Bodies in bursts, between peers that both know them (RFC 9177): it stands on the transfers, and leaves to them what it does not send itself. */
export const robustPart = (p: Parameters, options: TransfersOptions = {}): LayerPart<TransferUp, TransferDown, TransferDown, TransferUp> =>
  single(robustMachine(p, options))
export const robust = (
  env: Surroundings,
  p: Parameters,
  options: TransfersOptions = {},
): Layer<TransferDown, TransferUp, TransferDown, TransferUp> => layer(robustPart(p, options), env)
