/** The options that carry a place in the data model (LwM2M Transport §6.4). */
import type { Code } from '../message/code.ts'
import { noBytes } from '../message/message.ts'
import { options, sorted, stringOption, type Option } from '../message/option.ts'
import type { Path } from '../model/path.ts'
import type { Encoded } from './shape.ts'

/** A place as Uri-Path segments. */
export const segmentsOf = ({ object, instance, resource, resourceInstance }: Path): readonly string[] =>
  [object, instance, resource, resourceInstance].filter((id) => id !== undefined).map(String)

export const pathOptions = (path: Path): readonly Option[] => segmentsOf(path).map((segment) => stringOption(options.UriPath, segment))
export const locationOptions = (segments: readonly string[]): readonly Option[] =>
  segments.map((segment) => stringOption(options.UriPath, segment))
export const queryOptions = (query: readonly string[]): readonly Option[] => query.map((item) => stringOption(options.UriQuery, item))

/** A request to a place, its options in order. */
export const requestTo = (code: Code, all: readonly Option[], payload: Uint8Array = noBytes): Encoded => ({
  code,
  options: sorted(all),
  payload,
})
