/** Notification attributes as query items: `pmin=10`, and `pmin` alone to take it away (LwM2M Core §5.1.2, §6.3.4). */
import { formatAttributes, isAttributeRefusal, parseAttributes as parse, type AttributeName } from '../model/attributes.ts'
import type { AttributeChanges } from './operation.ts'
import { wrong, type Wrong } from './shape.ts'

/** The attributes of a query; 4.00 for an unknown or repeated one, or a value out of its range. */
export const parseAttributes = (query: readonly string[]): AttributeChanges | Wrong => {
  const parsed = parse(query)
  return isAttributeRefusal(parsed) ? wrong(parsed.code, `${parsed.attribute}: ${parsed.refused}`) : parsed
}

/** The query of attributes. */
export const attributeQuery = (attributes: AttributeChanges): readonly string[] =>
  (Object.keys(attributes) as AttributeName[]).flatMap((name) => {
    const value = attributes[name]
    return value === undefined ? [name] : formatAttributes({ [name]: value })
  })
