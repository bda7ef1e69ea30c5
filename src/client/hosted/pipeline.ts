/** The application's Objects while its client runs: their functions by path, their streams as they come and go (LwM2M Core §7). */
import { defer, EMPTY, Subscription, type Observable } from 'rxjs'
import { supporting } from '../../model/definition.ts'
import { formatPath, type PathString } from '../../model/path.ts'
import type { Value, Values } from '../../model/value.ts'
import type { ClientObject, ObjectWorld, Proposal } from '../../operation/object.ts'
import { creationOf, feeds, offeringOf } from '../object-data.ts'
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
  const present = presence(say, tell)
  const { perform, refused } = orders(present, brought, say)
  brought.forEach(present.take)
  return {
    resources: present.resources,
    objects: present.objects,
    start: (world) => {
      const all = present.begin(world)
      brought.forEach(present.take)
      brought.forEach(present.run)
      return all
    },
    obey: (command) => {
      if (!isHosted(command)) return say(command)
      const reason = perform(command)
      if (reason !== undefined) tell({ type: 'command-refused', command: command.type, reason })
    },
    refused,
    written: (proposal) => {
      const { change } = proposal
      const object = change.type === 'create' ? change.object : (change.path.object ?? -1)
      try {
        present.objects.get(object)?.written?.(proposal)
      } catch (error) {
        tell({ type: 'fault', path: `/${object}`, error })
      }
    },
  }
}

// ── what is there ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The Objects that are there, and their streams: subscribed as long as the Object Instance, or the Object, is there. */
interface Presence {
  readonly objects: Map<number, ClientObject>
  readonly resources: ReadonlyMap<PathString, Feed>
  /** From now on streams are subscribed; unsubscribing ends them all. */
  readonly begin: (world: ObjectWorld) => Subscription
  readonly take: (object: ClientObject) => void
  /** What the Object changes by itself begins. */
  readonly run: (object: ClientObject) => void
  readonly takeInstance: (object: ClientObject, instance: number) => void
  readonly drop: (object: ClientObject) => void
  readonly dropInstance: (object: number, instance: number) => void
}
const presence = (say: (word: ClientDown) => void, tell: (notice: Notice) => void): Presence => {
  const objects = new Map<number, ClientObject>()
  const resources = new Map<PathString, Feed>()
  const streams = new Map<PathString, Subscription>()
  const all = new Subscription()
  let world: ObjectWorld | undefined
  const follow = (path: PathString, begin: (world: ObjectWorld) => Subscription) => {
    if (world === undefined) return
    const subscription = begin(world)
    streams.set(path, subscription)
    all.add(subscription)
  }
  const release = (path: PathString) => {
    streams.get(path)?.unsubscribe()
    streams.delete(path)
  }
  const takeInstance = (object: ClientObject, instance: number) => {
    const part = { ...object, instances: { [instance]: object.instances[instance]! } }
    for (const { path, feed } of feeds([part])) resources.set(formatPath(path), feed)
    follow(`/${object.definition.id}/${instance}`, () => feeding(part, say, tell))
  }
  const dropInstance = (object: number, instance: number) => {
    release(`/${object}/${instance}`)
    for (const path of [...resources.keys()]) if (path.startsWith(`/${object}/${instance}/`)) resources.delete(path)
  }
  return {
    objects,
    resources,
    begin: (given) => {
      world = given
      return all
    },
    take: (object) => {
      objects.set(object.definition.id, object)
      for (const instance of Object.keys(object.instances)) takeInstance(object, Number(instance))
    },
    run: (object) => follow(`/${object.definition.id}`, (given) => running(object, given, say, tell)),
    takeInstance,
    drop: ({ definition: { id }, instances }) => {
      for (const instance of Object.keys(instances)) dropInstance(id, Number(instance))
      release(`/${id}`)
      objects.delete(id)
    },
    dropInstance,
  }
}

// ── what is ordered ──────────────────────────────────────────────────────────────────────────────────────────────────────────

type Order<Type extends HostedCommand['type']> = Extract<HostedCommand, { readonly type: Type }>
type Changes = Extract<Command, { type: 'offer' }>['changes']

/** Orders of the application: each is said to the machine, whose refusal takes back what it was about. */
const orders = (present: Presence, brought: readonly ClientObject[], say: (word: ClientDown) => void) => {
  const offered = new Map(brought.map((object) => [object.definition.id, offeringOf(object)]))
  const takeBack = new Map<number, () => void>()
  /** Says whether it was not refused at once. */
  const offer = (object: ClientObject, changes: Changes, back: () => void): boolean => {
    const { id } = object.definition
    const offering = widened(object, offered.get(id))
    offered.set(id, offering)
    takeBack.set(id, back)
    present.objects.set(id, object) // for whoever asks while it is being offered
    say({ type: 'offer', offering, changes })
    return present.objects.get(id) === object
  }
  const leave = (object: ClientObject) => {
    present.drop(object)
    offered.delete(object.definition.id)
  }
  const add = ({ object }: Order<'add'>): CommandRefusal | undefined => {
    if (present.objects.has(object.definition.id)) return 'there'
    if (!offer(object, creations(object), () => leave(object))) return undefined
    present.take(object)
    present.run(object)
    return undefined
  }
  const remove = (object: ClientObject): undefined => {
    leave(object)
    say({ type: 'withdraw', object: object.definition.id })
  }
  const addInstance = (object: ClientObject, { instance, resources }: Order<'add-instance'>): CommandRefusal | undefined => {
    if (object.instances[instance] !== undefined) return 'there'
    const { id } = object.definition
    const more = { ...object, instances: { ...object.instances, [instance]: resources } }
    const back = () => {
      present.dropInstance(id, instance)
      present.objects.set(id, object)
    }
    if (offer(more, [creationOf(id, instance, resources)], back)) present.takeInstance(more, instance)
    return undefined
  }
  const removeInstance = (object: ClientObject, { instance }: Order<'remove-instance'>): CommandRefusal | undefined => {
    const { [instance]: there, ...instances } = object.instances
    if (there === undefined) return 'not-there'
    const { id } = object.definition
    present.dropInstance(id, instance)
    offer({ ...object, instances }, [], () => undefined)
    say({ type: 'change', changes: [{ type: 'delete', path: { object: id, instance } }] })
    return undefined
  }
  const perform = (command: HostedCommand): CommandRefusal | undefined => {
    const id = command.type === 'add' ? command.object.definition.id : command.object
    if (reserved.has(id)) return 'reserved'
    if (command.type === 'add') return add(command)
    const object = present.objects.get(id)
    if (object === undefined) return 'not-there'
    if (command.type === 'remove') return remove(object)
    return command.type === 'add-instance' ? addInstance(object, command) : removeInstance(object, command)
  }
  return { perform, refused: (object: number): void => takeBack.get(object)?.() }
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
