/** The content formats that values travel in, and which one an answer takes (LwM2M Core §7.4). */
import { cbor } from './cbor.ts'
import { contentFormats, type Format } from './format.ts'
import { json } from './json.ts'
import { legacyFormats } from './legacy.ts'
import { lwm2mCbor } from './lwm2m-cbor.ts'
import { opaque } from './opaque.ts'
import { senmlCbor } from './senml-cbor.ts'
import { senmlEtchCbor } from './senml-etch-cbor.ts'
import { senmlEtchJson } from './senml-etch-json.ts'
import { senmlJson } from './senml-json.ts'
import { text } from './text.ts'
import { tlv } from './tlv.ts'

/** A new format is a new file and a line here. */
export const formats: readonly Format[] = [text, opaque, cbor, senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, tlv, json, lwm2mCbor]

/** What is understood under each number, the old ones included. */
export const formatsByNumber: ReadonlyMap<number, Format> = new Map(
  [...formats, ...legacyFormats].map((format) => [format.contentFormat, format]),
)

/** The format with this number, if it is spoken here. */
export const formatOf = (contentFormat: number): Format | undefined => formatsByNumber.get(contentFormat)

/** What an answer travels in when the request does not say: one value as text; more as SenML CBOR, or TLV for a peer of LwM2M 1.0. */
export const defaultFormat = (singleValue: boolean, version: string): number =>
  singleValue ? contentFormats.text : version === '1.0' ? contentFormats.tlv : contentFormats.senmlCbor
