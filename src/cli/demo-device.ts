/** The device of the demo: a thermometer that can be updated, and says what it does. */
import { EMPTY, filter, ignoreElements, tap, throwError, timer, type Observable } from 'rxjs'
import { client, type Client } from '../client.ts'
import { deviceObject, instances } from '../client/objects.ts'
import type { AccountOptions } from '../client/account-options.ts'
import type { AccountNotice } from '../client/word.ts'
import type { Environment } from '../core/environment.ts'
import { Lwm2mError } from '../core/error.ts'
import { storedIn, type FirmwareImage } from '../firmware/image.ts'
import { firmware } from '../firmware/pipeline.ts'
import { temperature } from '../objects/temperature.ts'
import { octets } from './bar.ts'
import { thermometer } from './sensor.ts'
import type { Story } from './story.ts'

/** The endpoint client name of the demo. */
export const endpoint = 'urn:lwm2m-rx:demo'

/** A thermometer that can be rebooted and updated; `run$` runs it. */
export const thermometerDevice = (
  env: Environment,
  server: AccountOptions,
  image: { readonly sha256: string },
  log: Story,
): { readonly device: Client; readonly run$: Observable<unknown> } => {
  const verify = ({ sha256, size }: FirmwareImage): Observable<never> =>
    sha256 === image.sha256
      ? EMPTY
      : throwError(() => new Lwm2mError('firmware', `sha256 ${sha256} of ${size} octets is not that of the file`))
  const install = ({ sha256, size }: FirmwareImage): Observable<never> => {
    log.say('installing', `device: installs ${octets(size)}, sha256:${sha256.slice(0, 16)}…`, { bytes: size, sha256 })
    return timer(300).pipe(ignoreElements())
  }
  const device = client(env, {
    endpointClientName: endpoint,
    servers: server,
    objects: [
      deviceObject({ manufacturer: 'lwm2m-rx', modelNumber: 'demo', reboot: () => EMPTY }),
      instances(temperature, { 0: { 5700: thermometer(env.scheduler), 5701: 'Cel' } }),
      firmware({ store: storedIn(env.storage), verify, install, reset: () => env.storage.remove('firmware') }),
    ],
  })
  const account$ = device.notice$.pipe(
    filter((notice): notice is AccountNotice => notice.type === 'account'),
    tap(({ role, state, reason, detail, location }) =>
      log.say(
        'state',
        `device: ${role === 'bootstrap' ? 'bootstrap ' : ''}${state} (${reason}${detail === '' ? '' : ` ${detail}`})${location === '' ? '' : ` /${location}`}`,
        {
          role,
          state,
          reason,
          detail,
          location,
        },
      ),
    ),
  )
  return { device, run$: account$ }
}
