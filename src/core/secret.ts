/** Octets that never reach a log, an error or a journal. */

/** Prints as `[secret]` everywhere; `reveal()` gives the octets. */
export class Secret {
  readonly #octets: Uint8Array
  constructor(octets: Uint8Array) {
    this.#octets = octets
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

// What the platform's own printing asks for; a computed name in the class would have no declaration.
Object.defineProperty(Secret.prototype, Symbol.for('nodejs.util.inspect.custom'), { value: () => '[secret]' })
