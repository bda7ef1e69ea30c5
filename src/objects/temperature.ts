/** Object 3303, Temperature: one sensor, its extremes and its range (IPSO Smart Objects; the OMA registry). */

/** Version 1.0, which need not be said in Register and which every server knows; 1.1 adds a time stamp and data quality. */
export const temperature = {
  id: 3303,
  name: 'Temperature',
  version: '1.0',
  multiple: true,
  mandatory: false,
  resources: {
    5601: { name: 'Min Measured Value', operations: 'R', multiple: false, mandatory: false, type: 'float' },
    5602: { name: 'Max Measured Value', operations: 'R', multiple: false, mandatory: false, type: 'float' },
    5603: { name: 'Min Range Value', operations: 'R', multiple: false, mandatory: false, type: 'float' },
    5604: { name: 'Max Range Value', operations: 'R', multiple: false, mandatory: false, type: 'float' },
    5605: { name: 'Reset Min and Max Measured Values', operations: 'E', multiple: false, mandatory: false },
    5700: { name: 'Sensor Value', operations: 'R', multiple: false, mandatory: true, type: 'float' },
    5701: { name: 'Sensor Units', operations: 'R', multiple: false, mandatory: false, type: 'string' },
  },
} as const
