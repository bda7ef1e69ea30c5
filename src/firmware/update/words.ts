/** What the machine of an update hears and says. */
import type { Code } from '../../message/code.ts'
import type { FailureResult, Update, UpdateSettings } from './known.ts'

/** What a server asks; answered with a code under `request`. */
export interface Asked {
  readonly request: number
}
/** What a download, a verification or an installation reports: only the present one counts. */
export interface Reported {
  readonly attempt: number
}
/** Why it failed. */
export interface Failed extends Reported {
  readonly result: FailureResult
  /** One sentence, for people. */
  readonly why?: string
}

export type UpdateEvent =
  /** 5/0/1; `refused`: why it cannot be pulled from there. */
  | (Asked & { readonly type: 'wrote-uri'; readonly uri: string; readonly refused: FailureResult | undefined; readonly why?: string })
  | (Asked & { readonly type: 'executed-update' })
  | (Asked & { readonly type: 'executed-cancel' })
  /** 5/0/0 written with nothing, or with a single NUL octet. */
  | (Asked & { readonly type: 'wrote-reset' })
  /** 5/0/11, 5/0/13, 5/0/14. */
  | (Asked & { readonly type: 'wrote-settings'; readonly settings: Partial<UpdateSettings> })
  /** The first block of a package came; nothing of it has been stored. */
  | (Asked & { readonly type: 'push-began' })
  /** The whole package was stored; the Write waits for its answer. */
  | (Asked & Reported & { readonly type: 'push-ended' })
  | (Failed & { readonly type: 'push-failed' })
  | (Reported & { readonly type: 'pulled' })
  | (Failed & { readonly type: 'pull-failed' })
  | (Reported & { readonly type: 'verified'; readonly name: string; readonly version: string })
  | (Failed & { readonly type: 'verification-failed' })
  /** Who is asked whether to install agreed, has not answered yet, or refused. */
  | (Reported & { readonly type: 'approved' })
  | (Reported & { readonly type: 'approval-waits' })
  | (Failed & { readonly type: 'declined' })
  | (Reported & { readonly type: 'installed' })
  | (Reported & { readonly type: 'installation-postponed'; readonly why?: string })
  | (Failed & { readonly type: 'installation-failed' })
  /** The storage has taken the update, or could not. */
  | { readonly type: 'remembered'; readonly revision: number }
  | { readonly type: 'unremembered'; readonly revision: number }
  /** Letting go of a package failed: for the journal. */
  | (Reported & { readonly type: 'trouble'; readonly about: 'reset' })
  /** What was known before a restart; `undefined`: nothing. */
  | { readonly type: 'restarted'; readonly known: Update | undefined }

export type UpdateEffect =
  | { readonly type: 'answer'; readonly request: number; readonly code: Code }
  /** Answered with 2.04 once the store is free: what was there before is gone. */
  | { readonly type: 'admit'; readonly request: number; readonly attempt: number }
  /** `resumed`: what an earlier life has stored may be gone on with. */
  | { readonly type: 'pull'; readonly uri: string; readonly attempt: number; readonly resumed: boolean }
  | { readonly type: 'verify'; readonly attempt: number }
  /** May it be installed now? `untilUtcMs`: from then on nobody is asked. */
  | { readonly type: 'ask'; readonly attempt: number; readonly untilUtcMs: number }
  /** Nobody is asked any more. */
  | { readonly type: 'hush' }
  | { readonly type: 'install'; readonly attempt: number }
  /** Was the package installed before the restart? */
  | { readonly type: 'confirm'; readonly attempt: number }
  /** Ends whatever is under way. */
  | { readonly type: 'abandon' }
  /** Lets go of the package. */
  | { readonly type: 'reset'; readonly attempt: number }
  /** Lets go of what an earlier life may have left. */
  | { readonly type: 'tidy'; readonly attempt: number }
  /** Goes to the storage; answered with `remembered` or `unremembered`. */
  | { readonly type: 'remember'; readonly revision: number; readonly update: Update }
  /** What a server sees has changed. */
  | { readonly type: 'publish'; readonly update: Update }
