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
  /** The segments after the alternate path as a place in the data model; `undefined` when they are none. */
  readonly path: Path | undefined
  /** The segments have not the alternate path that the client has. */
  readonly outside: boolean
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

/** Reads off a request what the operations need, for a client whose data model hangs at `root`; never fails. */
export const shapeOf = (request: Request, root?: string): Shape => {
  const segments = strings(request.options, options.UriPath)
  const above = segmentsOfRoot(root)
  const outside = above.some((segment, index) => segments[index] !== segment)
  const inner = outside ? segments : segments.slice(above.length)
  return {
    request,
    method: request.code,
    segments,
    path: pathOf(inner.length === 1 && inner[0] === '' ? [] : inner),
    outside,
    query: strings(request.options, options.UriQuery),
    observe: uint(request.options, options.Observe),
    accept: uint(request.options, options.Accept),
    contentFormat: uint(request.options, options.ContentFormat),
  }
}

/** An alternate path as Uri-Path segments: `/lwm2m` is one; `/` and nothing are none. */
export const segmentsOfRoot = (root: string | undefined): readonly string[] =>
  root === undefined ? none : root.split('/').filter((segment) => segment !== '')
const none: readonly never[] = []

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
