/** What the prompt of `lwm2m-rx server` can be asked: every operation of a server, each a line of a table (LwM2M Core §6.3, §6.4). */
import { filter, firstValueFrom, lastValueFrom, Subject, takeUntil, tap, type MonoTypeOperatorFunction } from 'rxjs'
import { Lwm2mError } from '../core/error.ts'
import { formatOf } from '../format/formats.ts'
import type { Path } from '../model/path.ts'
import { registry } from '../objects/registry.ts'
import { parseArguments } from '../operation/execute.ts'
import type { RegisteredClient } from '../server/client/client.ts'
import type { Registration } from '../server/registration.ts'
import { bar } from './bar.ts'
import { plain } from './escape.ts'
import { imageOfFile } from './image.ts'
import { at, attributesIn, commonOf, compositeOf, contentAt, formatOption, instanceAt, placesOf, type Asked } from './typed.ts'
import { showReading } from './values.ts'

/** One word of the prompt. */
export interface Order {
  readonly usage: string
  readonly what: string
  readonly run: (asked: Asked) => Promise<string> | string
}
const accept = '[as FORMAT]'
/** By their first word. */
export const orders: Readonly<Record<string, Order>> = {
  list: { usage: 'list', what: 'who is registered', run: list },
  show: { usage: 'show ENDPOINT', what: 'all that is known of a client', run: show },
  read: {
    usage: `read ENDPOINT PATH [PATH …] ${accept}`,
    what: 'the values at a path; several paths are one Read-Composite',
    run: async (asked) => {
      const { device, paths, format } = placesOf(asked)
      if (paths.length === 1) return showReading(await firstValueFrom(device.read(paths[0]!, format)))
      return showReading(await firstValueFrom(device.readComposite(paths, format)))
    },
  },
  write: {
    usage: 'write ENDPOINT PATH VALUE | PATH ID=VALUE … | PATH=VALUE PATH=VALUE … [partial] [as FORMAT]',
    what: 'new values: of a Resource; of an Object Instance; of several places at once (Write-Composite, `null` deletes)',
    run: write,
  },
  create: {
    usage: 'create ENDPOINT /OBJECT[/INSTANCE] [ID=VALUE …] [as FORMAT]',
    what: 'a new Object Instance',
    run: async (asked) => {
      const { device, words, format } = commonOf(asked)
      const path = at(words[0])
      return await firstValueFrom(device.create(path, instanceAt(path, words.slice(1)), formatOption(format)))
    },
  },
  delete: {
    usage: 'delete ENDPOINT PATH',
    what: 'an Object Instance or Resource Instance goes',
    run: async (asked) => (await firstValueFrom(commonOf(asked).device.delete(at(asked.words[1])))).code,
  },
  execute: {
    usage: "execute ENDPOINT PATH [0='text',1 …]",
    what: 'make a Resource do its work',
    run: async (asked) => {
      const { device, words } = commonOf(asked)
      const given = parseArguments(words.slice(1).join(' '))
      if (given === undefined) throw new Lwm2mError('invalid', "arguments are a list of digit or digit='text'")
      return (await firstValueFrom(device.execute(at(words[0]), given))).code
    },
  },
  discover: {
    usage: 'discover ENDPOINT PATH [DEPTH]',
    what: 'what is there, with its attributes; LwM2M 1.2: so many levels below, 0-3',
    run: async (asked) => {
      const { device, words } = commonOf(asked)
      const levels = words[1] === undefined ? {} : { depth: Number(words[1]) }
      const listed = await firstValueFrom(device.discover(at(words[0]), levels))
      return listed
        .map(({ path, attributes }) =>
          [showPath(path), ...Object.entries(attributes).map(([name, value]) => `${name}=${value}`)].join('  '),
        )
        .join('\n')
    },
  },
  attributes: {
    usage: 'attributes ENDPOINT PATH NAME=NUMBER … (NAME= takes it away)',
    what: 'when to notify: pmin pmax epmin epmax gt lt st edge con hqmax',
    run: async (asked) => {
      const { device, words } = commonOf(asked)
      return (await firstValueFrom(device.writeAttributes(at(words[0]), attributesIn(words.slice(1))))).code
    },
  },
  observe: {
    usage: 'observe ENDPOINT PATH [PATH …] [NAME=NUMBER …] [as FORMAT]',
    what: 'the values now and whenever the client notifies, until `stop`; several paths are one observation',
    run: observe,
  },
  update: {
    usage: 'update ENDPOINT FILE [push] [http]',
    what: 'new firmware; the client pulls it from here over CoAP or HTTP, or it is pushed',
    run: update,
  },
  explain: {
    usage: 'explain ENDPOINT',
    what: 'where the last update of a client is, and why: its time line',
    run: (asked) => {
      const { name } = commonOf(asked)
      return asked.recorder?.text(name) ?? `no update of ${name} was ordered here`
    },
  },
  trigger: { usage: 'trigger ENDPOINT', what: 'an Update of the registration, now', run: (asked) => onServerObject(asked, 8) },
  bootstrap: { usage: 'bootstrap ENDPOINT', what: 'the client asks its bootstrap server anew', run: (asked) => onServerObject(asked, 9) },
  disable: {
    usage: 'disable ENDPOINT',
    what: 'the client leaves, and comes back after its Disable Timeout',
    run: (asked) => onServerObject(asked, 4),
  },
  mute: { usage: 'mute ENDPOINT', what: 'the client may not send of its own accord', run: (asked) => mute(asked, true) },
  unmute: { usage: 'unmute ENDPOINT', what: 'it may', run: (asked) => mute(asked, false) },
  stop: {
    usage: 'stop [ENDPOINT [PATH …]]',
    what: 'ends observations and updates: all, those of a client, or one',
    run: ({ words }) => {
      stop$.next(words.join(' '))
      return 'stopped'
    },
  },
}

