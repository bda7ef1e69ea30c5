/** Every public name, one by one. */

// a device (LwM2M Core §6)
export { client, lwm2mClient, type Client, type ClientOptions, type SendOptions, type SendOutcome } from './client.ts'
export type { AccessOptions, Rights } from './client/access-options.ts'
export type { AccountOptions, PskOptions } from './client/account-options.ts'
export type {
  ClientObject,
  ExecuteFunction,
  Instance,
  Keys,
  ObjectWorld,
  Proposal,
  ReadOnDemand,
  Resource,
  Writable,
} from './operation/object.ts'
export { deviceObject, instances, type DeviceDescription, type Resources } from './client/objects.ts'
export { notifyWhen } from './client/notify-when/pipeline.ts'
export { client as clientLayer } from './client/pipeline.ts'
export type { Reason } from './client/reason.ts'
export { clientStateOf, type ClientState, type ClientStateName } from './client/client-state.ts'
export { sentenceOf } from './client/notice.ts'
export type { LifecycleOptions } from './client/configuration.ts'
export type {
  AccountNotice,
  ApplicationCommand,
  Command,
  CommandRefused,
  Notice,
  OperationNotice,
  StoreEvent,
  StoreNotice,
} from './client/word.ts'
export type { Keeper, PersistOptions } from './client/persist/options.ts'
export { samples, type SamplesOptions } from './client/samples/pipeline.ts'
export { virtualObserveObject, type VirtualObserve } from './client/virtual-observe.ts'
export type { SendCommand, SendResult, SentNotice, UnsendCommand } from './client/sending.ts'

// a server
export { lwm2mServer, type ClientHow, type SecureServerOptions, type Server, type ServerOptions } from './server.ts'
export type { Credential, CredentialStore } from './server/credentials/credential.ts'
export type {
  CompositeContent,
  CompositeObserveOptions,
  CompositeReading,
  CompositeReadOptions,
  Content,
  ContentAt,
  FirmwareOptions as UpdateFirmwareOptions,
  ObserveOptions,
  Reading,
  ReadOptions,
  RegisteredClient,
  TimedNode,
  WriteOptions,
} from './server/client/client.ts'
export type { DefinitionsFor } from './server/client/context.ts'
export type { SentValues } from './server/reporting/sent.ts'
export type { UnheardClient } from './server/unheard/pipeline.ts'
export type { Phase, Progress as UpdateProgress } from './server/firmware/update.ts'
export { coapAnswer as imageOverCoap, httpAnswer as imageOverHttp, type Image } from './server/image/image.ts'
export type { Refusal as RegistrationRefusal, Registration, RegistrationEvent } from './server/registration.ts'
export type { QueueLimits } from './server/queue/queue.ts'
export type { Command as ServerCommand, CommandLimits, KeptCommand, SettledCommand } from './server/commands/command.ts'
export type { CommandOptions } from './server/commands/pipeline.ts'
export type { KeptObservation } from './server/observations/kept.ts'
export type { Keeping, KeptRegistration, KeptSession, RegistrationStore, ServerStore } from './server/store.ts'
export { databaseStore, type DatabaseStoreOptions } from './server/stored/database/pipeline.ts'
export { storedRegistrations } from './server/stored/pipeline.ts'

// a bootstrap server (LwM2M Core §6.1)
export { lwm2mBootstrapServer, type BootstrapServer, type BootstrapServerOptions } from './bootstrap-server.ts'
export type {
  AccessControl,
  BootstrapConfiguration,
  BootstrapStore,
  Given as BootstrapValue,
  GivenTree as BootstrapValues,
  ServerAccount,
} from './server/bootstrap/configuration.ts'
export { configurationFault as bootstrapConfigurationFault } from './server/bootstrap/plan.ts'
export type { BootstrapLimits } from './server/bootstrap/sessions.ts'
export type { BootstrapEvent, BootstrapFailure, StepWord as BootstrapStep } from './server/bootstrap/words.ts'

