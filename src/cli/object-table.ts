/** Objects as tables of at most 100 columns. */
import type { ObjectDefinition, ResourceDefinition } from '../model/definition.ts'
import type { Bounds } from '../model/value.ts'

/** A line for each Object: ID, name, how many Instances and Resources, versions. */
export const rowsOf = (objects: readonly (ObjectDefinition & { readonly versions: readonly string[] })[]): readonly string[] =>
  table(
    ['ID', 'Name', 'Instances', 'Resources', 'Versions'],
    objects.map(({ id, name, multiple, resources, versions }) => [
      String(id),
      name,
      multiple ? 'several' : 'one',
      String(Object.keys(resources).length),
      versions.join(' '),
    ]),
    [true, false, false, true, false],
  )

/** What an Object is, before its Resources. */
export const headOf = (
  { id, name, version, multiple, mandatory }: ObjectDefinition,
  known: readonly ObjectDefinition[],
): readonly string[] => {
  const others = known.filter((other) => other.id === id && other.version !== version).map((other) => other.version)
  return [
    `/${id}  ${name}  ${version}${others.length === 0 ? '' : `  (also: ${others.join(', ')})`}`,
    `${multiple ? 'several Object Instances' : 'one Object Instance'}, ${mandatory ? 'mandatory' : 'optional'}`,
  ]
}

/** A line for each Resource. A mandatory one has a star. */
export const linesOf = ({ resources }: ObjectDefinition): readonly string[] =>
  table(
    ['ID', ' ', 'Name', 'Operations', 'Type', 'Range', 'Units'],
    Object.entries(resources).map(([id, resource]) => [id, resource.mandatory ? '*' : '', ...columnsOf(resource)]),
    [true],
  )
const columnsOf = ({ name, operations, multiple, type, range, units }: ResourceDefinition): readonly string[] => [
  name.length > 44 ? `${name.slice(0, 43)}…` : name,
  operations === ''
    ? 'bootstrap'
    : operations === 'E'
      ? 'execute'
      : operations === 'R'
        ? 'read'
        : operations === 'W'
          ? 'write'
          : 'read write',
  type === undefined ? '' : multiple ? `${type}[]` : type,
  range === undefined ? '' : rangeText(range),
  units ?? '',
]
const rangeText = ({ min, max, oneOf }: Bounds): string => (oneOf === undefined ? `${min ?? ''}..${max ?? ''}` : oneOf.join(','))

/** Columns as wide as they must be; `right` says which stand at the right. */
const table = (head: readonly string[], rows: readonly (readonly string[])[], right: readonly boolean[]): readonly string[] => {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length)))
  return [head, ...rows].map((row) =>
    row
      .map((cell, at) => (right[at] === true ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd(),
  )
}
