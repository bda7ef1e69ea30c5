/** Writes docs/errors.md from the closed unions of the source: every reason for which something does not work. `node --import tsx test/docs/errors.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lwm2mError, type ErrorCode } from '../../src/core/error.ts'
import { resultSentence } from '../../src/server/firmware/words.ts'
import { root } from './titles.ts'

/** A union of the source and how it is shown. */
interface Shown {
  readonly file: string
  /** Its declaration, up to its first member. */
  readonly after: string
  readonly title: string
  readonly about: string
  /** What a member means, where the source does not say it beside it. */
  readonly words?: Readonly<Record<string, string>>
  /** One more column. */
  readonly also?: { readonly title: string; readonly of: (member: string) => string }
}

const shown: readonly Shown[] = [
  {
    file: 'src/core/error.ts',
    after: 'export type ErrorCode =',
    title: 'What an application sees: `Lwm2mError.code`',
    about:
      'Everything that an Observable of this library fails with is an `Lwm2mError`. `code` says what happened, `hint` what may help, `retryable` whether the same call may succeed later, `cause` what was behind it. With `response`, `responseCode` is the code of the peer.',
    also: { title: 'retryable', of: (code) => (new Lwm2mError(code as ErrorCode, '').retryable ? 'yes' : '') },
  },
  {
    file: 'src/exchange/exchange.ts',
    after: 'export type FailureReason =',
    title: 'Why a request was not answered: `failed.reason`',
    about: 'The word `failed` of the exchange and block-wise floors. `ask` makes an `Lwm2mError` of it.',
  },
  {
    file: 'src/message/message.ts',
    after: 'export type Outcome =',
    title: 'What became of a message: `settled.outcome`',
    about: 'The word `settled` of the message floor, for a message that was not answered in its acknowledgement.',
  },
  {
    file: 'src/message/message.ts',
    after: 'export type MalformedReason =',
    title: 'Why octets are no message: `malformed.reason`',
    about: 'A value, never a throw: one bad datagram ends nothing. One that came as a CON is answered with a Reset.',
  },
  {
    file: 'src/core/ports.ts',
    after: 'export type ClosedReason =',
    title: 'Why a link closed: `closed.reason`',
    about: 'From the transport, up through every floor.',
    words: {
      asked: 'we closed it',
      'name-not-found': 'the host name has no address',
      unreachable: 'no way there',
      refused: 'nobody listens there, or not to us',
      lost: 'it broke',
      socket: 'the platform refused a socket, or took it away: `detail` has its words',
    },
  },
  {
    file: 'src/core/ports.ts',
    after: '`invalid`: it has no form on the wire. */\n  readonly reason:',
    title: 'Why something could not leave: `undeliverable.reason`',
    about: 'The link goes on.',
    words: {
      'too-large': 'larger than a datagram can be here',
      unreachable: 'no way there now; retransmission goes on',
      'not-open': 'there is no such link',
      invalid: 'it has no form on the wire',
    },
  },
  {
    file: 'src/datagram/dtls/options.ts',
    after: 'export type DtlsFailure =',
    title: 'Why a secured link could not be made, or ended: `closed.detail`',
    about: 'Of `coaps://`. At a server also the `failure` of what was not heard.',
  },
  {
    file: 'src/datagram/dtls/unheard.ts',
    after: 'export type UnheardReason =',
    title: 'Why a secured peer is not heard: `unheard.reason`',
    about:
      'In `unheard$` of a server, never on the wire: [security](security.md#clients-that-are-not-heard). `explainUnheard` makes a line of it.',
  },
  {
    file: 'src/format/format.ts',
    after: 'readonly fault:',
    title: 'Why octets are no payload: `FormatFault.fault`',
    about:
      'Of a content format, decoding or encoding; the response code is the one that a server gets as its answer. `detail` says it in words.',
  },
  {
    file: 'src/model/refusal.ts',
    after: 'export type RefusalReason =',
    title: 'Why a change of the data model is refused: `Refusal.refused`',
    about:
      'A change is made whole or not at all. A server hears the code; the application, for a change of its own, hears the reason in a notice `refused`.',
  },
  {
    file: 'src/model/attributes.ts',
    after: 'export type AttributeReason =',
    title: 'Why notification attributes are refused',
    about: 'Of Write-Attributes, and of an Observe with attributes.',
  },
  {
    file: 'src/client/reason.ts',
    after: 'export type Reason =',
    title: 'Why an account is where it is: `account.reason`',
    about: 'In each value of `state$`, beside `state` and `next`, what is planned. Not all of them are failures.',
  },
  {
    file: 'src/firmware/download/reason.ts',
    after: 'export type DownloadReason =',
    title: 'Why a download came to nothing: `DownloadError.reason`',
    about: 'Once everything that could be tried was tried: retries, resumption, once more from the start. `bytes` says how much is stored.',
  },
  {
    file: 'src/server/bootstrap/words.ts',
    after: 'export type BootstrapFailure =',
    title: 'Why a bootstrap came to nothing: `failed.reason`',
    about: 'An event of a bootstrap server, never an error of its streams.',
  },
]