// firmware (LwM2M Core §E.6)
export { askOver, download, type DownloadOptions } from './download.ts'
export {
  DownloadError,
  downloadSchemes,
  memoryIn,
  type DownloadMemory,
  type DownloadPatience,
  type DownloadPhase,
  type DownloadReason,
  type Hours,
  type Progress,
  type Steering,
} from './firmware/download.ts'
export { storedIn, type FirmwareImage, type FirmwareStore } from './firmware/image.ts'
export { digest, imageIn } from './firmware/image/pipeline.ts'
export type {
  FirmwareBasics,
  FirmwareDownload,
  FirmwarePulled,
  FirmwarePushed,
  FirmwareTransport,
  UpdateOrder,
  VerifierWorld,
} from './firmware/options.ts'
export type { Installation, Verification } from './firmware/outcome.ts'
export { firmware, type FirmwareOptions } from './firmware/pipeline.ts'
export { causes, type Cause } from './firmware/explain/cause.ts'
export { explain, type Explanation } from './firmware/explain/explain.ts'
export { recordingFromJson, recordingToJson, type RecordedFlight, type RecordingFault } from './firmware/explain/json.ts'
export { showFlight } from './firmware/explain/text.ts'
export { recorded } from './firmware/recorder/pipeline.ts'
export { recorder, type Recorder } from './firmware/recorder/recorder.ts'
export type {
  Counts as FlightCounts,
  Entry as FlightEntry,
  Flight,
  RecorderLimits,
  Recording as FlightRecording,
  Trouble as FlightTrouble,
} from './firmware/recorder/recording.ts'
export { keyOfPem, type SignatureKey } from './firmware/signed/key.ts'
export { trailerIn, trailerOf, type Claims, type NoTrailer, type Trailer } from './firmware/signed/trailer.ts'
export { payloadOf, signedBy, type SignedOptions } from './firmware/verify/pipeline.ts'
export {
  update as firmwareUpdateMachine,
  updateResults,
  updateStates,
  type FailureResult,
  type Update,
  type UpdateResult,
  type UpdateSettings,
  type UpdateState,
} from './firmware/update.ts'
export { table as firmwareUpdateTable, type Cell as UpdateCell, type Input as UpdateInput } from './firmware/update/table.ts'

// the data model (LwM2M Core §7)
export {
  defineObject,
  definitions,
  revised,
  supporting,
  type Definitions,
  type InstanceValues,
  type ObjectDefinition,
  type Operations,
  type ResourceDefinition,
} from './model/definition.ts'
export type { Change, Plan } from './model/change.ts'
export { commit, isRefusal, plan, refusalCodes, type Refusal, type RefusalReason } from './model/change.ts'
export type { Node } from './model/node.ts'
export { notificationRule, type Conditions } from './model/notification-rule.ts'
export { formatPath, parsePath, type Path, type PathString } from './model/path.ts'
export { model, read, type Model } from './model/state.ts'
export type { KnownDefinitions, ValueAt } from './model/typed-path.ts'
export type { Bounds, ObjectLink, ResourceType, Value, ValueOf, Values } from './model/value.ts'
export { device } from './objects/device.ts'
export { firmwareUpdate } from './objects/firmware-update.ts'
export { objects, registry } from './objects/registry.ts'
export { security } from './objects/security.ts'
export { server as serverObject } from './objects/server.ts'
export { ipso, ipsoObjects, type IpsoDefinition, type IpsoId } from './objects/ipso.ts'
export type { KnownObjects, ValueAtPath } from './objects/known.ts'
export { definitionsFor, resolve, versionsOf } from './objects/resolution.ts'
export { temperature } from './objects/temperature.ts'

// operations and formats (LwM2M Transport §6, Core §7.4)
export { contentFormats, isFault, type Format, type FormatContext, type FormatFault, type Patch } from './format/format.ts'
export { formatOf, formats, formatsByNumber } from './format/formats.ts'
export { decodeLinks, encodeLinks, formatLinks, parseLinks, type Link } from './format/link.ts'
export type { Operation, Outcome, Version } from './operation/operation.ts'
export { operations } from './operation/pipeline.ts'

