/** The application's Objects while its client runs: their functions by path, their streams as they come and go (LwM2M Core §7). */
import { defer, EMPTY, Subscription, type Observable } from 'rxjs'
import { supporting } from '../../model/definition.ts'
import { formatPath, type PathString } from '../../model/path.ts'
import type { Value, Values } from '../../model/value.ts'
import type { ClientObject, ObjectWorld, Proposal } from '../../operation/object.ts'
import { creationOf, feeds, offeringOf } from '../configuration.ts'
import type { Offering } from '../offer.ts'
import type { Feed } from '../resource.ts'
import type { ApplicationCommand, ClientDown, Command, CommandRefusal, HostedCommand, Notice } from '../word.ts'

/** What an application has, by path. */
export interface Application {
  readonly resources: ReadonlyMap<PathString, Feed>
  readonly objects: ReadonlyMap<number, ClientObject>
  readonly written: (proposal: Proposal) => void
  /** Subscribes what the application began with. */
  readonly start: (world: ObjectWorld) => Subscription
  /** Commands of the application's side end here: what the machine must know is said. */
  readonly obey: (command: ApplicationCommand) => void
  /** What was offered was refused: it is taken back here too. */
  readonly refused: (object: number) => void
}

/** The application, with the way down to the machine and the way up to itself. */
export const hosted = (brought: readonly ClientObject[], say: (word: ClientDown) => void, tell: (notice: Notice) => void): Application => {
  const objects = new Map<number, ClientObject>()
  const resources = new Map<PathString, Feed>()
  const streams = new Map<string, Subscription>()
  const offered = new Map<number, Offering>()
  const undo = new Map<number, () => void>()
  const all = new Subscription()
  let world: ObjectWorld | undefined

  const follow = (key: string, begin: () => Subscription) => {
    if (world === undefined) return
    const subscription = begin()
    streams.set(key, subscription)
    all.add(subscription)
  }
  const release = (key: string) => {
    streams.get(key)?.unsubscribe()
    streams.delete(key)
  }
  const takeInstance = (object: ClientObject, instance: number) => {
    const part = { ...object, instances: { [instance]: object.instances[instance]! } }
    for (const { path, feed } of feeds([part])) resources.set(formatPath(path), feed)
    follow(`/${object.definition.id}/${instance}`, () => feeding(part, say, tell))
  }
  const dropInstance = ({ definition: { id } }: ClientObject, instance: number) => {
    release(`/${id}/${instance}`)
    for (const path of [...resources.keys()]) if (path.startsWith(`/${id}/${instance}/`)) resources.delete(path)
  }
  const take = (object: ClientObject) => {
    objects.set(object.definition.id, object)
    for (const instance of Object.keys(object.instances)) takeInstance(object, Number(instance))
  }
  const runOf = (object: ClientObject) => follow(`/${object.definition.id}`, () => running(object, world!, say, tell))
  const drop = (id: number) => {
    const object = objects.get(id)
    if (object === undefined) return
    for (const instance of Object.keys(object.instances)) dropInstance(object, Number(instance))
    release(`/${id}`)
    objects.delete(id)
    offered.delete(id)
  }
  const offer = (object: ClientObject, changes: Extract<Command, { type: 'offer' }>['changes']) => {
    const { id } = object.definition
    const offering = widened(object, offered.get(id))
    offered.set(id, offering)
    say({ type: 'offer', offering, changes })
  }
  for (const object of brought) {
    take(object)
    offered.set(object.definition.id, offeringOf(object))
  }

  const perform = (command: HostedCommand): CommandRefusal | undefined => {
    const id = typeof command.object === 'number' ? command.object : command.object.definition.id
    if (reserved.has(id)) return 'reserved'
    const object = objects.get(id)
    if (command.type === 'add') {
      if (object !== undefined) return 'there'
      undo.set(id, () => drop(id))
      objects.set(id, command.object) // it is there for whoever asks while it is being offered
      offer(command.object, creations(command.object))
      if (objects.get(id) !== command.object) return undefined
      take(command.object)
      runOf(command.object)
      return undefined
    }
    if (object === undefined) return 'not-there'
    if (command.type === 'remove') {
      drop(id)
      say({ type: 'withdraw', object: id })
      return undefined
    }
    const { instance } = command
    const { [instance]: there, ...others } = object.instances
    if (command.type === 'add-instance') {
      if (there !== undefined) return 'there'
      const more = { ...object, instances: { ...others, [instance]: command.resources } }
      undo.set(id, () => {
        dropInstance(more, instance)
        objects.set(id, object)
      })
      objects.set(id, more)
      offer(more, [creationOf(id, instance, command.resources)])
      if (objects.get(id) === more) takeInstance(more, instance)
      return undefined
    }
    if (there === undefined) return 'not-there'
    dropInstance(object, instance)
    objects.set(id, { ...object, instances: others })
    offer({ ...object, instances: others }, [])
    say({ type: 'change', changes: [{ type: 'delete', path: { object: id, instance } }] })
    return undefined
  }

  return {
    resources,
    objects,
    start: (given) => {
      world = given
      brought.forEach(take)
      brought.forEach(runOf)
      return all
    },
    obey: (command) => {
      if (!isHosted(command)) return say(command)
      const reason = perform(command)
      if (reason !== undefined) tell({ type: 'command-refused', command: command.type, reason })
    },
    refused: (object) => undo.get(object)?.(),
    written: (proposal) => {
      const { change } = proposal
      const object = change.type === 'create' ? change.object : (change.path.object ?? -1)
      try {
        objects.get(object)?.written?.(proposal)
      } catch (error) {
        tell({ type: 'fault', path: `/${object}`, error })
      }
    },
  }
}

