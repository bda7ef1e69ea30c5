/** Content formats: how values travel (LwM2M Core §7.4, Transport §6). */
import type { Node } from '../model/node.ts'
import type { Path } from '../model/path.ts'
import type { ResourceType } from '../model/value.ts'

export type { Node } from '../model/node.ts'

/** What a decoder or encoder needs to know beside the octets. */
export interface FormatContext {
  /** What was asked: the path of the request. */
  readonly path: Path
  /** The type of the value at a path, if known. A decoder without it answers what the octets say (opaque where they say nothing). */
  readonly typeOf: (path: Path) => ResourceType | undefined
  /** Whether the Resource has Resource Instances, if known. */
  readonly isMultiple: (path: Path) => boolean | undefined
  /** The Object Instance that is meant where a payload for an Object names none (TLV only): the one that Create chose. Default 0. */
  readonly instance?: number
  /** Where the data model hangs, if not at `/`: the prefix of names that carry one, without a slash at the end (LwM2M Core §7.4.4; 1.2.1). */
  readonly root?: string
  /** The end device behind a gateway that the places are of: first in names (after the root) and keys (LwM2M Gateway 1.1 §9). */
  readonly prefix?: string
}

/** What a composite write does: new values, and places that go (SenML-ETCH, RFC 8790). */
export interface Patch {
  readonly nodes: readonly Node[]
  readonly deleted: readonly Path[]
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
export const isFault = <Result extends object>(result: Result | FormatFault): result is FormatFault => 'fault' in result

/** A fault, ready to be answered: what peers wrote is in it for 200 characters at most. */
export const fault = (fault: FormatFault['fault'], detail: string): FormatFault => ({ fault, detail: detail.slice(0, 200) })

/** One content format. Never throws. */
export interface Format {
  readonly contentFormat: number
  readonly name: string
  /** Whether it can carry more than the one Resource (Instance) of the request. */
  readonly structured: boolean
  /** Object Instances and Resources without any value do not appear. */
  readonly decode: (bytes: Uint8Array, context: FormatContext) => readonly Node[] | FormatFault
  /** The Object Instances that a payload for an Object names, those without a value too: what Create may ask for. Absent: those of the nodes. */
  readonly instancesIn?: (bytes: Uint8Array, context: FormatContext) => readonly number[] | FormatFault
  /** Nodes come grouped by Object Instance and Resource, as a Read of the model gives them. */
  readonly encode: (nodes: readonly Node[], context: FormatContext) => Uint8Array | FormatFault
  /** Places alone: what Read-Composite and Observe-Composite ask for. Absent: the format cannot say them. */
  readonly decodePaths?: (bytes: Uint8Array, context: FormatContext) => readonly Path[] | FormatFault
  readonly encodePaths?: (paths: readonly Path[], context: FormatContext) => Uint8Array | FormatFault
  /** What Write-Composite carries. Absent: the format is not one for it. */
  readonly decodePatch?: (bytes: Uint8Array, context: FormatContext) => Patch | FormatFault
  readonly encodePatch?: (patch: Patch, context: FormatContext) => Uint8Array | FormatFault
}

/** The registered numbers (IANA CoAP Content-Formats; OMA). */
export const contentFormats = {
  text: 0,
  link: 40,
  opaque: 42,
  cbor: 60,
  senmlJson: 110,
  senmlCbor: 112,
  senmlEtchJson: 320,
  senmlEtchCbor: 322,
  tlv: 11542,
  json: 11543,
  lwm2mCbor: 11544,
} as const
