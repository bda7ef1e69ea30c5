/** Content formats: how values travel (LwM2M Core §7.4, Transport §6). */
import type { Path } from '../model/path.ts'
import type { ResourceType, Value } from '../model/value.ts'

/** One value with its place. A multiple Resource is one node for each Resource Instance. */
export interface Node {
  readonly path: Path
  readonly value: Value
  /** Seconds since 1970, where the value has a time of its own. */
  readonly time?: number
}

/** What a decoder or encoder needs to know beside the octets. */
export interface FormatContext {
  /** What was asked: the path of the request. */
  readonly path: Path
  /** The type of the value at a path, if known. A decoder without it answers what the octets say (opaque where they say nothing). */
  readonly typeOf: (path: Path) => ResourceType | undefined
  /** Whether the Resource has Resource Instances, if known. */
  readonly isMultiple: (path: Path) => boolean | undefined
}

/** Why octets are no payload of this format, or values cannot be written in it. */
export interface FormatFault {
  readonly fault:
    | 'malformed' // not of this format: 4.00
    | 'type' // a value does not fit the type of its Resource: 4.00
    | 'path' // a place outside the request, or impossible: 4.00
    | 'duplicate' // a place twice: 4.00
    | 'unsupported' // legal, but cannot be expressed in this format: 4.06
  readonly detail: string
}
export const isFault = (result: readonly Node[] | Uint8Array | FormatFault): result is FormatFault => 'fault' in result

/** One content format. Never throws. */
export interface Format {
  readonly contentFormat: number
  readonly name: string
  /** Whether it can carry more than the one Resource (Instance) of the request. */
  readonly structured: boolean
  /** Object Instances and Resources without any value appear in `empty`. */
  readonly decode: (bytes: Uint8Array, context: FormatContext) => readonly Node[] | FormatFault
  readonly encode: (nodes: readonly Node[], context: FormatContext) => Uint8Array | FormatFault
}

/** The registered numbers (IANA CoAP Content-Formats; OMA). */
export const contentFormats = {
  text: 0,
  link: 40,
  opaque: 42,
  cbor: 60,
  senmlJson: 110,
  senmlCbor: 112,
  tlv: 11542,
  json: 11543,
  lwm2mCbor: 11544,
} as const
