/** The block-wise floor as layers: bodies in blocks, and bodies that stream from Sources and to Sinks (RFC 7959). */
import { layer, type Layer } from '../core/duplex.ts'
import type { Surroundings } from '../core/environment.ts'
import { single } from '../core/part.ts'
import type { LayerPart } from '../core/stack.ts'
import type { ExchangeDown, ExchangeUp } from '../exchange/exchange.ts'
import type { Parameters } from '../exchange/parameters.ts'
import type { TransferDown, TransferUp } from './body.ts'
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
