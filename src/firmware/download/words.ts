/** What a download knows, what happens to it, and what it wants done (RFC 7959 §2.4; RFC 9110 §14). */
import type { Instant } from '../../core/machine.ts'
import type { Place } from './file.ts'
import type { Hours } from './hours.ts'
import type { Rate } from './rate.ts'
import type { DownloadReason, Failure } from './reason.ts'

/** Where a download is. */
export type DownloadPhase =
  | 'downloading' // an attempt is under way
  | 'waiting' // for the next attempt, after a loss
  | 'suspended' // somebody said so
  | 'closed' // outside its hours
  | 'verifying' // everything is stored, and is read again
  | 'stored' // done

/** How far a download is. */
export interface Progress {
  readonly phase: DownloadPhase
  /** Octets stored, in order. */
  readonly bytes: number
  /** As far as the peer told it. */
  readonly total: number | undefined
  /** Times it was begun again after a loss. */
  readonly attempt: number
  /** Times it was begun anew because the file had changed, or was not what it should be. */
  readonly restarts: number
  /** Of the last seconds. */
  readonly bytesPerSecond: number
  /** How long the rest will take at that rate. */
  readonly remainingMs: number | undefined
  /** Why the last attempt was lost, while the next one is waited for. */
  readonly lost: DownloadReason | undefined
  /** Of what is stored, in hex; with the last value of a download that was asked for it. */
  readonly sha256?: string
}

/** What the machine goes by. */
export interface PullSettings {
  /** Times it goes on after a loss without having got anything new. */
  readonly retries: number
  /** Before the first retry; doubled for each further one. */
  readonly retryDelayMs: number
  readonly redirectsMax: number
  readonly hours?: Hours | undefined
  /** What is stored is read again: its digest is wanted, or has to be this one, in lower-case hex. */
  readonly sha256?: string | true | undefined
}

/** One download. */
export interface PullState {
  /** What was asked for, and where it is by the redirections of this attempt; both without credentials. */
  readonly uri: string
  readonly at: string
  /** `at` is where the credentials of `uri` may be said. */
  readonly own: boolean
  readonly redirects: number
  readonly under: 'unbegun' | 'nothing' | 'fetch' | 'verify' | 'over'
  /** Names the attempt under way: what comes of another one is late. */
  readonly current: number
  readonly offset: number
  readonly place: Place
  readonly rate: Rate
  readonly suspended: boolean
  readonly open: boolean
  /** When to look at the clock on the wall again. */
  readonly lookAt: Instant
  /** Before that there is no other attempt. */
  readonly dueAt: Instant
  readonly attempt: number
  readonly restarts: number
  /** The farthest that an attempt got; losses without anything new since. */
  readonly bestBytes: number
  readonly failures: number
  readonly lost: DownloadReason | undefined
  /** Some of what is stored came before. */
  readonly resumed: boolean
}

export type PullEvent =
  /** What the store and the memory have of this file. */
  | { readonly type: 'begin'; readonly found: Place | undefined }
  | {
      readonly type: 'opened'
      readonly attempt: number
      readonly offset: number
      readonly total: number | undefined
      readonly etag: Uint8Array | undefined
    }
  | { readonly type: 'stored'; readonly attempt: number; readonly bytes: number }
  | { readonly type: 'redirected'; readonly attempt: number; readonly location: string; readonly status: number }
  | { readonly type: 'ended'; readonly attempt: number }
  | { readonly type: 'failed'; readonly attempt: number; readonly failure: Failure }
  | { readonly type: 'verified'; readonly sha256: string }
  | { readonly type: 'unverified'; readonly failure: Failure }
  | { readonly type: Steering }

/** What may be said to a download under way: rest, go on, or go on at once on a new link. */
export type Steering = 'suspend' | 'resume' | 'reconnect'

export type PullEffect =
  /** Ask from the offset; whatever was under way is given up. */
  | {
      readonly type: 'fetch'
      readonly attempt: number
      readonly uri: string
      readonly own: boolean
      readonly offset: number
      readonly place: Place
    }
  | { readonly type: 'halt' }
  | { readonly type: 'verify' }
  | { readonly type: 'report'; readonly progress: Progress }
  | { readonly type: 'succeed' }
  /** `forget`: what is stored is of no use to a later download. */
  | { readonly type: 'fail'; readonly reason: DownloadReason; readonly bytes: number; readonly failure: Failure; readonly forget: boolean }
