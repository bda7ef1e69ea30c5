/** The words of a firmware update, and what the numbers of its Object mean (LwM2M Core 1.2.2 §E.6). */
import type { Instant } from '../../core/machine.ts'

/** The values of State, /5/0/3. */
export const State = { idle: 0, downloading: 1, downloaded: 2, updating: 3 } as const

/** The values of Update Result, /5/0/5, for a human. */
const results: readonly string[] = [
  'no result yet',
  'updated successfully',
  'not enough flash memory for the new package',
  'out of RAM while downloading',
  'connection lost while downloading',
  'integrity check of the new package failed',
  'unsupported package type',
  'invalid URI',
  'the update failed',
  'unsupported protocol',
  'the update was cancelled',
  'the update was deferred',
]

/** An Update Result as a sentence. */
export const resultSentence = (result: number): string => `Update Result ${result}: ${results[result] ?? 'unknown to this server'}`

/** Where an update is. */
export type Phase =
  | 'starting' // State and Update Result are not known yet
  | 'clearing' // what an earlier update left is taken away
  | 'offering' // the image (push) or its URI (pull) is being written
  | 'transferring' // the client has it, or is getting it
  | 'executing' // the client is told to install
  | 'installing' // it installs, reboots and registers anew
  | 'deferred' // it lets the installation wait (Result 11), and goes on by itself
  | 'updated'
  | 'failed'

/** What is told of an update while it goes on. */
export interface Progress {
  readonly phase: Phase
  /** /5/0/3, as last heard. */
  readonly state: number | undefined
  /** /5/0/5, as last heard. */
  readonly result: number | undefined
  /** Octets of the image that have been served or acknowledged. */
  readonly bytes: number
  readonly total: number
  /** Octets a second, of late. */
  readonly rate: number
  readonly elapsedMs: number
}

export type UpdateEvent =
  | { readonly type: 'begin' }
  /** State or Result were notified, or both were read (`asked`: since the last effect `inquire`). */
  | { readonly type: 'heard'; readonly state?: number; readonly result?: number; readonly asked?: boolean }
  /** Nobody will notify: ask. */
  | { readonly type: 'unobserved' }
  /** The last `inquire` was not answered. */
  | { readonly type: 'unheard'; readonly code: string; readonly message: string }
  | { readonly type: 'cleared' }
  | { readonly type: 'offered' }
  | { readonly type: 'executed' }
  /** What was ordered was refused, or not answered. */
  | { readonly type: 'declined'; readonly code: string; readonly message: string }
  /** Octets that are at the client for all we know. */
  | { readonly type: 'moved'; readonly bytes: number }
  /** The client registered anew. */
  | { readonly type: 'registered' }

export type UpdateEffect =
  /** Read State and Result. */
  | { readonly type: 'inquire' }
  /** Write an empty Package URI, which resets the object. */
  | { readonly type: 'clear' }
  /** Write the Package URI, or the Package. */
  | { readonly type: 'offer' }
  | { readonly type: 'execute' }
  | { readonly type: 'report'; readonly progress: Progress }
  | { readonly type: 'succeed' }
  | { readonly type: 'fail'; readonly result?: number; readonly code: 'firmware' | 'timeout'; readonly message: string }

/** The times of an update, in milliseconds. */
export interface UpdateTimes {
  /** State and Result are read when nothing was heard for so long. */
  readonly pollMs: number
  /** An update in which nothing happens for so long has failed. */
  readonly stallMs: number
  /** Octets are reported at most so often. */
  readonly reportMs: number
  /** How long a client may let the installation wait. Default: a day. */
  readonly deferMs: number
}
export const defaultTimes: UpdateTimes = { pollMs: 10_000, stallMs: 900_000, reportMs: 100, deferMs: 86_400_000 }

/** Whose update it is, for the journal: names, never the image. */
export interface UpdateOf {
  readonly endpointClientName: string
  readonly remote: string
  readonly mode: string
  readonly protocol: string
}

export interface UpdateState {
  readonly of?: UpdateOf
  readonly phase: Phase
  readonly state: number | undefined
  readonly result: number | undefined
  readonly bytes: number
  readonly total: number
  readonly rate: number
  /** The client has been seen downloading. */
  readonly downloading: boolean
  /** What an earlier update left was taken away once. */
  readonly cleared: boolean
  /** Why the offer was refused; the Result may tell more. */
  readonly declined: string | undefined
  readonly beganAt: Instant
  readonly movedAt: Instant
  readonly inquireAt: Instant
  readonly stallsAt: Instant
  /** Octets moved since then have not been reported. */
  readonly reportAt: Instant
  readonly sampledAt: Instant
  readonly sampledBytes: number
}