/** A member of a union, and the comment beside it. */
type Member = readonly [name: string, words: string]

/** The members of the union that begins there. */
const membersOf = ({ file, after, words = {} }: Shown): readonly Member[] => {
  const source = readFileSync(join(root, file), 'utf8')
  const at = source.indexOf(after)
  if (at < 0) throw new Error(`${file} has no ${after}`)
  const rest = source.slice(at + after.length)
  const union = /^(?:[^\S\n]*(?:\n\s*)?\|?\s*'[a-z-]+'[^\S\n]*(?:\/\/[^\n]*)?|\s*\n\s*\/\/[^\n]*)+/.exec(rest)?.[0] ?? ''
  const members = [...union.matchAll(/'([a-z-]+)'[^\S\n]*(?:\/\/ ([^\n]*))?/g)].map(([, name = '', comment]): Member => [
    name,
    comment ?? words[name] ?? '',
  ])
  const stale = Object.keys(words).filter((name) => !members.some(([member]) => member === name))
  if (members.length === 0 || stale.length > 0)
    throw new Error(`${file}, ${after}: ${members.length} members; not among them: ${stale.join()}`)
  return members
}

/** Every union with its members: what the page is made of. */
export const unions = (): readonly { readonly title: string; readonly members: readonly Member[] }[] =>
  shown.map((one) => ({ title: one.title, members: membersOf(one) }))

/** The page. */
export const page = (): string =>
  [
    '# Errors and reasons',
    '',
    'What a peer, the network or a store can cause is a value with one of a closed set of reasons. Only a bug throws. This page is made from the source',
    'by `node --import tsx test/docs/errors.ts`: edit the comments there, not here.',
    ...shown.flatMap(section),
    '',
    '## Update Results',
    '',
    'Resource 5/0/5 of the Firmware Update Object. `updateFirmware` fails with `firmware` and the Result as its `cause` when it is another than 1. An',
    "application's `verify`, `install` or `accept` chooses one by failing with an `Lwm2mError` whose `cause` is the number.",
    '',
    '| Result | |',
    '|---|---|',
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((result) => `| ${result} | ${resultSentence(result).replace(/^[^:]*: /, '')} |`),
    '',
  ].join('\n')

const section = (one: Shown): readonly string[] => [
  '',
  `## ${one.title}`,
  '',
  `${one.about} Source: [\`${one.file}\`](../${one.file}).`,
  '',
  `| | |${one.also === undefined ? '' : ` ${one.also.title} |`}`,
  `|---|---|${one.also === undefined ? '' : '---|'}`,
  ...membersOf(one).map(
    ([name, words]) => `| \`${name}\` | ${words.replaceAll('|', '\\|')} |${one.also === undefined ? '' : ` ${one.also.of(name)} |`}`,
  ),
]

if (process.argv[1]?.endsWith('errors.ts') === true) writeFileSync(join(root, 'docs/errors.md'), page())
