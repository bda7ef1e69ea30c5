/** What a client is told to do, as plain data: it can be kept until the client has done it (LwM2M Core 1.2.2 §6.3; Transport §6.5). */
import type { Observable } from 'rxjs'
import { Lwm2mError, type ErrorCode } from '../../core/error.ts'
import type { PathString } from '../../model/path.ts'
import type { AttributeChanges, ExecuteArguments } from '../../operation/operation.ts'
import type { CompositeContent, CompositeReadOptions, Content, ReadOptions, RegisteredClient, WriteOptions } from '../client/client.ts'

/** A command: the operations of a registered client, without Observe, in the words of its methods. */
export type Command =
  | ({ readonly type: 'read'; readonly path: PathString } & ReadOptions)
  | ({ readonly type: 'read-composite'; readonly paths: readonly PathString[] } & CompositeReadOptions)
  | { readonly type: 'discover'; readonly path: PathString; readonly depth?: number }
  | ({ readonly type: 'write'; readonly path: PathString; readonly content: Content } & WriteOptions)
  | ({ readonly type: 'write-composite'; readonly content: CompositeContent } & Pick<WriteOptions, 'format'>)
  | { readonly type: 'write-attributes'; readonly path: PathString; readonly attributes: AttributeChanges }
  | { readonly type: 'execute'; readonly path: PathString; readonly arguments?: ExecuteArguments }
  | ({ readonly type: 'create'; readonly path: PathString; readonly content: Content } & Pick<WriteOptions, 'format'>)
  | { readonly type: 'delete'; readonly path: PathString }

/** A command with its place in the queue. */
export interface KeptCommand {
  /** Its name: commands of a client are done in the order of these. */
  readonly id: string
  readonly endpointClientName: string
  readonly command: Command
  /** When it was submitted, and until when it may wait; milliseconds since 1970 UTC. */
  readonly submitted: number
  readonly expires: number
}

/** What became of a command. `result` is what the method of its name emits. */
export type SettledCommand = KeptCommand &
  ({ readonly outcome: 'done'; readonly result: unknown } | { readonly outcome: 'failed'; readonly error: Lwm2mError })

/** The bounds of commands. */
export interface CommandLimits {
  /** How long a command may wait if it does not say. Default: a day. */
  readonly expiryMs: number
  /** Of one client; one more fails with `refused`. */
  readonly commandsMax: number
  /** Of all clients. */
  readonly allCommandsMax: number
}
export const defaultCommandLimits: CommandLimits = { expiryMs: 86_400_000, commandsMax: 100, allCommandsMax: 100_000 }

/** Asks a client to do it. */
export const performed = (client: Omit<RegisteredClient, 'updateFirmware' | 'awake$'>, command: Command): Observable<unknown> => {
  switch (command.type) {
    case 'read':
      return client.read(command.path, command)
    case 'read-composite':
      return client.readComposite(command.paths, command)
    case 'discover':
      return client.discover(command.path, command)
    case 'write':
      return client.write(command.path, command.content, command)
    case 'write-composite':
      return client.writeComposite(command.content, command)
    case 'write-attributes':
      return client.writeAttributes(command.path, command.attributes)
    case 'execute':
      return client.execute(command.path, command.arguments)
    case 'create':
      return client.create(command.path, command.content, command)
    case 'delete':
      return client.delete(command.path)
  }
}

/** Whether the client has said nothing: then it is asked again when it next shows itself. What it refuses it has refused. */
export const isUnheard = (error: unknown): boolean => error instanceof Lwm2mError && unheard.has(error.code)
const unheard: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['timeout', 'unreachable', 'aborted', 'reset', 'refused', 'not-registered'])

/** Why a command failed, as an error of ours. */
export const errorFrom = (error: unknown): Lwm2mError =>
  error instanceof Lwm2mError ? error : new Lwm2mError('invalid', 'the command cannot be meant', { cause: error })
/** It waited too long. */
export const expired = (endpointClientName: string): Lwm2mError => new Lwm2mError('expired', `${endpointClientName} did not do it in time`)

/** Ids ascend with time, and tell apart what is submitted at once. */
export const commandId = (submitted: number, serial: number): string => `${digits(submitted, 9)}${digits(serial % 36 ** 5, 5)}`
const digits = (value: number, count: number): string => Math.max(0, value).toString(36).padStart(count, '0')
/** The order in which commands are done. */
export const byId = (one: KeptCommand, other: KeptCommand): number => (one.id < other.id ? -1 : one.id > other.id ? 1 : 0)