// ── what is done ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function list({ server }: Asked): Promise<string> {
  const registered = await firstValueFrom(server.registered$)
  return registered.length === 0 ? 'nobody is registered' : registered.map(line).join('\n')
}
const line = ({ endpointClientName, remote, version, lifetimeSeconds, location, queueMode }: Registration): string =>
  `${plain(endpointClientName)}  ${remote}  LwM2M ${version}  lifetime ${lifetimeSeconds} s  /rd/${location}${queueMode ? '  queue mode' : ''}`

async function show(asked: Asked): Promise<string> {
  const { device, name } = commonOf(asked)
  const registration = await firstValueFrom(device.registration$)
  if (registration === undefined) throw new Lwm2mError('not-registered', `${name} is not registered`)
  const { binding, registered, updated, has } = registration
  const awake = await firstValueFrom(device.awake$)
  const objects = has.objects.map(({ path, attributes }) => {
    const known = path.instance === undefined || path.instance === 0 ? registry.get(path.object!)?.name : undefined
    const version = attributes['ver'] === undefined ? '' : ` version ${String(attributes['ver']).replaceAll('"', '')}`
    return `  ${showPath(path)}${version}${known === undefined ? '' : `  ${known}`}`
  })
  return [
    line(registration),
    `binding ${binding}, ${awake ? 'awake' : 'asleep'}, registered ${new Date(registered).toISOString()}, last heard ${new Date(updated).toISOString()}`,
    ...(has.contentFormats === undefined ? [] : [`content formats ${has.contentFormats.map((id) => formatOf(id)?.name ?? id).join(', ')}`]),
    ...objects,
  ].join('\n')
}

async function write(asked: Asked): Promise<string> {
  const { device, words: said, format } = commonOf(asked)
  const partial = said.at(-1) === 'partial'
  const words = partial ? said.slice(0, -1) : said
  const how = { ...formatOption(format), mode: partial ? ('partial' as const) : ('replace' as const) }
  if (words[0]?.includes('=') === true) return (await firstValueFrom(device.writeComposite(compositeOf(words), formatOption(format)))).code
  const [first, ...values] = words
  const path = at(first)
  return (await firstValueFrom(device.write(path, contentAt(path, values), how))).code
}
function observe(asked: Asked): string {
  const { device, name, words, format } = commonOf(asked)
  const paths = words.filter((word) => word.startsWith('/')).map(at)
  const changed = attributesIn(words.filter((word) => !word.startsWith('/')))
  const options = {
    ...(format === undefined ? {} : { accept: format }),
    ...(Object.keys(changed).length === 0 ? {} : { attributes: changed }),
  }
  const key = `${name} ${at(paths[0])}${paths
    .slice(1)
    .map((path) => ` ${path}`)
    .join('')}`
  const seen$ = paths.length === 1 ? device.observe(paths[0]!, options) : device.observeComposite(paths, options)
  seen$.pipe(untilStopped(key)).subscribe({
    next: (reading) => asked.say(`${name}: ${showReading(reading).replaceAll('\n', `\n${name}: `)}`),
    error: (error: unknown) => asked.say(`${key}: the observation has ended: ${error instanceof Error ? error.message : String(error)}`),
  })
  return `observing ${paths.join(' ')}`
}
const stop$ = new Subject<string>()
/** Until `stop`, or `stop` with the beginning of what it is called. */
const untilStopped = <Kind>(name: string): MonoTypeOperatorFunction<Kind> =>
  takeUntil(stop$.pipe(filter((said) => said === '' || said === name || name.startsWith(`${said} `))))

async function update(asked: Asked): Promise<string> {
  const { device, name, words } = commonOf(asked)
  const { recorder } = asked
  const [file, ...how] = words
  if (file === undefined) throw new Lwm2mError('invalid', 'which file?')
  const image = await imageOfFile(file)
  const progress = bar('firmware')
  const options = {
    mode: how.includes('push') ? ('push' as const) : ('pull' as const),
    protocol: how.includes('http') ? ('http' as const) : ('coap' as const),
  }
  const stop = recorder?.listen()
  try {
    const shown$ = device.updateFirmware(image, options).pipe(
      tap(({ bytes, total }) => progress.set(bytes, total)),
      untilStopped(name),
    )
    await lastValueFrom(shown$, { defaultValue: undefined })
  } catch (error) {
    const why = recorder?.explained(name)
    if (why !== undefined) asked.say(`${name}: ${why}; \`explain ${name}\` shows how it went`)
    throw error
  } finally {
    progress.stop()
    stop?.()
  }
  return `updated ${name}: sha256:${image.sha256}`
}

/** Executes a Resource of the client's Server Object Instance that is ours. */
async function onServerObject(asked: Asked, resource: number): Promise<string> {
  const { device } = commonOf(asked)
  return (await firstValueFrom(device.execute(`/1/${await serverInstance(device)}/${resource}`))).code
}
async function mute(asked: Asked, muted: boolean): Promise<string> {
  const { device } = commonOf(asked)
  return (await firstValueFrom(device.write(`/1/${await serverInstance(device)}/23`, muted))).code
}
/** Our own: the one that can be read, or 0. */
const serverInstance = async (device: RegisteredClient): Promise<number> => {
  const registration = await firstValueFrom(device.registration$)
  const own = registration?.has.objects.filter(({ path }) => path.object === 1 && path.instance !== undefined) ?? []
  return own[0]?.path.instance ?? 0
}

const showPath = ({ object, instance, resource, resourceInstance }: Path): string =>
  [object, instance, resource, resourceInstance].filter((id) => id !== undefined).reduce<string>((text, id) => `${text}/${id}`, '')
