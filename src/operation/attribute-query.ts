/** Notification attributes as query items: `pmin=10`, and `pmin` alone to take it away (LwM2M Core §5.1.2, §6.3.4). */
import { depth, type Path } from '../model/path.ts'
import type { AttributeChanges, AttributeName } from './operation.ts'
import { split, wrong, type Wrong } from './shape.ts'

/** The attributes of a query; 4.00 for an unknown or repeated one, a value out of its range, or one that the path cannot have. */
export const parseAttributes = (query: readonly string[], path: Path): AttributeChanges | Wrong => {
  const attributes: Partial<Record<AttributeName, number | null>> = {}
  for (const item of query) {
    const [name, text] = split(item)
    const rule = rules[name as AttributeName]
    if (rule === undefined) return wrong('4.00', `no attribute is called ${name}`)
    if (name in attributes) return wrong('4.00', `${name} is given twice`)
    if (rule.ofValue && depth(path) < 3) return wrong('4.00', `${name} belongs to a Resource`)
    if (text === undefined || text === '') attributes[name as AttributeName] = null
    else if (!rule.form.test(text)) return wrong('4.00', `${name} cannot be ${text}`)
    else attributes[name as AttributeName] = Number(text)
  }
  return attributes
}

/** The query of attributes. */
export const attributeQuery = (attributes: AttributeChanges): readonly string[] =>
  Object.entries(attributes).map(([name, value]) => (value === null || value === undefined ? name : `${name}=${value}`))

interface Rule {
  readonly form: RegExp
  /** Compares values, so it belongs to a Resource or Resource Instance. */
  readonly ofValue: boolean
}
const whole: Rule = { form: /^\d{1,10}$/, ofValue: false }
const flag: Rule = { form: /^[01]$/, ofValue: false }
const decimal: Rule = { form: /^-?\d{1,15}(\.\d{1,15})?$/, ofValue: true }
const rules: Readonly<Record<AttributeName, Rule>> = {
  pmin: whole,
  pmax: whole,
  epmin: whole,
  epmax: whole,
  hqmax: whole,
  gt: decimal,
  lt: decimal,
  st: decimal,
  edge: { ...flag, ofValue: true },
  con: flag,
}
