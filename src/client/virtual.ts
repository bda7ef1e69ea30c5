/** Virtual Observe Notify: places watched by their own criteria, reported as one value that can be observed (Object 22 of the OMA registry). */
import type { Instant, Tick } from '../core/machine.ts'
import { isFault } from '../format/format.ts'
import { formatOf } from '../format/formats.ts'
import { parseLinks } from '../format/link.ts'
import { senmlJson } from '../format/senml-json.ts'
import { isAttributeRefusal, parseAttributes, type Attributes } from '../model/attributes.ts'
import type { Change } from '../model/change.ts'
import { sameNodes } from '../model/comparison.ts'
import { isMultiple, typeOf } from '../model/definition.ts'
import type { Node } from '../model/node.ts'
import { ruleWith, type Measured, type NotificationRule, type RuleState } from '../model/notification-rule.ts'
import { contains, depth, formatPath, parsePath, type Path } from '../model/path.ts'
import { instancesOf, read } from '../model/state.ts'
import { isValues } from '../model/value.ts'
import { judgeNodes } from '../model/verdict.ts'
import { mayAs } from './access.ts'
import { serverAccounts } from './account.ts'
import { change } from './commit.ts'
import { isForbidden } from './places.ts'
import { held, numberAt, type Work } from './work.ts'

/** One place of ObserveLinks, with its criteria; `met` since the last report. */
export interface WatchedLink {
  readonly path: Path
  readonly conditions: Attributes
  readonly rule: RuleState<readonly Node[]>
  readonly met: boolean
}
/** One Object Instance of Object 22. Key: its ID. */
export interface Virtual {
  readonly instance: number
  readonly links: readonly WatchedLink[]
  /** What was last reported. */
  readonly reported: readonly Node[]
  readonly dueAt: Instant
}

const virtualObject = 22
const every = 1
const linksMax = 64

/** Looks at the virtual observations that the changes of this step concern; what they report counts as changed, too. */
export const evaluateVirtual = (work: Work): void => {
  const { virtuals, model } = work.state
  if (model.count(String(virtualObject)) === 0 && virtuals.size === 0) return
  const changed = [...work.changed]
  const rewritten = (instance: number) =>
    changed.some((path) => path.object === virtualObject && path.instance === instance && (path.resource ?? 0) === 0)
  for (const instance of instancesOf(model, virtualObject))
    if (virtuals.get('', instance) === undefined ? !virtuals.full : rewritten(instance)) begin(work, instance)
  for (const { row } of [...virtuals.in('')]) {
    if (model.get(String(virtualObject), row.instance) === undefined) forget(work, row)
    else if (!rewritten(row.instance)) advance(work, row, (path) => changed.some((place) => contains(path, place) || contains(place, path)))
  }
}
/** pmin or pmax of a link has passed. */
export const virtualDue = (work: Work, row: Virtual): void => advance(work, row, () => false)

const forget = (work: Work, { instance }: Virtual): void => {
  work.state.virtuals.remove('', instance)
  work.touched = true
}
/** ObserveLinks were written: everything begins anew, with a report. */
const begin = (work: Work, instance: number): void => {
  const links = linksAt(work, instance, 0).map(({ path, conditions }): WatchedLink => {
    const machine = ruleOf(path, conditions)
    const [rule] = machine.step(machine.initial, { type: 'measured', value: visible(work, instance, path) }, work.stamp)
    return { path, conditions, rule, met: false }
  })
  const row: Virtual = { instance, links, reported: [], dueAt: dueAtOf(links) }
  put(work, row)
  if (links.length > 0) report(work, row)
}
const advance = (work: Work, row: Virtual, concerns: (path: Path) => boolean): void => {
  const { now } = work.stamp
  let moved = false
  const links = row.links.map((link): WatchedLink => {
    const machine = ruleOf(link.path, link.conditions)
    const isDue = machine.deadline(link.rule) <= now
    if (!isDue && !concerns(link.path)) return link
    moved = true
    const event: Measured<readonly Node[]> | Tick = isDue
      ? { type: 'tick' }
      : { type: 'measured', value: visible(work, row.instance, link.path) }
    const [rule, notify] = machine.step(link.rule, event, work.stamp)
    return { ...link, rule, met: link.met || notify.length > 0 }
  })
  if (!moved) return
  const next: Virtual = { ...row, links, dueAt: dueAtOf(links) }
  const met = links.filter((link) => link.met).length
  const wanted = numberAt(work, virtualObject, row.instance, 4) === every ? links.length : 1
  put(work, next)
  if (met >= wanted && met > 0) report(work, { ...next, links: links.map((link) => ({ ...link, met: false })) })
}
const put = (work: Work, row: Virtual): void => {
  work.state.virtuals.put('', row.instance, row)
  work.touched = true
}
const ruleOf = (path: Path, conditions: Attributes): NotificationRule<readonly Node[]> =>
  ruleWith(conditions, judgeNodes([{ path, thresholds: conditions }]))
