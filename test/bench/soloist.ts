/** What can be measured in one process, without a server in another: handshakes, records, and what sessions weigh. */

/** The ways records are protected, by what distinguishes their names (RFC 6655, RFC 5487). */
export type Protection = 'CCM_8' | 'GCM'

/** Times are shares of one process that plays both sides. */
export interface Sides {
  /** Milliseconds of the one who opens, or seals. */
  readonly firstMs: number
  /** Milliseconds of the one who answers, or opens what is sealed. */
  readonly secondMs: number
}
/** Octets of heap and of what hangs off it, for one session. */
export interface Weight {
  readonly clientBytes: number
  readonly serverBytes: number
}

export interface Soloist {
  /** So many handshakes with a pre-shared key. Throws if one of them was not of the kind that is asked for. */
  readonly handshakes: (count: number, resumed: boolean) => Promise<Sides | undefined>
  /** So many records of 1 KiB sealed and opened again. */
  readonly records: (count: number, protection: Protection) => Sides
  /** 1 KiB at a time through everything that there is of DTLS, on both sides. */
  readonly carried?: (count: number, protection: Protection) => Sides
  /** So many sessions at once. */
  readonly sessions?: (count: number) => Weight
}
