/** Octets that never reach a log, an error or a journal. */

/** Prints as `[secret]` everywhere; `reveal()` gives the octets. */
export class Secret {
  readonly #octets: Uint8Array
  constructor(octets: Uint8Array) {
    this.#octets = octets
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), { value: () => '[secret]' })
  }
  reveal(): Uint8Array {
    return this.#octets
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
}
