/** Places on a simulated network: `address:port` of UDP, `address:tcpPORT` of TCP, whose ports are others; what a translator gives has no mark. */

export const hostOf = (place: string): string => place.slice(0, place.lastIndexOf(':'))
/** The place of TCP at an `address:port`. */
export const streamPlace = (endpoint: string): string => endpoint.replace(/:(\d+)$/, ':tcp$1')
export const isStream = (place: string): boolean => place.startsWith('tcp', place.lastIndexOf(':') + 1)
/** `address:port`, whichever it is. */
export const endpointOf = (place: string): string => place.replace(/:tcp(\d+)$/, ':$1')