/** Made from what a client began with: accounts, who may do what, and keys. */
const reserved: ReadonlySet<number> = new Set([0, 1, 2, 21, 23])
const isHosted = (command: ApplicationCommand): command is HostedCommand => hostedTypes.has(command.type)
const hostedTypes: ReadonlySet<string> = new Set<HostedCommand['type']>(['add', 'remove', 'add-instance', 'remove-instance'])

const creations = ({ definition: { id }, instances }: ClientObject) =>
  Object.entries(instances).map(([instance, resources]) => creationOf(id, Number(instance), resources))

/** An Object that was there keeps the Resources that it had: an Instance may still hold them. */
const widened = (object: ClientObject, before: Offering | undefined): Offering => {
  const offering = offeringOf(object)
  if (before === undefined) return offering
  const ids = [...Object.keys(offering.definition.resources), ...Object.keys(before.definition.resources)].map(Number)
  return { ...offering, definition: supporting(object.definition, ids) }
}

/** An application's streams. One that fails is told of; the others go on. */
const feeding = (object: ClientObject, say: (word: ClientDown) => void, tell: (notice: Notice) => void): Subscription => {
  const all = new Subscription()
  for (const { path, feed } of feeds([object])) {
    const fed = (value: Value | Values | undefined) => say({ type: 'fed', path, value })
    const fault = (error: unknown) => {
      tell({ type: 'fault', path: formatPath(path), error })
      fed(undefined)
    }
    all.add(feed.value$?.subscribe({ next: fed, error: fault }))
  }
  return all
}
/** What an Object changes by itself. */
const running = (
  { run, definition }: ClientObject,
  world: ObjectWorld,
  say: (word: ClientDown) => void,
  tell: (notice: Notice) => void,
): Subscription => {
  const change$: Observable<Extract<Command, { type: 'change' }>['changes']> = run === undefined ? EMPTY : defer(() => run(world))
  return change$.subscribe({
    next: (changes) => say({ type: 'change', changes }),
    error: (error: unknown) => tell({ type: 'fault', path: `/${definition.id}`, error }),
  })
}
