/** Where a redirection leads, and what may be said there (RFC 9110 §10.2.2, §15.4). */

/** Statuses that say where else the file is. */
export const redirections: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Where to ask next: without credentials and fragment; `undefined` for what is no HTTP, and for http when it was https. */
export const redirectedTo = (from: string, location: string): string | undefined => {
  if (!URL.canParse(location, from)) return undefined
  const to = new URL(location, from)
  if (to.protocol !== 'https:' && (to.protocol !== 'http:' || new URL(from).protocol !== 'http:')) return undefined
  to.username = to.password = to.hash = ''
  return to.href
}

/** Whether both are at the same scheme, host and port: what is said to one server is not for another. */
export const sameOrigin = (one: string, other: string): boolean => new URL(one).origin === new URL(other).origin

/** A URI and the credentials that it may have, apart: only the first is for a journal. */
export const parted = (uri: string): { readonly uri: string; readonly userinfo: string } => {
  const found = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)/i.exec(uri)
  return found === null ? { uri, userinfo: '' } : { uri: found[1]! + uri.slice(found[0].length), userinfo: found[2]! }
}

/** The URI with the credentials in it. */
export const joined = (uri: string, userinfo: string): string => uri.replace('://', `://${userinfo}`)
