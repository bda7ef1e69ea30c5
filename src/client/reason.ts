/** Why an account is where it is. */

/** Closed; `detail` beside it has the response code or the transport's word. */
export type Reason =
  | 'start' // the client was started
  | 'asked' // the application asked for it
  | 'registered' // 2.01 to Register
  | 'updated' // 2.04 to Update
  | 'due' // the lifetime is running out
  | 'changed' // the lifetime, the binding, Objects or Object Instances changed
  | 'triggered' // the server executed Registration Update Trigger
  | 'disabled' // the server executed Disable
  | 'version' // 4.12 to Register: one version down
  | 'rejected' // another error to Register
  | 'no-location' // 2.01 without a Location-Path
  | 'update-failed' // an error, or no answer, to Update
  | 'timeout' // no answer to Register
  | 'unreachable' // no link to the server
  | 'lost' // the link broke
  | 'exhausted' // every attempt of every sequence failed