// CoAP (RFC 7252, 7641, 7959, 8323)
export { bodies, robust, transfers } from './blockwise/pipeline.ts'
export { coap, coapEndpoint, links, type CoapOptions, type SecureOptions } from './coap.ts'
export type { Ask, Endpoint } from './exchange/ask.ts'
export { precondition, validate } from './exchange/condition.ts'
export type { ExchangeDown, ExchangeUp, FailureReason, Request, Response } from './exchange/exchange.ts'
export { byScheme } from './exchange/links.ts'
export {
  defaultParameters,
  exchangeLifetimeMs,
  maxTransmitSpanMs,
  maxTransmitWaitMs,
  nonLifetimeMs,
  type Parameters,
} from './exchange/parameters.ts'
export { exchanges, messages } from './exchange/pipeline.ts'
export { methodOf, request, targetOf, uriOf, type RequestDetails, type Target } from './exchange/request.ts'
export { diagnosticOf, responseError } from './exchange/response-error.ts'
export type { Handler } from './exchange/serving.ts'
export { wellKnownCore } from './exchange/well-known.ts'
export { methods, responses, type Code, type Method } from './message/code.ts'
export { decode } from './message/decode.ts'
export { encode } from './message/encode.ts'
export type {
  Malformed,
  MalformedReason,
  Message,
  MessageDown,
  MessageType,
  MessageUp,
  Outcome as SubmissionOutcome,
  Purpose,
  Token,
} from './message/message.ts'
export {
  find,
  has,
  isCritical,
  opaqueOption,
  optionDefinitions,
  options,
  stringOption,
  strings,
  uint,
  uintOption,
  withOption,
  without,
  type Option,
} from './message/option.ts'
export { codec } from './message/pipeline.ts'
export { defaultSignals, type SignalParameters } from './message/signals.ts'
export { frames, signals } from './message/stream.ts'

// octets between endpoints
export { cable, streamCable } from './datagram/cable.ts'
export { corrupt, delay, duplicate, faulty, lose, partition, reorder, suffer, type Faults } from './datagram/faults.ts'
export {
  defaultDtlsParameters,
  type Credentials,
  type DtlsFailure,
  type DtlsLimits,
  type DtlsOptions,
  type DtlsParameters,
  type DtlsSaved,
  type OwnQuery,
  type PeerQuery,
  type Psk,
} from './datagram/dtls/options.ts'
export { linksIn, type LinkState } from './datagram/dtls/handshakes.ts'
export { explainUnheard, type KnownPeer, type Unheard, type UnheardReason } from './datagram/dtls/unheard.ts'
export { dtls } from './datagram/dtls/pipeline.ts'
export { stored, unstored } from './datagram/dtls/stored.ts'
export type { SuiteName } from './datagram/dtls/suite.ts'
export { remoteOf } from './datagram/remote.ts'

// the core
export { assert, Bug } from './core/assert.ts'
export { chance, roll, seeded, type Dice, type Random } from './core/dice.ts'
export { describe } from './core/describe.ts'
export { layer, translate, type Duplex, type Layer } from './core/duplex.ts'
export type { Environment, Surroundings } from './core/environment.ts'
export { Lwm2mError, type ErrorCode, type ErrorDetails } from './core/error.ts'
export { journal, named, silent, type Journal, type LiveJournal, type Turn } from './core/journal.ts'
export { keyed, type Keyed, type KeyedShape, type RowStep } from './core/keyed.ts'
export { none, tick, type Instant, type Key, type Machine, type Stamp, type Step, type Tick } from './core/machine.ts'
export { single, type Mailbox, type Part } from './core/part.ts'
export type {
  Close,
  Closed,
  ClosedReason,
  Crypto,
  Database,
  Datagram,
  DatagramDown,
  DatagramUp,
  Entry as DatabaseEntry,
  EntryChange as DatabaseChange,
  Http,
  HttpRequest,
  HttpResponse,
  HttpServed,
  LinkDown,
  LinkUp,
  Listening,
  Open,
  Opened,
  Remote,
  Resolve,
  Settings,
  Sink,
  SocketOptions,
  Source,
  Storage,
  Transports,
  Undeliverable,
} from './core/ports.ts'
export { attend, run, type Made, type RunOptions } from './core/run.ts'
export { Secret } from './core/secret.ts'
export { copy, restore, snapshot, type Snapshot } from './core/snapshot.ts'
export { down, stack, up, type Down, type LayerEffect, type LayerEvent, type LayerPart, type Up } from './core/stack.ts'
export { Table, type Placed, type RowChange, type TableShape } from './core/table.ts'

// for programs made of promises
export { toAsyncIterable, withSignal, type IterableOptions } from './interop/async.ts'
