/** Object 22, Virtual Observe Notify: several places watched as one (the OMA registry). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 1.1: a report in a chosen format. */
export const virtualObserveNotify = {
  id: 22,
  name: 'Virtual Observe Notify',
  version: '1.1',
  multiple: true,
  mandatory: false,
  resources: {
    0: { name: 'ObserveLinks', operations: 'RW', multiple: true, mandatory: true, type: 'corelnk' },
    1: { name: 'Report', operations: 'R', multiple: false, mandatory: true, type: 'string' },
    2: { name: 'ResourceFilter', operations: 'RW', multiple: false, mandatory: false, type: 'boolean' },
    3: { name: 'ReportLinks', operations: 'RW', multiple: true, mandatory: false, type: 'corelnk' },
    4: { name: 'ObserveRelation', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    5: { name: 'Virtual Observe Report Format', operations: 'RW', multiple: false, mandatory: false, type: 'integer' },
    6: { name: 'Virtual Observe Report', operations: 'R', multiple: false, mandatory: false, type: 'opaque' },
  },
} as const

/** Version 1.0. */
const virtualObserveNotify1_0 = revised(virtualObserveNotify, '1.0', { without: [5, 6] })

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [virtualObserveNotify1_0, virtualObserveNotify]
