/** What must be true unless there is a bug. */

/** Thrown by a broken promise of our own; a peer or the network can never cause it. */
export class Bug extends Error {
  override readonly name = 'Bug'
}

/** Throws a `Bug` unless the condition holds. */
export function assert(condition: unknown, what: string): asserts condition {
  if (condition === false || condition === undefined || condition === null) throw new Bug(what)
}

/** For the default of a `switch` over a closed union. */
export const never = (value: never): never => {
  throw new Bug(`not in the union: ${JSON.stringify(value)}`)
}
