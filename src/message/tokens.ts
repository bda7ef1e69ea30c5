/** The tokens of what is under way on one connection: few, as a rule one. */
import type { Token } from './message.ts'

/** With one more; `undefined`: there are too many to keep. */
export const add = (tokens: readonly Token[], token: Token): readonly Token[] | undefined =>
  tokens.length >= limit ? undefined : [...tokens, token]
const limit = 64

/** Without one of that name; the same list when there is none. */
export const remove = (tokens: readonly Token[], token: Token): readonly Token[] => {
  const at = tokens.indexOf(token)
  return at < 0 ? tokens : tokens.length === 1 ? nothing : [...tokens.slice(0, at), ...tokens.slice(at + 1)]
}
const nothing: readonly Token[] = []
