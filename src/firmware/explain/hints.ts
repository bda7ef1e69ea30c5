/** What to do about a cause. */
import type { Cause } from './cause.ts'

/** A hint for each cause that has one. */
export const hints: Readonly<Partial<Record<Cause, string>>> = {
  'not-ordered': 'execute /5/0/2, or write /5/0/14 before the download where Object 5 has version 1.2',
  deferred: 'Maximum Defer Period (5/0/13) says for how long at the most',
  'peer-silent': 'is the path open in both directions, does a NAT forget the mapping, is the peer on? A pull goes on where it was lost',
  'slow-peer': 'the other side works on the answer: look at its log',
  'slow-store': 'the sink does not complete: a slow flash is answered separately, a stuck one stops the transfer',
  unreachable: 'check host, port and firewall of the Package URI from where the device is',
  untrusted:
    'trust who signed it (`--ca FILE`, or `tls: { ca }` of `live`), or give the server a certificate that is valid and has its name',
  rejected: 'the other side was probably restarted; the next attempt asks anew',
  'not-registered': 'wait for the device to register; in queue mode it must wake up first',
  rebooted: 'a pull with ETag goes on after a restart; a push must be sent again',
  'not-found': 'the file has gone from the server: offer it for as long as the update lasts',
  forbidden: 'the file needs credentials that the device does not have',
  'blocks-lost': 'the other side lost its state (restart, timeout, another writer): push again, one server at a time',
  'too-large': 'raise bytesMax, or offer a smaller package',
  busy: 'it is tried again by itself after what Max-Age or Retry-After says',
  'wrong-block': "the file server's block-wise transfer is at fault: capture it with -v",
  'short-block': "the file server's block-wise transfer is at fault: capture it with -v",
  malformed: 'capture the messages with -v',
  'file-changed': 'give each release a name of its own, and never change a file in place',
  'store-full': 'free some room, or raise bytesMax',
  'store-failed': "look at the error of the device's sink",
  damaged: 'compare the sha256 of the file with what was offered; was it signed with the right key?',
  'unsupported-package': 'is it the image for this device?',
  'invalid-uri': 'can the device reach and read that URI?',
  'unsupported-protocol': 'Resource 5/0/8 lists what it speaks',
  'installation-failed': "look at the device's own log; the package is still there and can be ordered again",
  'not-supported': 'does the device have Object 5, and does Resource 5/0/9 allow this delivery?',
}
