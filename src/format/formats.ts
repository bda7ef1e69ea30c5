/** The content formats that values travel in, and which one an answer takes (LwM2M Core §7.4). */
import { contentFormats, type Format } from './format.ts'
import { opaque } from './opaque.ts'
import { senmlCbor } from './senml-cbor.ts'
import { text } from './text.ts'
import { tlv } from './tlv.ts'

/** A new format is a new file and a line here. */
export const formats: readonly Format[] = [text, opaque, senmlCbor, tlv]

const byNumber: ReadonlyMap<number, Format> = new Map(formats.map((format) => [format.contentFormat, format]))

/** The format with this number, if it is spoken here. */
export const formatOf = (contentFormat: number): Format | undefined => byNumber.get(contentFormat)

/** What an answer travels in when the request does not say: one value as text; more as SenML CBOR, or TLV for a peer of LwM2M 1.0. */
export const defaultFormat = (singleValue: boolean, version: string): number =>
  singleValue ? contentFormats.text : version === '1.0' ? contentFormats.tlv : contentFormats.senmlCbor
