/** Who is registered, by endpoint client name and by remote, as the events of registrations tell (LwM2M Core 1.2.2 §6.2). */
import type { Observable } from 'rxjs'
import type { Remote } from '../core/ports.ts'
import type { Registration, RegistrationEvent } from './registration.ts'
import { watched } from './watched/pipeline.ts'

/** Who is registered now. */
export interface Directory {
  readonly find: (endpointClientName: string) => Registration | undefined
  /** Who registered or updated last from there. */
  readonly at: (remote: Remote) => Registration | undefined
  readonly list: () => readonly Registration[]
  /** The registration of that endpoint now and after each change, without filtering the others' events. */
  readonly watch: (endpointClientName: string) => Observable<Registration | undefined>
}

/** Nobody is registered yet; `note` is told what becomes of registrations. */
export const emptyDirectory = (): Directory & { readonly note: (event: RegistrationEvent) => void; readonly clear: () => void } => {
  const registered = new Map<string, Registration>()
  const names = new Map<Remote, string>()
  const find = (endpointClientName: string) => registered.get(endpointClientName)
  const { watch, changed } = watched(find)
  const note = (event: RegistrationEvent) => {
    const { endpointClientName } = event.registration
    if (event.type === 'replaced') return
    const before = registered.get(endpointClientName)?.remote
    if (before !== undefined && names.get(before) === endpointClientName) names.delete(before)
    if (event.type === 'registered' || event.type === 'updated' || event.type === 'restored') {
      registered.set(endpointClientName, event.registration)
      names.set(event.registration.remote, endpointClientName)
    } else registered.delete(endpointClientName)
    changed(endpointClientName)
  }
  const clear = () => {
    registered.clear()
    names.clear()
  }
  return {
    ...{ note, clear, watch, find },
    at: (remote: Remote) => registered.get(names.get(remote) ?? ''),
    list: () => [...registered.values()],
  }
}