const dueAtOf = (links: readonly WatchedLink[]): Instant =>
  Math.min(Infinity, ...links.map(({ path, conditions, rule }) => ruleOf(path, conditions).deadline(rule)))

/** The places of a Resource of links; one that cannot be meant is passed over. */
const linksAt = (work: Work, instance: number, resource: number): readonly { readonly path: Path; readonly conditions: Attributes }[] => {
  const values = held(work, virtualObject, instance, resource)
  if (values === undefined || !isValues(values)) return []
  const links = Object.values(values).flatMap((text) => {
    const parsed = typeof text === 'string' ? parseLinks(text) : []
    return isFault(parsed) ? [] : parsed
  })
  return links.slice(0, linksMax).flatMap(({ target, attributes }) => {
    const path = parsePath(target)
    const conditions = parseAttributes(attributes.map(([name, value = '']) => `${name}=${value}`))
    return path === undefined || depth(path) === 0 || path.object === virtualObject || isForbidden(path) || isAttributeRefusal(conditions)
      ? []
      : [{ path, conditions: conditions as Attributes }]
  })
}

/** What is there and may be read by everybody who may read the report. */
const visible = (work: Work, instance: number, path: Path): readonly Node[] => {
  const nodes = read(work.state.model, work.it.definitions, path)
  if ('refused' in nodes) return []
  const readers = serverAccounts(work).filter(({ account }) => mayAs(work, account, 'R', { object: virtualObject, instance }))
  return nodes.filter((node) => readers.every(({ account }) => mayAs(work, account, 'R', node.path)))
}

/** Writes the report: of ReportLinks where there are some, else of ObserveLinks; with the filter, only what is not as it was reported. */
const report = (work: Work, row: Virtual): void => {
  const { instance } = row
  const chosen = linksAt(work, instance, 3)
  const nodes = (chosen.length > 0 ? chosen : row.links).flatMap(({ path }) => visible(work, instance, path))
  const changed = nodes.filter(
    (node) => !row.reported.some((known) => formatPath(known.path) === formatPath(node.path) && sameNodes([known], [node])),
  )
  put(work, { ...row, reported: nodes })
  const told = held(work, virtualObject, instance, 2) === true ? changed : nodes
  if (told.length > 0) change(work, reportOf(work, instance, told), 'application')
}
const reportOf = (work: Work, instance: number, nodes: readonly Node[]): readonly Change[] => {
  const { definitions } = work.it
  const context = { path: {}, typeOf: typeOf(definitions), isMultiple: isMultiple(definitions) }
  const said = (resource: number, value: string | Uint8Array): Change => {
    const path = { object: virtualObject, instance, resource }
    return { type: 'replace', path, nodes: [{ path, value }] }
  }
  const text = senmlJson.encode(nodes, context)
  const format = formatOf(numberAt(work, virtualObject, instance, 5) ?? -1)
  const octets = definitions.get(virtualObject)?.resources[6] === undefined ? undefined : format?.encode(nodes, context)
  return [
    ...(isFault(text) ? [] : [said(1, new TextDecoder().decode(text))]),
    ...(octets === undefined || isFault(octets) ? [] : [said(6, octets)]),
  ]
}
