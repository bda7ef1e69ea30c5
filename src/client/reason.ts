/** Why an account is where it is. */

/** Closed; `detail` beside it has the response code, the transport's word, or what is wrong. */
export type Reason =
  | 'start' // the client was started
  | 'restored' // the client goes on after a restart of its device
  | 'asked' // the application asked for it
  | 'registered' // 2.01 to Register
  | 'updated' // 2.04 to Update
  | 'resumed' // the link is there again, the registration never went
  | 'due' // the lifetime is running out
  | 'changed' // the lifetime, the binding, Objects or Object Instances changed
  | 'triggered' // the server executed Registration Update Trigger or Bootstrap-Request Trigger
  | 'idle' // nothing was said for as long as a server may expect a client in queue mode to hear it
  | 'woken' // there is something to tell
  | 'turn' // others come first in the registration order
  | 'delay' // the initial delay of the registration, or the hold-off time of bootstrap
  | 'disabled' // the server executed Disable
  | 'suspended' // the application suspended the account
  | 'offline' // the application says that its transport is offline
  | 'version' // 4.12 to Register: one version down
  | 'profile' // 4.09 to Register with a Profile ID: now with the whole list
  | 'rejected' // another error to Register or to Bootstrap-Request
  | 'no-location' // 2.01 without a Location-Path
  | 'update-failed' // an error, or no answer, to Update
  | 'timeout' // no answer to Register or to Bootstrap-Request
  | 'unreachable' // no link to the server
  | 'lost' // the link broke
  | 'exhausted' // every attempt of every sequence failed
  | 'invalid' // the account cannot be used
  | 'blocked' // the registration of another failed, and it blocks this one
  | 'removed' // its Object Instances are gone
  | 'bootstrap' // bootstrap is under way
  | 'bootstrapped' // bootstrap was finished
  | 'inconsistent' // what bootstrap left makes no account
  | 'silence' // bootstrap was begun and not gone on with
