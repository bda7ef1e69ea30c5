/** The layer that turns requests and responses into operations and outcomes (LwM2M Transport §6.4). */
import { layer, type Layer } from '../core/duplex.ts'
import type { Surroundings } from '../core/environment.ts'
import { single } from '../core/part.ts'
import type { LayerPart } from '../core/stack.ts'
import type { ExchangeDown, ExchangeUp } from '../exchange/exchange.ts'
import type { OperationContext } from './context.ts'
import type { OperationDown, OperationUp } from './word.ts'
import { operations as operationsMachine } from './operations.ts'

/** As a part, to be stacked. */
export const operationsPart = (context: OperationContext): LayerPart<ExchangeUp, ExchangeDown, OperationDown, OperationUp> =>
  single(operationsMachine(context))
/** Stands on requests with whole bodies. */
export const operations = (env: Surroundings, context: OperationContext): Layer<ExchangeDown, ExchangeUp, OperationDown, OperationUp> =>
  layer(operationsPart(context), env)
