/** The numbers that formats had before they were registered: what devices of LwM2M 1.0 still send (1541-1544). */
import type { Format } from './format.ts'
import { json } from './json.ts'
import { opaque } from './opaque.ts'
import { text } from './text.ts'
import { tlv } from './tlv.ts'

const under = (contentFormat: number, format: Format): Format => ({ ...format, contentFormat })

/** The same formats under their old numbers. None is ever chosen for an answer, unless Accept asks for it: the answer then says that number. */
export const legacyFormats: readonly Format[] = [under(1541, text), under(1542, tlv), under(1543, json), under(1544, opaque)]
