/** A digest made while octets stream past; of octets that came before it knows nothing. */
import type { Hash } from '../../core/ports.ts'

/** Follows a body from its first octet on. */
export interface Checksum {
  /** A body begins, or goes on, at an offset. */
  readonly open: (offset: number) => void
  readonly update: (bytes: Uint8Array, offset: number) => void
  /** In hex; `undefined` when it has not seen all octets, once and in order. */
  readonly digest: () => string | undefined
}

/** `trusting`: a body that goes on where this one was is still the same; otherwise only what is read again counts after a resumption. */
export const checksum = (begin: () => Hash, trusting: boolean): Checksum => {
  let hash: Hash | undefined
  let at = 0
  return {
    open: (offset) => {
      if (offset > 0) {
        if (!trusting || offset !== at) hash = undefined
        return
      }
      hash = begin()
      at = 0
    },
    update: (bytes, offset) => {
      if (hash === undefined) return
      if (offset !== at) hash = undefined
      hash?.update(bytes)
      at = offset + bytes.length
    },
    digest: () => {
      const octets = hash?.digest()
      hash = undefined
      return octets === undefined ? undefined : Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('')
    },
  }
}
