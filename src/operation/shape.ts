/** A request as operations see it: method, path, query and formats (LwM2M Transport §6.4). */
import type { Request } from '../exchange/exchange.ts'
import type { Code } from '../message/code.ts'
import { options, strings, uint, type Option } from '../message/option.ts'
import { pathOf, type Path } from '../model/path.ts'

/** What the operations are told apart by. */
export interface Shape {
  readonly request: Request
  readonly method: Code
  readonly segments: readonly string[]
  /** The segments as a place in the data model; `undefined` when they are none. */
  readonly path: Path | undefined
  readonly query: readonly string[]
  readonly observe: number | undefined
  readonly accept: number | undefined
  readonly contentFormat: number | undefined
}

/** Why a request is no operation, and the code that says so. */
export interface Wrong {
  readonly wrong: Code
  readonly diagnostic: string
}
export const wrong = (code: Code, diagnostic: string): Wrong => ({ wrong: code, diagnostic })
export const isWrong = (value: object): value is Wrong => 'wrong' in value

/** Reads off a request what the operations need; never fails. */
export const shapeOf = (request: Request): Shape => {
  const segments = strings(request.options, options.UriPath)
  return {
    request,
    method: request.code,
    segments,
    path: pathOf(segments.length === 1 && segments[0] === '' ? [] : segments),
    query: strings(request.options, options.UriQuery),
    observe: uint(request.options, options.Observe),
    accept: uint(request.options, options.Accept),
    contentFormat: uint(request.options, options.ContentFormat),
  }
}

/** The parts of a query item `name=value`; without `=` there is no value. */
export const split = (item: string): readonly [name: string, value: string | undefined] => {
  const at = item.indexOf('=')
  return at < 0 ? [item, undefined] : [item.slice(0, at), item.slice(at + 1)]
}

/** A request on its way out, without its remote. */
export interface Encoded {
  readonly code: Code
  /** Ascending by number. */
  readonly options: readonly Option[]
  readonly payload: Uint8Array
}
