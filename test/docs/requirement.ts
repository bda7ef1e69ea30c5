/** What a row of docs/conformance.md is made of. */

/** One MUST of an RFC, or a SHOULD or a rule in plain words that everybody relies on, in our own words, and the titles of the tests that check it. */
export interface Requirement {
  /** RFC, section, and a letter: `7252-4.2-a`. Never used again for another one. */
  readonly id: string
  readonly keyword: 'MUST' | 'MUST NOT' | 'SHOULD' | 'rule'
  readonly words: string
  /** Parts of titles; each has to be found in the title of a test that names the RFC. */
  readonly tests?: readonly string[]
  /** Why nothing here can meet or break it, where that is so. */
  readonly notOurs?: NotOurs
}

/** Roles and rooms that this engine does not have. Closed: a new reason is a decision. */
export type NotOurs = 'we are no proxy' | 'we keep no cache' | 'of the application' | 'of the operator'

export const rfcOf = ({ id }: Requirement): string => id.split('-')[0]!
export const sectionOf = ({ id }: Requirement): string => id.split('-')[1]!
