/** Object 20, Event Log: what happened, in a format of the device (the OMA registry). */
import { revised, type ObjectDefinition } from '../model/definition.ts'

/** Version 2.1: the log in pieces, which a client sends and nobody reads. */
export const eventLog = {
  id: 20,
  name: 'Event Log',
  version: '2.1',
  multiple: true,
  mandatory: false,
  resources: {
    4010: { name: 'LogClass', operations: 'RW', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 255 } },
    4011: { name: 'LogStart', operations: 'E', multiple: false, mandatory: false },
    4012: { name: 'LogStop', operations: 'E', multiple: false, mandatory: false },
    4013: { name: 'LogStatus', operations: 'R', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 255 } },
    4014: { name: 'LogData', operations: 'R', multiple: false, mandatory: true, type: 'opaque' },
    4015: { name: 'LogDataFormat', operations: 'RW', multiple: false, mandatory: false, type: 'integer', range: { min: 0, max: 255 } },
    4016: { name: 'LogDataIncremental', operations: '', multiple: false, mandatory: false, type: 'opaque' },
    4017: { name: 'LogDataIncrementalMinimumSendInterval', operations: 'RW', multiple: false, mandatory: false, type: 'unsigned' },
  },
} as const

/** Version 2.0: several Object Instances. */
const eventLog2_0 = revised(eventLog, '2.0', { without: [4016, 4017] })
/** Version 1.0: one Object Instance. */
const eventLog1_0 = revised(eventLog2_0, '1.0', { multiple: false })

/** Every version, ascending. */
export const versions: readonly ObjectDefinition[] = [eventLog1_0, eventLog2_0, eventLog]
